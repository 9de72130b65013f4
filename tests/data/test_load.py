"""From a folder to faces: what is kept, what is dropped, and what the audit says about it."""

import csv
import multiprocessing
import os
import resource
import shutil
import signal
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import data
from data import tables
from data.cache import build_once


def photo(seed, side=64):
    """Return pixels of a picture that resembles no other: smooth noise."""
    noise = np.random.default_rng(seed).normal(size=(9, 9, 3)).astype(np.float32)
    pixels = cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.clip(128 + 50 * pixels, 0, 255).astype(np.uint8)


def save(path, pixels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def chip(age, gender, number):
    return f"{age}_{gender}_0_201701010000{number:05d}.jpg"


@pytest.fixture
def folder(tmp_path):
    """Thirty well-formed, different pictures."""
    root = tmp_path / "faces"
    for i in range(30):
        save(root / chip(20 + i, i % 2, i), photo(i), quality=95)
    return root


def load(source, tmp_path, **options):
    return data.load(source, cache=tmp_path / "cache", pose=False, **options)


def found(faces, problem):
    return faces.audit.loc[faces.audit["problem"] == problem]


def reason(faces, face_id):
    return faces.table.set_index("face_id").loc[face_id.split(".")[0], "drop_reason"]


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


def test_exact_copies_keep_one(folder, tmp_path):
    pixels = photo(0)
    save(folder / "more" / "20_0_0_20180101000000000.png", pixels)
    save(folder / "more" / "21_0_0_20180101000000001.png", pixels)
    faces = load(folder, tmp_path)
    copies = found(faces, "exact copy")
    assert len(copies) == 1
    assert reason(faces, "21_0_0_20180101000000001") == "exact copy"
    pair = faces.table[faces.table["pixel_sha256"].duplicated(keep=False)]
    assert len(set(pair["group"])) == 1
    keep_all = load(folder, tmp_path, policy=data.Policy(drop_copies=False))
    assert keep_all.table["keep"].all()


@pytest.mark.parametrize(("age", "gender"), [(20, 1), (23, 0)])
def test_contradicting_copies_are_all_dropped(folder, tmp_path, age, gender):
    twin = chip(age, gender, 777)
    shutil.copy(folder / chip(20, 0, 0), folder / twin)
    faces = load(folder, tmp_path)
    assert reason(faces, twin) == reason(faces, chip(20, 0, 0)) == "conflicting labels"
    assert len(found(faces, "conflicting labels")) == 2
    noise = faces.label_noise["exact"]
    assert noise["n_photos"] == 1
    assert noise["age_mae_floor"] == pytest.approx((age - 20) / 2)
    assert noise["gender_error_floor"] == pytest.approx(0.5 if gender else 0)
    tolerant = load(folder, tmp_path, policy=data.Policy(drop_conflicts=False))
    assert tolerant.table["keep"].sum() == 30


def test_near_duplicates_share_a_group_and_stay(folder, tmp_path):
    save(folder / chip(20, 0, 500), cv2.resize(photo(0), (80, 80)), quality=70)
    faces = load(folder, tmp_path)
    pairs = faces.near_duplicates.query("verified")
    assert set(pairs.iloc[0][["face_id_a", "face_id_b"]]) == {
        chip(20, 0, 0).split(".")[0],
        chip(20, 0, 500).split(".")[0],
    }
    assert faces.table["keep"].all()
    assert faces.table["group"].duplicated().sum() == 1
    assert found(faces, "near duplicate")["action"].tolist() == ["grouped"]
    assert "2 faces" in found(faces, "largest group")["detail"].iloc[0]


@pytest.mark.parametrize("age", [20, 50])
def test_mirror_images_are_duplicates(folder, tmp_path, age):
    save(folder / chip(age, 0, 500), np.ascontiguousarray(photo(0)[:, ::-1]), quality=70)
    faces = load(folder, tmp_path)
    pairs = faces.near_duplicates.query("verified")
    assert len(pairs) == 1
    assert pairs["mirrored"].all()
    assert pairs["similarity"].iloc[0] > 0.9
    detail = found(faces, "near duplicate")["detail"].iloc[0]
    assert " mirrored: " in detail
    two = faces.table[faces.table["path"].isin([chip(age, 0, 500), chip(20, 0, 0)])]
    assert len(set(two["group"])) == 1
    assert two["keep"].all() == (age == 20)


def test_a_symmetric_photo_is_found_the_way_it_lies(folder, tmp_path):
    half = photo(0)
    whole = np.concatenate([half, half[:, ::-1]], axis=1)
    save(folder / "44_0_0_20200101000000000.png", whole)
    darkened = whole.copy()
    darkened[:8] = 0  # still symmetric: as near to the mirror image as to the photo
    save(folder / "44_0_0_20200101000000001.png", darkened)
    faces = load(folder, tmp_path)
    pair = faces.near_duplicates.query("verified and face_id_a.str.startswith('44_')")
    assert len(pair) == 1
    assert not pair["mirrored"].iloc[0]


def test_near_duplicates_that_contradict_are_dropped(folder, tmp_path):
    save(folder / chip(50, 0, 500), cv2.resize(photo(0), (80, 80)), quality=70)
    faces = load(folder, tmp_path)
    assert reason(faces, chip(50, 0, 500)) == reason(faces, chip(20, 0, 0)) == "conflicting labels"


def test_similar_hashes_of_other_pixels_do_not_group(folder, tmp_path):
    flat = np.zeros((64, 64, 3), np.uint8)
    save(folder / "90_0_0_20200101000000000.png", flat + 90)
    save(folder / "91_1_0_20200101000000001.png", flat + 200)
    faces = load(folder, tmp_path)
    assert not faces.near_duplicates["verified"].any()
    assert faces.table["group"].is_unique
    assert found(faces, "similar image")["action"].tolist() == ["marked"]


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


def test_equal_names_with_other_pixels_get_a_suffix(folder, tmp_path):
    save(folder / "b" / chip(20, 0, 0), photo(70))
    faces = load(folder, tmp_path)
    twins = faces.table[faces.table["face_id"].str.startswith(chip(20, 0, 0).split(".")[0])]
    assert len(twins) == 2
    assert twins["face_id"].str.fullmatch(r"20_0_0_\d{17}(~[0-9a-f]{8})?").all()
    assert {photo_id[-9:-8] for photo_id in twins["face_id"]} >= {"~"}


def test_the_kaggle_zip_repeats_its_images(folder, tmp_path):
    archive = tmp_path / "archive.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in folder.iterdir():
            for place in ("UTKFace", "crop_part1", "utkface_aligned_cropped/UTKFace"):
                zipped.write(path, f"{place}/{path.name}")
    faces = load(archive, tmp_path)
    assert len(faces) == 30 and faces.table["keep"].all()
    assert len(found(faces, "repeated file")) == 60


def write_csv(path, rows, header=("path", "age", "gender")):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def test_a_table_of_labels(tmp_path):
    rows = []
    for i in range(12):
        save(tmp_path / "set" / "pics" / f"{i}.png", photo(i))
        rows.append((f"pics/{i}.png", 20 + i, "mf"[i % 2], i // 3, 10 * i, "A" if i else ""))
    rows += [("pics/gone.png", 30, "m", 9, 0, "A"), ("../secret.png", 30, "m", 9, 0, "A")]
    save(tmp_path / "set" / "extra.png", photo(50))
    header = ("path", "age", "gender", "identity", "yaw", "ethnicity")
    table = write_csv(tmp_path / "set" / "labels.csv", rows, header)
    faces = load(tmp_path / "set", tmp_path)
    assert len(faces) == 12
    assert faces.table["group"].nunique() == 4
    assert faces.table["keep"].all()
    assert faces.table.set_index("face_id").loc["3", "yaw"] == 30
    assert str(faces.table.set_index("face_id").loc["3", "yaw_bin"]) == "30-45"
    assert set(found(faces, "missing file")["file"]) == {"pics/gone.png", ""}
    assert "../secret.png leads out" in found(faces, "missing file")["detail"].str.cat()
    assert found(faces, "no label")["file"].tolist() == ["extra.png"]
    assert faces.content_hash == load(table, tmp_path).content_hash


def test_pictures_of_one_person_may_differ_in_age(tmp_path):
    rows = []
    for i in range(12):
        save(tmp_path / "set" / f"{i}.png", photo(i))
        rows.append((f"{i}.png", 10 + 5 * i, "mf"[i % 2], "one"))
    write_csv(tmp_path / "set" / "labels.csv", rows, ("path", "age", "gender", "identity"))
    faces = load(tmp_path / "set", tmp_path)
    assert faces.table["keep"].all()
    assert len(set(faces.table["group"])) == 1


def test_one_file_listed_twice_with_other_labels(tmp_path):
    for i in range(4):
        save(tmp_path / "set" / f"{i}.png", photo(i))
    rows = [(f"{i}.png", 30, "mf"[i % 2]) for i in range(4)]
    write_csv(tmp_path / "set" / "labels.csv", [*rows, ("0.png", 60, "m"), ("0.png", 61, "m")])
    faces = load(tmp_path / "set", tmp_path)
    assert len(faces) == 6
    assert (faces.table["drop_reason"] == "conflicting labels").sum() == 3


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


def test_unknown_names_are_met_with_the_known_ones(tmp_path):
    with pytest.raises(data.DataError, match="did you mean 'embedded'"):
        load("embeded", tmp_path)


def test_data_sets_by_name(folder, tmp_path):
    cache = tmp_path / "cache"
    with pytest.raises(data.DataError, match=r"non-commercial.*--accept-licence"):
        data.add_data_set("mine", folder, cache=cache)
    for bad in ("embedded", "", "a/b", ".hidden"):
        with pytest.raises(data.DataError):
            data.add_data_set(bad, folder, accept_licence=True, cache=cache)
    entry = data.add_data_set("mine", folder, accept_licence=True, cache=cache)
    assert (entry.name, entry.reader) == ("mine", "utkface")
    assert set(data.known_data_sets(cache)) == {"embedded", "mine"}
    faces = load("mine", tmp_path)
    assert faces.name == "mine" and len(faces) == 30
    (cache / "data_sets.json").write_text("{")
    with pytest.raises(data.DataError, match="is damaged"):
        load("mine", tmp_path)


def test_pixels_are_decoded_once_and_in_order(folder, tmp_path):
    faces = load(folder, tmp_path)
    stages = []
    images = faces.images(
        64, progress=lambda stage, done, total: stages.append((stage, done, total))
    )
    assert images.shape == (30, 64, 64, 3) and images.dtype == np.uint8
    assert stages[-1] == ("decode at 64 px", 30, 30)
    assert not images.flags.writeable
    for row in (0, 17, 29):
        with Image.open(faces.paths()[row]) as image:
            expected = np.asarray(image.convert("RGB")).astype(int)
        assert np.abs(images[row] - expected).max() <= 3
    stages.clear()
    again = load(folder, tmp_path).images(64, progress=lambda *event: stages.append(event))
    np.testing.assert_array_equal(again, images)
    assert stages == []
    assert faces.images(24).shape == (30, 24, 24, 3)
    with pytest.raises(data.DataError, match="8 to 2048"):
        faces.images(4)


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


def test_a_changed_file_is_looked_at_again(folder, tmp_path):
    before = load(folder, tmp_path)
    (folder / chip(20, 0, 0)).write_text("broken now")
    after = load(folder, tmp_path)
    assert len(before) == 30 and len(after) == 29
    assert before.content_hash != after.content_hash


def test_a_file_that_breaks_between_audit_and_decoding(folder, tmp_path):
    faces = load(folder, tmp_path)
    faces.paths()[3].unlink()
    with pytest.raises(data.DataError, match="was readable when the data set was checked"):
        faces.images(64)
    assert list((tmp_path / "cache" / "pixels").glob("*.npy")) == []


def _small_disk(folder, cache, answers):
    """Load under a limit on file sizes: the kernel refuses to write more, as a full disk does."""
    faces = data.load(folder, cache=cache, pose=False)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    try:
        faces.images(128)
    except data.DataError as error:
        answers.put(str(error))
    else:
        answers.put("written")


def test_a_full_disk_is_an_error_and_leaves_no_store(folder, tmp_path):
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=_small_disk, args=(folder, tmp_path / "cache", answers))
    process.start()
    answer = answers.get(timeout=60)
    process.join()
    assert process.exitcode == 0
    assert answer.startswith("no room for")
    assert list((tmp_path / "cache" / "pixels").glob("*[!k]")) == []


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
@pytest.mark.slow
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
