"""Copies in a folder: identical, re-compressed, mirrored, and contradicting ones."""

import shutil
import zipfile

import cv2
import numpy as np
import pytest
from face_folders import chip, found, load, photo, reason, save

import data


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


def test_labels_that_cannot_be_used_have_no_say(folder, tmp_path):
    """A copy whose name is malformed beyond use does not contradict the good one."""
    shutil.copy(folder / chip(20, 0, 0), folder / "39_1_20170116174525125.jpg")  # sources disagree
    faces = load(folder, tmp_path)
    assert reason(faces, chip(20, 0, 0)) == ""
    assert reason(faces, "39_1_20170116174525125") == "malformed name"


@pytest.mark.parametrize(("side", "kept"), [(31, False), (32, True), (40, True)])
def test_images_shorter_than_the_policy_asks_are_dropped(folder, tmp_path, side, kept):
    save(folder / "50_0_0_20170101000009999.png", cv2.resize(photo(77), (side, 64)))
    name = "50_0_0_20170101000009999"
    assert (reason(load(folder, tmp_path), name) == "") == kept
    strict = load(folder, tmp_path, policy=data.Policy(min_side=side + 1))
    assert reason(strict, name) == "tiny"
