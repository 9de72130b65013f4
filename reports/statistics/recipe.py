"""Intervals put together from others: over faces and seeds, and over independent parts.

References
----------
Zou and Donner (2008), MOVER.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from .quantiles import LEVEL


def recipe_interval(
    value: float, low: float, high: float, *seeds: Sequence[float]
) -> tuple[float, float]:
    """Widen an interval over faces by what the seed of the training does.

    Parameters
    ----------
    value, low, high : float
        The mean over seeds, or the difference of two such means, and its interval over faces.
    *seeds : sequence of float
        The number of each seed, of one contender or of both.

    Returns
    -------
    low, high : float
        NaN with fewer than three seeds of a contender, which cannot tell how much a seed does.

    Notes
    -----
    MOVER: the arm over faces and the arm over seeds (Student's t, for two contenders Welch's) add
    as the sides of a right angle (Zou and Donner, 2008). The interval is about the recipe: other
    faces and another training.

    Examples
    --------
    >>> low, high = recipe_interval(5.0, 4.8, 5.3, [4.9, 5.0, 5.1])
    >>> round(low, 2), round(high, 2)
    (4.68, 5.39)
    """
    known = [np.asarray([s for s in each if np.isfinite(s)], float) for each in seeds]
    if min(len(k) for k in known) < 3:
        return np.nan, np.nan
    parts = np.array([k.var(ddof=1) / len(k) for k in known])
    total = float(parts.sum())
    if total == 0:
        return low, high
    freedom = total**2 / sum(v**2 / (len(k) - 1) for v, k in zip(parts, known, strict=True))
    arm = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * np.sqrt(total)
    return value - float(np.hypot(value - low, arm)), value + float(np.hypot(high - value, arm))


def mover_mean(parts: list[tuple[float, float, float]]) -> tuple[float, float, float]:
    """Combine independent estimates ``(value, low, high)`` to their mean (Zou and Donner)."""
    values, lows, highs = (np.array(column, float) for column in zip(*parts, strict=True))
    k, mean = len(parts), float(values.mean())
    low = mean - float(np.sqrt(((values - lows) ** 2).sum())) / k
    high = mean + float(np.sqrt(((highs - values) ** 2).sum())) / k
    return mean, low, high
