"""The cache: built once, complete or absent, under names that determine the content."""

import multiprocessing
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import pandas as pd
import pytest
from face_folders import chip, load, photo, save

import data
from basis import pictures
from data.audit import pairs, scan
from data.cache import build_once, cache_key
from data.files import source
from data.pose import mesh


def _build(target, log):
    def build(temporary):
        log.put("built")
        temporary.write_bytes(b"x" * 1000)

    build_once(Path(target), build)
    log.put(Path(target).read_bytes() == b"x" * 1000)


def test_two_processes_build_a_store_once(tmp_path):
    context = multiprocessing.get_context("fork")
    log = context.Queue()
    args = (tmp_path / "store.npy", log)
    processes = [context.Process(target=_build, args=args) for _ in range(4)]
    for process in processes:
        process.start()
    events = [log.get(timeout=60) for _ in range(5)]
    for process in processes:
        process.join()
    assert events.count("built") == 1
    assert events.count(True) == 4


def test_what_a_killed_process_left_behind_is_cleared(tmp_path):
    stale = tmp_path / ".store.npy.99999.part"
    stale.write_bytes(b"half")
    build_once(tmp_path / "store.npy", lambda temporary: temporary.write_bytes(b"whole"))
    assert not stale.exists()
    assert (tmp_path / "store.npy").read_bytes() == b"whole"


def test_a_cache_folder_that_cannot_be(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(data.DataError, match="cannot be created"):
        data.cache_folder(tmp_path / "file" / "cache")
    monkeypatch.setenv("AGE_GENDER_STUDY_CACHE", str(tmp_path / "chosen"))
    assert data.cache_folder() == tmp_path / "chosen"
    assert data.cache_folder(tmp_path / "other") == tmp_path / "other"


def test_a_changed_file_is_looked_at_again(folder, tmp_path):
    before = load(folder, tmp_path)
    (folder / chip(20, 0, 0)).write_text("broken now")
    after = load(folder, tmp_path)
    assert len(before) == 30 and len(after) == 29
    assert before.content_hash != after.content_hash


def test_two_threads_build_a_store_once(tmp_path):
    built = []

    def build(temporary):
        built.append(temporary)
        time.sleep(0.05)
        temporary.write_bytes(b"whole")

    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda _: build_once(tmp_path / "x", build), range(8)))
    assert len(built) == 1
    assert {path.read_bytes() for path in paths} == {b"whole"}
    assert [p.name for p in tmp_path.iterdir() if not p.name.endswith(".lock")] == ["x"]


def test_a_copy_more_does_not_move_the_near_duplicates(folder, tmp_path):
    """The key knows the distinct pictures; positions in the table move when a copy arrives."""
    save(folder / chip(29, 1, 500), cv2.resize(photo(9), (80, 80)), quality=70)
    before = load(folder, tmp_path).near_duplicates
    shutil.copy(folder / chip(20, 0, 0), folder / chip(20, 0, 1))
    faces = load(folder, tmp_path)
    pd.testing.assert_frame_equal(faces.near_duplicates, before)
    groups = faces.table.groupby("group")["face_id"].apply(sorted)
    joined = sorted(group for group in groups if len(group) > 1)
    assert joined == [
        [chip(20, 0, n).split(".")[0] for n in (0, 1)],
        [chip(29, 1, n).split(".")[0] for n in (9, 500)],
    ]
    assert len(list((tmp_path / "cache" / "near_duplicates").glob("*.parquet"))) == 1


def test_a_file_changed_under_its_old_time_and_size_is_looked_at_again(folder, tmp_path):
    target = folder / chip(20, 0, 0)
    save(target.with_suffix(".bmp"), photo(60))
    target.unlink()
    bitmap = target.with_suffix(".bmp")
    before, status = load(folder, tmp_path), bitmap.stat()
    save(bitmap, photo(61))
    os.utime(bitmap, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert bitmap.stat().st_size == status.st_size
    assert load(folder, tmp_path).content_hash != before.content_hash


def entries(cache, kind):
    return {p.name for p in (cache / kind).iterdir() if not p.name.startswith(".")}


@pytest.mark.parametrize(
    ("kind", "module", "name"),
    [
        ("fingerprints", scan, "VERSION"),
        ("fingerprints", pictures, "DECODERS"),
        ("near_duplicates", pairs, "VERSION"),
        ("near_duplicates", pairs, "PAIRS"),
        ("pixels", pictures, "VERSION"),
        ("unpacked", source, "UNPACKING"),
    ],
)
def test_another_version_of_what_computes_is_another_entry(
    folder, tmp_path, monkeypatch, kind, module, name
):
    archive = shutil.make_archive(str(tmp_path / "faces"), "zip", folder)
    cache = tmp_path / "cache"
    load(archive, tmp_path).images(16)
    before = entries(cache, kind)
    load(archive, tmp_path).images(16)
    assert entries(cache, kind) == before
    monkeypatch.setattr(module, name, "another")
    load(archive, tmp_path).images(16)
    assert len(entries(cache, kind) - before) == 1


def test_pixels_are_shared_by_content_and_told_apart_by_size_and_order(folder, tmp_path):
    first = load(folder, tmp_path)
    renamed = tmp_path / "other"
    shutil.copytree(folder, renamed)
    names = sorted(p.name for p in renamed.iterdir())
    assert load(renamed, tmp_path).pixels_file(16) == first.pixels_file(16)
    assert first.pixels_file(24) != first.pixels_file(16)
    (renamed / names[0]).rename(renamed / chip(99, 1, 99))  # last now: the same pictures, in order
    assert load(renamed, tmp_path).pixels_file(16) != first.pixels_file(16)


@pytest.mark.parametrize("what", ["SHA256", "POSE_VERSION"])
def test_the_key_of_a_pose_names_what_estimates_it(monkeypatch, what):
    before = mesh.models_hash()
    monkeypatch.setattr(mesh, what, "another")
    assert mesh.models_hash() != before


def test_the_key_of_a_pose_names_opencv(monkeypatch):
    before = mesh.models_hash()
    monkeypatch.setattr(mesh.cv2, "__version__", "4.99")
    assert mesh.models_hash() != before


def test_kinds_and_ingredients_make_the_key():
    keys = {cache_key("a"), cache_key("b"), cache_key("a", x=1), cache_key("a", y=1)}
    keys |= {cache_key("a", x="1"), cache_key("a", x=[1]), cache_key("a", x=["é\udcff"])}
    assert len(keys) == 7
    assert cache_key("a", x=1, y=2) == cache_key("a", y=2, x=1)
