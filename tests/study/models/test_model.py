"""Saved models: which one answers, what it warns of, and how it sees a crop."""

import numpy as np
import pytest

from study.errors import UsageError
from study.models.choose import newest_model
from study.models.model import load


def test_the_newest_is_the_last_trained_whatever_was_rendered_since(write_model, tmp_path):
    old = write_model(tmp_path / "b-old" / "models" / "cnn", trained="2026-01-01T00:00:00+00:00")
    write_model(tmp_path / "a-new" / "models" / "cnn", trained="2026-02-01T00:00:00+00:00")
    (old / "card.json").write_text((old / "card.json").read_text())  # a report rendered again
    assert newest_model(tmp_path) == tmp_path / "a-new"


def test_a_run_that_moved_without_its_models_is_not_the_newest(write_model, tmp_path):
    old = write_model(tmp_path / "old" / "models" / "cnn", trained="2026-01-01")
    new = write_model(tmp_path / "new" / "models" / "cnn", trained="2026-02-01")
    (new / "estimator.skops").unlink()
    assert newest_model(tmp_path) == old.parents[1]


def test_rendered_heads_and_baselines_never_answer_unasked(write_model, tmp_path):
    write_model(tmp_path / "a" / "models" / "cnn", data_set="embedded")
    write_model(tmp_path / "b" / "models" / "dummy", family="baseline")
    with pytest.raises(UsageError, match="no model trained on photographs"):
        newest_model(tmp_path)
    write_model(tmp_path / "c" / "models" / "cnn")
    assert newest_model(tmp_path) == tmp_path / "c"


def test_of_a_run_the_best_on_select_answers_and_not_the_baseline(write_model, tmp_path):
    run = tmp_path / "run"
    for name, mae in (("dummy", 1.0), ("good", 4.0), ("poor", 6.0)):
        write_model(run / "models" / name, family="baseline" if name == "dummy" else None)
        (run / "records").mkdir(exist_ok=True)
        (run / "records" / f"{name}.json").write_text(
            f'{{"costs": {{"contender": "{name}"}}, "select": {{"mae": {mae}, "accuracy": 0.5}}}}'
        )
    assert load(run).folder.name == "good"


@pytest.mark.parametrize(
    ("values", "sentences"),
    [
        ({"age": 40.0, "yaw": 0.0, "pitch": 0.0}, []),
        (
            {"age": 70.0, "yaw": 0.0, "pitch": 0.0},
            ["age 70 years is outside of what the model was trained on (20 to 60)"],
        ),
        (
            {"age": 40.0, "yaw": -45.0, "pitch": 20.0},
            [
                "yaw -45 degrees is outside of what the model was trained on (-30 to 30)",
                "pitch 20 degrees is outside of what the model was trained on (-15 to 15)",
            ],
        ),
        (
            {"age": 40.0, "sharpness": 140.0},
            [
                "sharpness 140 (variance of the Laplacian) is outside of what the model was "
                "trained on (4 to 90)"
            ],
        ),
    ],
)
def test_what_lies_outside_of_the_training_faces_is_said(model, values, sentences):
    assert list(model._warnings(**values)) == sentences


def test_crops_of_any_size_become_the_models_own(model):
    crops = np.full((2, 200, 150, 3), 77, np.uint8)
    answers = model.predict_all(crops)
    np.testing.assert_allclose(answers["age"], 77.0)
    np.testing.assert_allclose(answers["interval"], [[68.0, 86.0]] * 2)


@pytest.mark.parametrize(
    "crops", [np.zeros((2, 8, 8, 3)), np.zeros((8, 8, 3), np.uint8), np.zeros((2, 8, 8), np.uint8)]
)
def test_crops_of_another_kind_are_refused(model, crops):
    with pytest.raises(ValueError, match="uint8 of shape"):
        model.predict_all(crops)
