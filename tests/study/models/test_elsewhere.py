"""Another data set: whether it is cropped already, and which of its faces may be asked about."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import data
from basis.pictures import decode
from data.pose.detect import find_faces
from study.models.cropped import CROPPED_WITHIN, _looked_at, is_cropped
from study.models.elsewhere import _askable, key_of_chips, look_elsewhere
from study.models.fitted_with import still_there, those_of

SCAN = Path(__file__).parents[2] / "data" / "pose" / "scan"


def silent(stage, done, total):
    """Report nothing."""


def named(folder, pictures):
    """Save pictures under names of UTKFace and load them."""
    folder.mkdir()
    for number, picture in enumerate(pictures):
        name = f"{20 + number}_{number % 2}_0_20170101{number:09d}.png"
        Image.fromarray(picture).save(folder / name)
    return data.load(folder, pose=False)


@pytest.fixture(scope="module")
def renders():
    """Renders of a head, as they are and as chips, with their true yaw."""
    rows = []
    for row in pd.read_csv(SCAN / "truth.csv").itertuples():
        if abs(row.yaw) > 20 and abs(row.yaw) < 46:
            continue
        picture = decode((SCAN / row.file).read_bytes()).pixels
        found = find_faces(picture, size=200)
        if found:
            rows.append((abs(row.yaw), picture, found[0].chip))
    return rows


@pytest.fixture(scope="module")
def frontal(renders):
    return [chip for yaw, _, chip in renders if yaw <= 20][:12]


@pytest.fixture(scope="module")
def turned(renders):
    chips = [chip for yaw, _, chip in renders if yaw >= 46]
    return chips + [np.ascontiguousarray(chip[:, ::-1]) for chip in chips]


def test_chips_are_cropped_and_renders_are_not(renders, frontal, tmp_path):
    chips = named(tmp_path / "chips", frontal)
    assert is_cropped(chips, chips.table)[0]
    whole = named(tmp_path / "whole", [picture for yaw, picture, _ in renders if yaw <= 20])
    cropped, why = is_cropped(whole, whole.table)
    assert not cropped
    assert "frontal faces" in why


def test_frontal_faces_decide_among_many_turned_heads(frontal, turned, tmp_path):
    faces = named(tmp_path / "mixed", [*turned, *frontal])
    away, _ = _looked_at(faces, faces.table, 160)
    assert np.median(away) > CROPPED_WITHIN  # all faces together would say: not cropped
    cropped, why = is_cropped(faces, faces.table)
    assert cropped
    assert "frontal faces lie" in why


def test_too_few_frontal_faces_err_to_finding_the_faces_first(turned, tmp_path):
    faces = named(tmp_path / "turned", turned)
    cropped, why = is_cropped(faces, faces.table)
    assert not cropped
    assert re.search(r"of which only \d are frontal", why)


def test_pictures_that_are_not_square_are_not_cropped(tmp_path):
    faces = named(tmp_path / "wide", [np.full((60, 90, 3), 50 * n, np.uint8) for n in range(3)])
    assert is_cropped(faces, faces.table) == (False, "most pictures are not square")


@pytest.fixture
def home(small_faces):
    return data.load(small_faces, pose=False)


@pytest.fixture
def with_copies(small_faces, tmp_path):
    """Eight faces of ``small_faces``: two the same, two compressed again, four of nobody else."""
    folder = tmp_path / "copies"
    folder.mkdir()
    for number, path in enumerate(sorted(small_faces.iterdir())[::12]):
        target = folder / path.name
        if number < 2 or number >= 4:
            target.write_bytes(path.read_bytes())
        else:
            with Image.open(path) as picture:
                picture.convert("RGB").resize((180, 180)).save(target, quality=70)
    return folder


def test_near_duplicates_of_training_faces_are_left_out_and_counted(home, with_copies):
    names = [path.name.split(".")[0] for path in sorted(with_copies.iterdir())]
    seen = home.table.loc[home.table["face_id"].isin(names[:4]), "pixel_sha256"]
    exact = look_elsewhere(str(with_copies), seen=seen, align=False, progress=silent)
    assert (exact.facts["n_seen"], exact.facts["n_near"], len(exact.table)) == (2, None, 6)
    training = those_of(home, seen)
    near = look_elsewhere(
        str(with_copies), seen=seen, training=training, align=False, progress=silent
    )
    assert (near.facts["n_seen"], near.facts["n_near"], len(near.table)) == (2, 2, 4)
    assert sorted(near.table["face_id"]) == names[4:]


def test_a_portrait_of_which_a_training_face_was_cut_is_left_out(renders, tmp_path):
    """The portrait itself resembles no chip; cut out again, and mirrored or not, it does."""
    front = [(picture, chip) for yaw, picture, chip in renders if yaw <= 20]
    training = named(tmp_path / "chips", [front[0][1], front[1][1][:, ::-1]])
    named(tmp_path / "portraits", [picture for picture, _ in front[:4]])
    options = {"seen": training.table["pixel_sha256"], "align": True, "progress": silent}
    plain = look_elsewhere(str(tmp_path / "portraits"), **options)
    assert (len(plain.table), plain.facts["n_near"]) == (4, None)
    cut = look_elsewhere(str(tmp_path / "portraits"), training=training, **options)
    assert (cut.facts["n_near"], cut.facts["n_without_face"]) == (2, 0)
    assert cut.table["face_id"].tolist() == plain.table["face_id"].tolist()[2:]
    np.testing.assert_array_equal(cut.crops, plain.crops[2:])


def test_a_set_of_training_faces_only_is_refused_by_name(home, with_copies):
    seen = home.table["pixel_sha256"]
    with pytest.raises(data.DataError, match=r"copies: every face in it is a training face"):
        look_elsewhere(str(with_copies), seen=seen, training=home, align=False, progress=silent)


def test_training_faces_are_found_again_only_while_they_are_the_same(finished, source, tmp_path):
    faces = data.load(source, pose=False)
    seen = faces.table["pixel_sha256"].iloc[:10]
    again = still_there(finished.path, seen)
    assert again is not None
    assert set(again.table["pixel_sha256"]) == set(seen)
    assert still_there(finished.path, seen.iloc[:0]) is None
    assert still_there(tmp_path, seen) is None


def test_of_equal_pictures_one_with_a_gender_is_asked():
    table = pd.DataFrame(
        {
            "face_id": list("abcde"),
            "keep": [False, False, False, True, False],
            "drop_reason": ["label missing"] * 3 + ["", "label missing"],
            "gender": [None, "male", "male", "female", "female"],
            "age": np.nan,
            "pixel_sha256": ["x", "x", "x", "y", "y"],
        }
    )
    assert _askable(table)["face_id"].tolist() == ["b", "d"]


def test_chips_are_remembered_by_their_pictures_not_by_their_names(home):
    table = home.table.head(4)
    assert key_of_chips(table) == key_of_chips(table.assign(face_id=list("abcd")))
    others = (table.iloc[::-1], table.head(3), home.table.iloc[1:5])
    assert len({key_of_chips(t) for t in (table, *others)}) == 4
