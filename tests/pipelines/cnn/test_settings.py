"""Settings of the CNN estimators: threads, precision, divergence, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from joblib import effective_n_jobs, parallel_config

from pipelines import CnnAgeGender, CnnClassifier
from pipelines.cnn.training.callbacks import DivergedError
from pipelines.cnn.training.settings import choose_precision, torch_threads
from pipelines.testing import striped_faces

QUICK = {
    "backbone": "test_efficientnet", "weights": None, "image_size": 32, "threads": 1,
    "epochs": 1, "batch_size": 16, "random_state": 0, "precision": "fp32",
}  # fmt: skip


@pytest.fixture(scope="module")
def faces():
    return striped_faces(48)


@pytest.fixture(scope="module")
def fitted(faces):
    return CnnAgeGender(**QUICK).fit(*faces)


def test_threads_are_never_more_than_joblib_leaves():
    before = torch.get_num_threads()
    torch.set_num_threads(8)
    try:
        with torch_threads(None):
            assert torch.get_num_threads() == min(8, effective_n_jobs(-1))
        with parallel_config("sequential"), torch_threads(None):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 8
    finally:
        torch.set_num_threads(before)


def test_negative_threads_count_from_all_cores():
    before = torch.get_num_threads()
    with torch_threads(-1):
        assert torch.get_num_threads() == effective_n_jobs(-1)
    assert torch.get_num_threads() == before


@pytest.mark.filterwarnings("ignore:this processor has no bfloat16")
def test_bfloat16_trains_to_nearly_the_same(faces):
    half = CnnAgeGender(**{**QUICK, "precision": "bf16"}).fit(*faces)
    full = CnnAgeGender(**QUICK).fit(*faces)
    assert half.training_.precision == "bf16"
    assert half.training_.history[0]["train_loss"] == pytest.approx(
        full.training_.history[0]["train_loss"], rel=0.02
    )
    assert half.training_.history[0]["train_loss"] != full.training_.history[0]["train_loss"]
    assert np.abs(half.predict(faces[0])[:, 0] - full.predict(faces[0])[:, 0]).mean() < 1


def test_precision_without_bf16_hardware(monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    assert choose_precision("auto", "cpu") == "fp32"
    with pytest.warns(UserWarning, match="emulated"):
        assert choose_precision("bf16", "cpu") == "bf16"
    with pytest.raises(ValueError, match="unknown precision 'fp16'"):
        choose_precision("fp16", "cpu")


def test_loss_that_is_no_number_stops_with_advice(faces):
    with pytest.raises(DivergedError, match=r"step \d+ of epoch \d+, learning rate .* try a third"):
        CnnAgeGender(**{**QUICK, "epochs": 3}, lr=1e30, layer_decay=1, ema=None).fit(*faces)


@pytest.mark.parametrize("ema", [None, 0.5])
def test_divergence_in_the_very_last_step(faces, ema):
    """No loss comes after it; the answers on *select* tell."""
    one_step = {**QUICK, "epochs": 1, "batch_size": 48}
    with pytest.raises(DivergedError, match=r"no numbers after epoch 1: try a third of lr=1e\+30"):
        CnnAgeGender(**one_step, lr=1e30, layer_decay=1, ema=ema).fit(*faces)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"backbone": "test_eficientnet"}, "did you mean"),
        ({"age_head": "ordinl"}, "did you mean 'ordinal'"),
        ({"augment": "wildest"}, "unknown augmentation"),
        ({"norm": "instance"}, "unknown norm"),
        ({"precision": "int8"}, "unknown precision"),
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"epochs": "2"}, "epochs must be an integer at least 1, got '2'"),
        ({"epochs": 2.5}, "epochs must be an integer at least 1, got 2.5"),
        ({"lr": "fast"}, "lr must be a number at least 0, got 'fast'"),
        ({"lr": None}, "lr must be a number at least 0, got None"),
        ({"batch_size": 1}, "batch_size must be at least 2, got 1"),
        ({"ema": 2.0}, "ema must be between 0 and 1, got 2.0"),
        ({"label_smoothing": 3}, "label_smoothing must be"),
        ({"layer_decay": 0}, "layer_decay must be"),
        ({"patience": 0}, "patience must be at least 1"),
        ({"first_image_size": 0}, "first_image_size must be at least 1"),
    ],
)
def test_bad_parameters(faces, change, message):
    with pytest.raises(ValueError, match=message):
        CnnAgeGender(**{**QUICK, **change}).fit(*faces)


def test_bad_input(fitted, faces):
    X, Y = faces
    cnn = CnnAgeGender(**QUICK)
    with pytest.raises(ValueError, match="only one class"):
        cnn.fit(X, np.column_stack([Y[:, 0], np.zeros(48)]))
    with pytest.raises(ValueError, match="exactly two"):
        CnnClassifier(**QUICK).fit(X, np.zeros(48))
    with pytest.raises(ValueError, match="age label -1 in row 0 of y"):
        cnn.fit(X, Y - [[Y[0, 0] + 1, 0]])
    with pytest.raises(ValueError, match="age label 200 in row 3 of calibrate"):
        cnn.fit(X, Y, calibrate=(X, np.where(np.arange(48)[:, None] == 3, [[200, 1]], Y)))
    with pytest.raises(ValueError, match="gender must be 0"):
        cnn.fit(X, Y * [[1, 2]])
    with pytest.raises(ValueError, match="y must have the two columns"):
        cnn.fit(X, Y[:, 0])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        cnn.fit(X, Y[:-1])
    with pytest.raises(ValueError, match="NaN"):
        fitted.predict(np.full((1, 48, 48, 3), np.nan))
    with pytest.raises(ValueError, match=r"select must be a pair \(select_X, select_y\)"):
        cnn.fit(X, Y, select=X)
    with pytest.raises(ValueError, match="4 channels"):
        fitted.predict(np.zeros((1, 48, 48, 4), np.uint8))
    with pytest.raises(ValueError, match="0 sample"):
        fitted.predict(X[:0])
    other_size = np.zeros((2, 70, 70, 3), np.uint8)
    assert fitted.predict(other_size).shape == (2, 2)
