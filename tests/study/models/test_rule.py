"""Which contender of a run answers a photograph."""

from __future__ import annotations

import json
from pathlib import Path

from study.models.choose import best_model


def run_with(tmp_path: Path, scores: dict[str, dict[str, float]]) -> Path:
    for name, score in scores.items():
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        (folder / "card.json").write_text('{"details": {"family": "cnn"}}')
        (tmp_path / "records").mkdir(exist_ok=True)
        record = {"costs": {"contender": name}, "select": score}
        (tmp_path / "records" / f"full.{name}.seed0.fold0.json").write_text(json.dumps(record))
    return tmp_path


def test_the_one_that_holds_on_changed_copies_answers(tmp_path):
    at_home = {"mae": 4.0, "accuracy": 0.95, "mae_changed": 8.0}
    outside = {"mae": 5.0, "accuracy": 0.94, "mae_changed": 5.5}
    run = run_with(tmp_path, {"cnn": at_home, "cnn-face": outside})
    assert best_model(run).name == "cnn-face"


def test_older_runs_fall_back_to_the_error_at_home(tmp_path):
    known = {"mae": 5.0, "accuracy": 0.94, "mae_changed": 5.5}
    run = run_with(tmp_path, {"cnn": {"mae": 4.0, "accuracy": 0.95}, "cnn-face": known})
    assert best_model(run).name == "cnn"
