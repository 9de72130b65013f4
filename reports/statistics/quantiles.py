"""Quantiles that 95% intervals are made of, each computed once: SciPy takes long over one value."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

LEVEL = 0.95


@lru_cache
def normal(level: float = LEVEL) -> float:
    """Return what a standard normal value stays within, either side, at this level."""
    return float(stats.norm.ppf((1 + level) / 2))


@cache
def _student(freedom: int) -> float:
    return float(stats.t.ppf((1 + LEVEL) / 2, freedom))


def student(freedom: ArrayLike) -> NDArray[np.float64]:
    """Return the same of Student's t, by whole degrees of freedom (any shape)."""
    known = np.asarray(freedom)
    return np.array([_student(int(f)) for f in known.ravel()]).reshape(known.shape)
