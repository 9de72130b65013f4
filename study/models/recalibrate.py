"""Age intervals recalibrated to other people's photos, with a few labelled faces of theirs.

Each arm of an interval is multiplied by one factor. The factor is a quantile of how far, in arms
of its own interval, each labelled age lies from its estimate: split conformal prediction with a
normalised score, so that the new intervals hold their level for faces drawn like the labelled ones.

References
----------
Papadopoulos, Gammerman and Vovk, "Normalized nonconformity measures for regression conformal
prediction", 2008; Romano, Patterson and Candès, "Conformalized quantile regression", 2019.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from basis.faces import OLDEST_AGE

SIZES = (20, 50, 100, 200)
DRAWS = 200


def _arms(predicted: np.ndarray, interval: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where an interval's arms begin, and their lengths below and above, years.

    They begin at the estimate; where that lies outside its own interval, which a calibration by
    age can do, in the middle of it: an arm of negative length would shrink as it is widened.
    """
    low, high = interval[:, 0], interval[:, 1]
    inside = (low <= predicted) & (predicted <= high)
    centre = np.where(inside, predicted, (low + high) / 2)
    return centre, np.maximum(centre - low, 1e-3), np.maximum(high - centre, 1e-3)


def scores(age: np.ndarray, predicted: np.ndarray, interval: np.ndarray) -> np.ndarray:
    """Return by how much the arms of its interval must grow to reach each age, shape (n,)."""
    centre, below, above = _arms(predicted, interval)
    return np.where(age < centre, (centre - age) / below, (age - centre) / above)


def factor(score: np.ndarray, level: float = 0.9) -> float:
    """Return the factor for the arms: the ``ceil((k + 1) level)``-th smallest of k scores."""
    rank = math.ceil((len(score) + 1) * level - 1e-9)
    if rank > len(score):
        raise ValueError(f"{len(score)} labelled faces are too few for intervals of {level:.0%}")
    return float(np.sort(score)[rank - 1])


def widened(predicted: np.ndarray, interval: np.ndarray, times: float) -> np.ndarray:
    """Return intervals ``(n, 2)`` with both arms multiplied, within 0 and the oldest age."""
    centre, below, above = _arms(predicted, interval)
    ends = np.stack([centre - times * below, centre + times * above], axis=1)
    return np.clip(ends, 0.0, OLDEST_AGE)


def measure(
    age: np.ndarray, predicted: np.ndarray, interval: np.ndarray, level: float = 0.9
) -> pd.DataFrame:
    """Try the recalibration: draw k faces, set the factor, look at all the others; repeat.

    Columns ``k`` (0: the intervals as they are), ``draw``, ``factor``, ``n`` (faces looked at),
    ``coverage`` (share), ``width`` (mean, years). Sizes that leave fewer than 50 faces to look at
    are left out.
    """
    score = scores(age, predicted, interval)
    plain = (interval[:, 1] - interval[:, 0]).mean()
    inside = (age >= interval[:, 0]) & (age <= interval[:, 1])
    rows = [(0, 0, 1.0, len(age), float(inside.mean()), float(plain))]
    for k in (size for size in SIZES if len(age) - size >= 50):
        for draw in range(DRAWS):
            order = np.random.default_rng([k, draw]).permutation(len(age))
            times, rest = factor(score[order[:k]], level), order[k:]
            new = widened(predicted[rest], interval[rest], times)
            held = (age[rest] >= new[:, 0]) & (age[rest] <= new[:, 1])
            width = float((new[:, 1] - new[:, 0]).mean())
            rows.append((k, draw, times, len(rest), float(held.mean()), width))
    return pd.DataFrame(rows, columns=["k", "draw", "factor", "n", "coverage", "width"])
