"""The summary: every number of the page, as JSON."""

import json

import numpy as np
import pandas as pd
import pytest

import reports
from reports.tables import RunTables


def test_summary_is_json_and_holds_the_headline(summary, run):
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    rows = {(r["contender"], r["metric"]): r for r in summary["headline"]}
    cnn = run.predictions[run.predictions["contender"] == "cnn"].merge(run.faces, on="face_id")
    expected = (cnn["age_pred"] - cnn["age"]).abs().groupby(cnn["seed"]).mean()
    assert rows["cnn", "mae"]["value"] == pytest.approx(expected.mean(), rel=1e-5)
    assert rows["cnn", "mae"]["seed_sd"] == pytest.approx(expected.std(), rel=1e-4)
    assert list(rows["cnn", "mae"]["seeds"].values()) == pytest.approx(expected.tolist(), rel=1e-5)


def test_summary_says_who_won(summary):
    claims = {s["topic"]: s["claim"] for s in summary["verdict"]}
    assert claims["Age"].startswith("cnn estimates age better than hog-kernel")
    assert summary["pair"]["first"] == "hog-kernel"
    best = {r["metric"]: r for r in summary["best"]}
    assert best["mae"]["winner"] == "cnn"
    assert best["mae"]["clear"] is True


def test_summary_golden():
    """A four-face run whose every headline number can be checked on paper."""
    faces = pd.DataFrame(
        {
            "face_id": list("abcd"),
            "age": [10.0, 20, 30, 40],
            "gender": ["male", "male", "female", "female"],
            "ethnicity": pd.Categorical(["x"] * 4),
            "group": [1, 2, 3, 4],
            "yaw": np.nan,
            "pitch": np.nan,
            "roll": np.nan,
            "keep": True,
            "drop_reason": "",
        }
    )
    predictions = pd.DataFrame(
        {
            "data_set": "paper",
            "protocol": "full",
            "contender": "only",
            "seed": 0,
            "fold": 0,
            "face_id": list("abcd"),
            "age_pred": [11.0, 18, 30, 47],
            "age_low": [9.0, 19, 25, 41],
            "age_high": [12.0, 25, 35, 50],
            "p_female": [0.1, 0.6, 0.7, 0.9],
        }
    )
    run = RunTables(faces, predictions, pd.DataFrame(), {})
    found = {r["metric"]: r["value"] for r in reports.summary(run)["headline"]}
    assert found == pytest.approx(
        {
            "mae": 2.5,
            "median_error": 1.5,
            "rmse": 3.67423,
            "bias": 1.5,
            "cs5": 0.75,
            "within10": 1.0,
            "r2": 0.892,
            "accuracy": 0.75,
            "balanced_accuracy": 0.75,
            "auc": 1.0,
            "brier": 0.1175,
            "coverage": 0.75,
            "width": 7.0,
            "interval_score": 12.0,
        },
        rel=1e-5,
    )
    assert "<h1>" in reports.render(run)


def test_wrong_summary_is_refused(unpictured, run):
    with pytest.raises(ValueError, match="not the summary of this run"):
        reports.render(run, summary={"format": 0})


def test_folds_that_partition_the_faces_are_one_replicate(unpictured, run, changed, only):
    rows = only(run, seed=0).copy()
    rows["fold"] = pd.factorize(rows["face_id"])[0] % 5
    costs = run.costs[run.costs["seed"] == 0]
    summary = reports.summary(changed(run, predictions=rows, costs=costs))
    assert summary["contenders"]["cnn"]["seeds"] == ["0"]
