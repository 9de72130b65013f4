"""Which contender of a run answers a photograph."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from study.errors import UsageError
from study.models.choose import best_model


def run_with(tmp_path: Path, scores: dict[str, dict[str, float]]) -> Path:
    for name, score in scores.items():
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        (folder / "card.json").write_text('{"details": {"family": "cnn"}}')
        (folder / "estimator.skops").write_text("")
        (tmp_path / "records").mkdir(exist_ok=True)
        record = {"costs": {"contender": name}, "select": score}
        (tmp_path / "records" / f"full.{name}.seed0.fold0.json").write_text(json.dumps(record))
    return tmp_path


def test_the_one_that_holds_on_changed_copies_answers(tmp_path):
    at_home = {"mae": 4.0, "accuracy": 0.95, "mae_changed": 8.0}
    outside = {"mae": 5.0, "accuracy": 0.94, "mae_changed": 5.5}
    run = run_with(tmp_path, {"cnn": at_home, "cnn-face": outside})
    assert best_model(run).name == "cnn-face"


def test_a_card_without_its_model_answers_nothing(tmp_path):
    """A run may have moved without its models."""
    best = {"mae": 4.0, "accuracy": 0.95, "mae_changed": 4.0}
    run = run_with(tmp_path, {"cnn": best, "cnn-face": {**best, "mae_changed": 9.0}})
    (run / "models" / "cnn" / "estimator.skops").unlink()
    assert best_model(run).name == "cnn-face"
    (run / "models" / "cnn-face" / "estimator.skops").unlink()
    with pytest.raises(UsageError, match="moved without its models"):
        best_model(run)
    (run / "models" / "cnn" / "model.onnx").write_text("")
    assert best_model(run).name == "cnn"


def test_older_runs_fall_back_to_the_error_at_home(tmp_path):
    known = {"mae": 5.0, "accuracy": 0.94, "mae_changed": 5.5}
    run = run_with(tmp_path, {"cnn": {"mae": 4.0, "accuracy": 0.95}, "cnn-face": known})
    assert best_model(run).name == "cnn"
