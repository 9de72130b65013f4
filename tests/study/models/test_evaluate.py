"""A model on another data set, with and without finding the faces first."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import data
from data.pose.detect import find_faces
from study.errors import UsageError
from study.models.evaluate import evaluate


@pytest.fixture(scope="module")
def portraits(small_faces, tmp_path_factory):
    """Eight faces off the middle of larger pictures, and one picture of a wall."""
    folder = tmp_path_factory.mktemp("portraits")
    for path in sorted(small_faces.iterdir())[::16][:6]:
        with Image.open(path) as face:
            canvas = Image.new("RGB", (420, 300), (100, 120, 140))
            canvas.paste(face.convert("RGB").resize((170, 170)), (20, 30))
            canvas.save(folder / path.name.replace(".jpg", ".png"))
    Image.new("RGB", (300, 300), (90, 90, 90)).save(folder / "30_1_0_20170109150557001.png")
    return folder


def silent(stage, done, total):
    """Report nothing."""


def answers(run):
    (path,) = (run / "predictions").glob("*.parquet")
    return pd.read_parquet(path).set_index("face_id")["age_pred"]


def test_align_answers_for_the_face_and_leaves_pictures_without_one_out(model, portraits, tmp_path):
    evaluate(model, str(portraits), tmp_path / "run", align=True, progress=silent)
    found, faces = answers(tmp_path / "run"), data.load(portraits, pose=False)
    expected = {}
    for face_id, path in zip(faces.table["face_id"], faces.paths(), strict=True):
        with Image.open(path) as picture:
            faces_found = find_faces(np.asarray(picture.convert("RGB")), size=200)
        if faces_found:
            expected[face_id] = model.predict_all(faces_found[0].chip[None])["age"][0]
    assert 4 <= len(expected) == len(found) < len(faces.table)
    pd.testing.assert_series_equal(
        found.sort_index(), pd.Series(expected).sort_index(), check_names=False, check_dtype=False
    )
    evaluate(model, str(portraits), tmp_path / "plain", align=False, progress=silent)
    plain = answers(tmp_path / "plain")
    assert len(plain) == len(faces.table)
    assert (plain[found.index] - found).abs().max() > 5


def test_align_is_part_of_what_a_run_is(model, portraits, tmp_path):
    evaluate(model, str(portraits), tmp_path / "run", align=False, progress=silent)
    evaluate(model, str(portraits), tmp_path / "run", align=False, progress=silent)
    with pytest.raises(UsageError, match="another plan"):
        evaluate(model, str(portraits), tmp_path / "run", align=True, progress=silent)
