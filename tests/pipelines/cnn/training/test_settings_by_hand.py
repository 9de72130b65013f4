"""Ranges of parameters, sizes of epochs, devices and memory: each border from both sides."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

from pipelines.cnn.training.settings import (
    TrainingRecord,
    check_settings,
    choose_device,
    choose_precision,
    explained_memory,
    image_sizes,
    torch_threads,
)

WHOLE = {
    "image_size": 1, "first_image_size": 1, "epochs": 1, "batch_size": 2, "freeze_stages": 0,
    "patience": 1, "members": 1,
}  # fmt: skip
UPWARDS = ("lr", "weight_decay", "mixup", "gender_weight")
BETWEEN = {
    "layer_decay": (0.001, 1), "dropout": (0, 0.99), "drop_path": (0, 0.99),
    "label_smoothing": (0, 0.99), "ema": (0, 1), "match_sharpness": (0, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_from_their_lowest(name):
    lowest = WHOLE[name]
    for good in (lowest, np.int64(lowest + 1), 10**9):
        check_settings({name: good})
    message = f"^{name} must be at least {lowest}, got {lowest - 1}$"
    with pytest.raises(ValueError, match=message):
        check_settings({name: lowest - 1})
    for bad in (2.0, True, "2"):
        with pytest.raises(ValueError, match=f"^{name} must be an integer at least {lowest}, got"):
            check_settings({name: bad})


@pytest.mark.parametrize("name", UPWARDS)
def test_numbers_from_zero(name):
    for good in (0, 0.5, 1e9):
        check_settings({name: good})
    with pytest.raises(ValueError, match=f"^{name} must be at least 0, got -1e-09$"):
        check_settings({name: -1e-9})
    with pytest.raises(ValueError, match=f"^{name} must be a number at least 0, got False$"):
        check_settings({name: False})
    with pytest.raises(ValueError, match="got nan"):
        check_settings({name: float("nan")})


@pytest.mark.parametrize("name", BETWEEN)
def test_shares(name):
    low, high = BETWEEN[name]
    for good in (low, 0.5, high):
        check_settings({name: good})
    for bad in (low - 1e-4, high + 1e-4):
        with pytest.raises(ValueError, match=rf"^{name} must be between {low:g} and {high:g}, got"):
            check_settings({name: bad})


def test_nothing_is_a_value_for_some():
    for name in {*WHOLE, *UPWARDS, *BETWEEN}:
        if name in {"first_image_size", "ema", "patience", "match_sharpness"}:
            check_settings({name: None})
        else:
            with pytest.raises(ValueError, match=f"{name} must be .*, got None"):
                check_settings({name: None})
    check_settings({"backbone": "anything"})


def test_sizes_of_the_epochs_in_steps_of_sixteen():
    """They grow over three fourths of the training."""
    assert image_sizes(64, 128, 8) == [64, 80, 96, 96, 112, 128, 128, 128]
    assert image_sizes(40, 100, 4) == [40, 64, 96, 100]
    assert image_sizes(32, 64, 1) == [32]
    assert image_sizes(32, 64, 2) == [32, 64]
    assert image_sizes(None, 96, 3) == [96, 96, 96]


def test_memory_that_is_out_is_explained():
    for words in ("CUDA out of memory.", "not enough memory: you tried", "Can't allocate memory"):
        message = "batches of 9 images of 64 px: try batch_size=4 or a smaller image_size"
        with pytest.raises(MemoryError, match=message), explained_memory(9, 64):
            raise RuntimeError(words)
    with pytest.raises(MemoryError, match="batch_size=2 "), explained_memory(3, 64):
        raise RuntimeError("out of memory")
    with pytest.raises(RuntimeError, match="another") as found, explained_memory(9, 64):
        raise RuntimeError("another fault")
    assert not isinstance(found.value, MemoryError)


def test_the_device_at_hand(monkeypatch):
    for present, device in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda present=present: present)
        assert choose_device("auto") == device
        assert choose_device("cuda:1") == "cuda:1"


@pytest.mark.parametrize("amx", [True, False])
@pytest.mark.parametrize("avx", [True, False])
@pytest.mark.parametrize("gpu", [True, False])
def test_bfloat16_where_it_is_multiplied(monkeypatch, amx, avx, gpu):
    asked = []
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx)
    monkeypatch.setattr(
        torch.cuda,
        "is_bf16_supported",
        lambda including_emulation: asked.append(including_emulation) or gpu,
    )
    for device, fast in (("cpu", amx or avx), ("cuda:0", gpu)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert choose_precision("auto", device) == ("bf16" if fast else "fp32")
            assert choose_precision("fp32", device) == "fp32"
            if fast:
                assert choose_precision("bf16", device) == "bf16"
        if not fast:
            with pytest.warns(UserWarning, match="emulated and slow") as told:
                assert choose_precision("bf16", device) == "bf16"
            assert told[0].filename == __file__
    assert asked == [False, False]


def test_threads_are_given_back_after_an_error():
    before = torch.get_num_threads()
    with pytest.raises(KeyError), torch_threads(1):
        assert torch.get_num_threads() == 1
        raise KeyError
    assert torch.get_num_threads() == before


def test_a_record_begins_empty():
    one, two = (TrainingRecord({"kind": "random"}, "fp32", "cpu", 3) for _ in range(2))
    assert (one.best_epochs, one.history, one.seconds_before) == ([], [], 0.0)
    one.history.append({})
    assert two.history == []
