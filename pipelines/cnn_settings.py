"""Decisions before a training (device, precision, threads, sizes) and the record after it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from joblib import effective_n_jobs


@dataclass
class TrainingRecord:
    """What happened in a training, for provenance, learning curves and reports.

    Attributes
    ----------
    weights : dict
        Source of the first weights (kind, location, sha256).
    precision : {'fp32', 'bf16'}
    device : str
    n_parameters : int
        Of all members.
    best_epochs : list of int
        Whose weights answer, from 1, one per member.
    history : list of dict
        One row per member and epoch: ``member, epoch, train_loss, seconds, select_mae,
        select_gender, select_score``.
    seconds_before : float
        Wall time of the epochs that came from checkpoints of earlier processes.
    """

    weights: dict[str, str]
    precision: str
    device: str
    n_parameters: int
    best_epochs: list[int] = field(default_factory=list)
    history: list[dict[str, float]] = field(default_factory=list)
    seconds_before: float = 0.0


@contextlib.contextmanager
def torch_threads(number: int | None) -> Iterator[None]:
    """Run a block with another number of PyTorch threads; negative as in scikit-learn: all but."""
    before = torch.get_num_threads()
    torch.set_num_threads(before if number is None else effective_n_jobs(number))
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

    Raises
    ------
    ValueError
        Unknown precision.
    """
    if precision not in ("auto", "fp32", "bf16"):
        raise ValueError(f"unknown precision {precision!r}: choose auto, fp32 or bf16")
    if precision != "auto":
        return precision
    if torch.device(device).type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    fast = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return "bf16" if fast else "fp32"


def image_sizes(first: int | None, last: int, epochs: int) -> list[int]:
    """Return the image side of every epoch: linear in steps of 16 up to 3/4 of the training."""
    if first is None:
        return [last] * epochs
    growing = np.linspace(first, last, max(1, round(0.75 * epochs)))
    sizes = [min(last, 16 * round(size / 16)) for size in growing]
    return (sizes + [last] * epochs)[:epochs]
