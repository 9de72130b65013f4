"""From a folder to faces: what is kept, what is dropped, and what the audit says about it."""

import os
import shutil

import cv2
import pandas as pd
import pytest
from face_folders import chip, found, load, photo, save

import data
from data import tables


def test_a_clean_folder(folder, tmp_path):
    faces = load(folder, tmp_path)
    tables.FACES.validate(faces.table)
    assert faces.name == "faces"
    assert len(faces) == 30
    assert faces.table["keep"].all()
    assert faces.audit.empty
    assert faces.table["face_id"].is_monotonic_increasing
    assert faces.table["group"].is_unique
    assert faces.table["yaw"].isna().all()
    assert faces.table["yaw_bin"].astype(str).eq("unknown").all()
    assert "non-commercial research" in faces.licence
    assert not faces.thumbnails_allowed
    first = faces.table["face_id"].iloc[0]
    assert faces.path(first).is_file()
    with pytest.raises(data.DataError, match="no face 'nobody'"):
        faces.path("nobody")


def test_one_bad_file_of_every_kind(folder, tmp_path):
    (folder / "1_0_0_20170101000000001.jpg").write_text("not a picture")
    whole = (folder / chip(20, 0, 0)).read_bytes()
    (folder / "1_0_0_20170101000000002.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "1_0_0_20170101000000003.jpg").write_bytes(b"")
    save(folder / "1_0_0_20170101000000004.jpg", photo(91, side=16))
    save(folder / "holiday.jpg", photo(92))
    save(folder / "300_0_0_20170101000000005.jpg", photo(93))
    save(folder / "1_0_0_20170101000000006.jpg", cv2.resize(photo(94), (60, 90)))
    save(folder / "1_0_0_20170101000000007.jpg", photo(95)[:, :, 0])
    (folder / "readme.txt").write_text("hello")
    (folder / "55_0_0_20170116232725357jpg").write_bytes(whole)
    (folder / "again").mkdir()
    (folder / "again" / chip(20, 0, 0)).write_bytes(whole)
    faces = load(folder, tmp_path)
    by_file = faces.audit.set_index("file")["problem"].groupby(level=0).agg(list)
    assert by_file["1_0_0_20170101000000001.jpg"] == ["unreadable"]
    assert by_file["1_0_0_20170101000000002.jpg"] == ["truncated"]
    assert by_file["1_0_0_20170101000000003.jpg"] == ["unreadable"]
    assert by_file["1_0_0_20170101000000004.jpg"] == ["tiny"]
    assert by_file["holiday.jpg"] == ["malformed name"]
    assert by_file["300_0_0_20170101000000005.jpg"] == ["malformed name"]
    assert by_file["1_0_0_20170101000000006.jpg"] == ["not square"]
    assert by_file["1_0_0_20170101000000007.jpg"] == ["unusual format"]
    assert by_file["readme.txt"] == ["not an image"]
    assert "repeated file" in by_file.loc[[f"again/{chip(20, 0, 0)}", chip(20, 0, 0)]].sum()
    assert "55_0_0_20170116232725357jpg" in set(faces.table["face_id"])
    # Every file is either a row of the table or a row of the audit.
    files = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert files == set(faces.table["path"]) | set(faces.audit["file"])


def empty(root):
    root.mkdir()


def only_text(root):
    root.mkdir()
    (root / "a.txt").write_text("hello")


def only_broken(root):
    root.mkdir()
    (root / "20_0_0_20170101000000000.jpg").write_text("hello")


def only_unlabelled(root):
    save(root / "cat.jpg", photo(0))


@pytest.mark.parametrize("make", [empty, only_text, only_broken, only_unlabelled])
def test_folders_without_faces(tmp_path, make):
    make(tmp_path / "set")
    with pytest.raises(data.DataError, match=r"holds no"):
        load(tmp_path / "set", tmp_path)


def test_another_order_of_files_gives_the_same_faces(folder, tmp_path):
    first = load(folder, tmp_path)
    moved = tmp_path / "elsewhere" / "deep"
    for number, path in enumerate(sorted(folder.iterdir(), reverse=True)):
        save_to = moved / str(number % 3) / path.name
        save_to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, save_to)
    second = load(moved, tmp_path)
    assert first.content_hash == second.content_hash
    columns = ["face_id", "age", "gender", "group", "keep"]
    pd.testing.assert_frame_equal(first.table[columns], second.table[columns])


def test_pipes_and_broken_links_do_not_hang(folder, tmp_path):
    os.mkfifo(folder / "20_0_0_20170101000000099.jpg")
    (folder / "20_0_0_20170101000000098.jpg").symlink_to("nowhere")
    faces = load(folder, tmp_path)
    assert len(faces) == 30
    assert len(found(faces, "not an image")) == 2


def test_the_embedded_faces():
    faces = data.load("embedded", pose=True)
    table = faces.table
    assert faces.thumbnails_allowed
    assert table["keep"].mean() > 0.99
    assert table[["yaw", "pitch", "roll"]].notna().all(axis=None)
    assert table["presence"].isna().all()  # the pose is known, not estimated
    assert table["group"].nunique() < len(table)
    assert faces.images(64).shape == (len(table), 64, 64, 3)
    splits = data.split(table, data_set=faces.name)
    assert data.find_leaks(splits, faces).empty


@pytest.mark.utkface
@pytest.mark.skipif("UTKFACE" not in os.environ, reason="set UTKFACE to the archive")
def test_utkface(tmp_path):
    faces = load(os.environ["UTKFACE"], tmp_path)
    counts = data.summarise(faces.audit).set_index(["problem", "action"])["files"]
    assert len(faces) == 21_706
    assert faces.label_noise["exact"]["n_photos"] == 375
    assert faces.label_noise["exact"]["n_images"] == 765
    # one label cannot be repaired; one repaired photo contradicts its mirrored copy
    assert counts["malformed name", "dropped"] == 2
    assert counts["malformed name", "noted"] == 6
    near = faces.near_duplicates
    assert (near["hamming"] <= 8).sum() == 283
    assert near["verified"].sum() == 754
    assert (near["verified"] & near["mirrored"]).sum() == 38  # looked at: all are
