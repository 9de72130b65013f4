"""Decisions before a training (device, precision, threads, sizes) and the record after it."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from joblib import effective_n_jobs


@dataclass
class TrainingRecord:
    """What happened in a training, for provenance, learning curves and reports.

    ``best_epochs``, from 1 and one per member, are those whose weights answer; ``history`` has a
    row per member and epoch; ``seconds_before`` is wall time of epochs that came from checkpoints
    of earlier processes.
    """

    weights: dict[str, str]
    precision: str
    device: str
    n_parameters: int
    best_epochs: list[int] = field(default_factory=list)
    history: list[dict[str, float]] = field(default_factory=list)
    seconds_before: float = 0.0


#: Lowest and highest value of every numeric parameter; None, where it has a meaning, has no range.
_RANGES: dict[str, tuple[float, float]] = {
    "image_size": (1, math.inf),
    "first_image_size": (1, math.inf),
    "epochs": (1, math.inf),
    "batch_size": (2, math.inf),  # one face has no batch statistics
    "lr": (0, math.inf),
    "layer_decay": (1e-3, 1),
    "weight_decay": (0, math.inf),
    "dropout": (0, 0.99),
    "drop_path": (0, 0.99),
    "freeze_stages": (0, math.inf),
    "mixup": (0, math.inf),
    "label_smoothing": (0, 0.99),
    "gender_weight": (0, math.inf),
    "ema": (0, 1),
    "patience": (1, math.inf),
    "members": (1, math.inf),
    "match_sharpness": (0, 1),
}


_WHOLE = {
    "image_size", "first_image_size", "epochs", "batch_size", "freeze_stages", "patience",
    "members",
}  # fmt: skip
_OPTIONAL = {"first_image_size", "ema", "patience", "match_sharpness"}
_CHOICES = {"norm": ("batch", "frozen"), "precision": ("auto", "fp32", "bf16")}


def check_settings(params: Mapping[str, Any]) -> None:
    """``ValueError`` naming the first parameter of a CNN that is no number or outside its range."""
    for name, choices in _CHOICES.items():
        if name in params and params[name] not in choices:
            words = f"{', '.join(choices[:-1])} or {choices[-1]}"
            raise ValueError(f"unknown {name} {params[name]!r}: choose {words}")
    for name, (low, high) in _RANGES.items():
        value = params.get(name)
        if name not in params or (value is None and name in _OPTIONAL):
            continue
        kind, words = (Integral, "an integer") if name in _WHOLE else (Real, "a number")
        bounds = f"at least {low:g}" if high == math.inf else f"between {low:g} and {high:g}"
        if isinstance(value, bool) or not isinstance(value, kind):
            raise ValueError(f"{name} must be {words} {bounds}, got {value!r}")
        if not low <= float(value) <= high:
            raise ValueError(f"{name} must be {bounds}, got {value!r}")


@contextlib.contextmanager
def explained_memory(batch_size: int, image_size: int) -> Iterator[None]:
    """Turn running out of memory into a ``MemoryError`` that says what to change."""
    try:
        yield
    except RuntimeError as error:  # torch.OutOfMemoryError is one; the CPU's has no class
        signs = ("out of memory", "not enough memory", "can't allocate memory")
        if not any(sign in str(error).lower() for sign in signs):
            raise
        raise MemoryError(
            f"out of memory with batches of {batch_size} images of {image_size} px: try "
            f"batch_size={max(2, batch_size // 2)} or a smaller image_size"
        ) from error


@contextlib.contextmanager
def torch_threads(number: int | None) -> Iterator[None]:
    """Run a block with another number of PyTorch threads.

    A negative number is all but so many, as in scikit-learn. None is what PyTorch has set, but
    never more than the process may use (affinity, quota of a container) or than joblib leaves to
    this worker: threads that wait for a core cost ten times what they bring.
    """
    before = torch.get_num_threads()
    allowed = min(before, effective_n_jobs(-1)) if number is None else effective_n_jobs(number)
    torch.set_num_threads(allowed)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def choose_device(device: str) -> str:
    """Return ``cuda`` for ``auto`` where a GPU is present, ``cpu`` elsewhere."""
    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


def choose_precision(precision: str, device: str) -> str:
    """Return ``bf16`` or ``fp32``; ``auto`` takes bf16 where the processor multiplies it.

    bf16 that would be emulated, a hundred times slower, is used with a warning.
    """
    check_settings({"precision": precision})
    if precision == "fp32":
        return precision
    if torch.device(device).type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        fast = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    if precision == "bf16" and not fast:
        warnings.warn(
            "this processor has no bfloat16 arithmetic: precision='bf16' is emulated and slow, "
            "'auto' takes fp32 here",
            stacklevel=2,
        )
    return "bf16" if fast or precision == "bf16" else "fp32"


def image_sizes(first: int | None, last: int, epochs: int) -> list[int]:
    """Return the image side of every epoch: linear in steps of 16 up to 3/4 of the training."""
    if first is None:
        return [last] * epochs
    growing = np.linspace(first, last, max(1, round(0.75 * epochs)))
    sizes = [min(last, max(first, 16 * round(size / 16))) for size in growing]
    return (sizes + [last] * epochs)[:epochs]
