"""A model on another data set, with and without finding the faces first."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import data
from data.pose.detect import find_faces
from study.commands.evaluate import left_out
from study.errors import UsageError
from study.models.elsewhere import look_elsewhere
from study.models.evaluate import _with_ages, evaluate
from study.models.model import load
from study.models.recalibrate import widened
from study.record.directory import RunDirectory
from study.report import write_report


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


NAMES = ("first", "second")


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


@pytest.fixture(scope="module")
def ranged(small_faces, tmp_path_factory):
    """Sixty faces of which only ranges of ages are known; four have no age at all."""
    folder = tmp_path_factory.mktemp("ranged")
    rows = ["path,age,gender"]
    for number, path in enumerate(sorted(small_faces.iterdir())[:60]):
        age, gender = path.name.split("_")[:2]
        shutil.copy(path, folder / path.name)
        low = 10 * (int(age) // 10)
        rows.append(f"{path.name},{'' if number < 4 else f'{low}-{low + 9}'},{gender}")
    (folder / "labels.csv").write_text("\n".join(rows))
    return folder


def test_ranges_of_ages_are_measured_too(model, ranged, tmp_path):
    facts = evaluate(model, str(ranged), tmp_path / "run", align=False, progress=silent)
    assert facts["n_seen"] is facts["n_near"] is None  # a model of no run
    assert "which faces the model was trained on is not known" in left_out(facts)
    assert facts["n_without_age"] == 4
    assert len(answers(tmp_path / "run")) == 56
    assert not (tmp_path / "run" / "intervals.json").exists()
    _, summary = write_report(RunDirectory(tmp_path / "run"))
    numbers = {n["metric"]: n for n in summary["headline"] if n["contender"] == "stub"}
    faces = data.load(ranged, pose=False).table.set_index("face_id")
    found = answers(tmp_path / "run").reindex(faces.index)
    known = faces["age_high"].notna()
    inside = (found >= faces["age_low"]) & (found <= faces["age_high"])
    assert known.sum() == 56
    assert numbers["within_range"]["value"] == pytest.approx(inside[known].mean())
    assert numbers["accuracy"]["n"] == 56
    assert "mae" not in numbers or numbers["mae"]["value"] is None


def test_the_factor_is_that_of_the_intervals_of_the_training(model, small_faces, tmp_path):
    """A model that was recalibrated before leaves the same factor, and reports what it answered."""
    evaluate(model, str(small_faces), tmp_path / "first", align=False, progress=silent)
    model.recalibrate(tmp_path / "first")
    assert model.interval_factor > 1.5
    evaluate(model, str(small_faces), tmp_path / "second", align=False, progress=silent)
    first, second = (json.loads((tmp_path / n / "intervals.json").read_text()) for n in NAMES)
    assert first == second
    before, after = (
        pd.read_parquet(next((tmp_path / name / "predictions").glob("*.parquet"))) for name in NAMES
    )
    ends = ["age_low", "age_high"]
    ages, bare = before["age_pred"].to_numpy(float), before[ends].to_numpy(float)
    wide = widened(ages, bare, model.interval_factor)
    np.testing.assert_allclose(after[ends].to_numpy(float), wide, atol=1e-3)


def test_a_run_is_not_overwritten_by_the_evaluation_of_its_model(model, portraits):
    home = model.folder.parents[1]
    with pytest.raises(UsageError, match="holds the model itself"):
        evaluate(model, str(portraits), home, overwrite=True, progress=silent)
    assert (model.folder / "card.json").is_file()


def test_overwrite_begins_anew(model, portraits, tmp_path):
    evaluate(model, str(portraits), tmp_path / "run", align=False, progress=silent)
    evaluate(model, str(portraits), tmp_path / "run", align=True, overwrite=True, progress=silent)
    plan = json.loads((tmp_path / "run" / "provenance.json").read_text())["plan"]
    assert plan["aligned"] is True


def test_a_model_named_from_its_own_folder_knows_its_training(
    finished, source, tmp_path, monkeypatch
):
    monkeypatch.chdir(finished.path / "models")
    facts = evaluate(
        load(Path("hog-linear")), str(source), tmp_path / "run", align=False, progress=silent
    )
    splits = pd.read_parquet(finished.path / "splits.parquet")
    assert facts["n_seen"] == (splits["part"] != "test").sum() > 50


def test_faces_without_any_age_left_are_refused_and_leave_nothing(model, ranged, tmp_path):
    folder = tmp_path / "ageless"
    folder.mkdir()
    rows = ["path,age,gender"]
    for number, path in enumerate(sorted(ranged.glob("*.jpg"))[:6]):
        shutil.copy(path, folder / path.name)
        rows.append(f"{path.name},{'' if number else 30},0")
    (folder / "labels.csv").write_text("\n".join(rows))
    known = data.load(folder, pose=False).table
    seen = known.loc[known["age"].notna(), "pixel_sha256"]
    other = look_elsewhere(str(folder), seen=seen, align=False, progress=silent)
    with pytest.raises(data.DataError, match=r"none of its 5 faces .* has a known age"):
        _with_ages(other)


def test_why_pictures_were_cut_out_and_what_was_left_out_is_recorded(model, portraits, tmp_path):
    evaluate(model, str(portraits), tmp_path / "run", progress=silent)
    plan = json.loads((tmp_path / "run" / "provenance.json").read_text())["plan"]
    assert plan["aligned"] is True
    assert plan["judged_by"] == "most pictures are not square"
    assert plan["near_duplicates_left_out"].startswith("not looked for")
