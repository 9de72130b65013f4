"""95% intervals of performance numbers, by the kind of number.

==============================  ============================================================
share (accuracy, CS@k)          Wilson on the effective number of faces
positive mean (MAE, Brier)      studentised (bootstrap-t) over groups, of the logarithm
signed mean (bias, difference)  the wider of Student's t and bootstrap-t, over groups
balanced accuracy               MOVER of two Wilson intervals
difference of two shares        Bonett-Price on the effective number of faces, paired
median, R2, AUC, ECE            ``reports.statistics.whole_intervals``
==============================  ============================================================

All of them resample or count *groups* (duplicates and identities share one), with all seeds of a
face together: they say how much the number of *these fitted models* would move on other faces.
``recipe_interval`` adds how much it moves with the seed. Fewer than ten groups: no interval of a
mean. ``benchmarks/interval_coverage.py`` measures how often each holds.

References
----------
Wilson (1927); Korn and Graubard (1998), effective sample sizes of shares; Efron and Tibshirani
(1993), section 12.5, bootstrap-t, and on choosing a scale for it; Zou and Donner (2008), MOVER;
Bonett and Price (2012), paired differences of shares.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .quantiles import LEVEL, normal, student
from .resampling import counts, draws_for, totals

Array = NDArray[np.float64]
MIN_GROUPS = 10  # below, a bootstrap of a mean says nothing
#: What skewness adds to the arms of means of errors, of their squares, and without a bootstrap.
_ERRORS, _SQUARES, _PLAIN = 0.6, 2.5, 1.5


@dataclass(frozen=True)
class Estimate:
    """One number, its interval, its standard error and the faces it stands on."""

    value: float
    low: float
    high: float
    se: float
    n: int


@dataclass(frozen=True)
class Estimates:
    """K numbers with intervals, group-robust standard errors and faces; NaN where there is none."""

    value: Array
    low: Array
    high: Array
    se: Array
    n: NDArray[np.int64]

    def take(self, k: int) -> Estimate:
        """Return the k-th number."""
        value, low, high, se = (float(c[k]) for c in (self.value, self.low, self.high, self.se))
        return Estimate(value, low, high, se, int(self.n[k]))

    def only(self) -> Estimate:
        """Return the number where there is but one."""
        return Estimate(*(column.item() for column in vars(self).values()))


@dataclass(frozen=True)
class GroupSums:
    """Weighted sums of K columns by group, residuals included.

    ``value`` are weighted means ``(K,)``; ``residual`` and ``weight`` ``(G, K)`` are sums of ``w (v
    - value)`` and of ``w``; ``n_groups`` and ``n`` count groups and faces with any weight.
    """

    value: Array
    residual: Array
    weight: Array
    n_groups: NDArray[np.int64]
    n: NDArray[np.int64]

    @property
    def variance(self) -> Array:
        """Group-robust variance of the means (linearised ratio, factor G / (G - 1))."""
        total = self.weight.sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            factor = np.where(self.n_groups > 1, self.n_groups / (self.n_groups - 1), np.nan)
            return factor * (self.residual**2).sum(axis=0) / total**2


def group_sums(
    values: Array,
    groups: NDArray[np.int64],
    weights: Array | None = None,
    compress: bool = True,
) -> GroupSums:
    """Sum ``values`` (n, K) by group; NaN values get no weight.

    ``compress`` numbers the groups anew, so that none is empty: the bootstrap draws from them.
    Variances need it not, and codes that are nearly all used are quicker as they are.
    """
    present = np.isfinite(values)
    weight = present * (1.0 if weights is None else weights[:, None])
    filled = np.where(present, values, 0.0)
    total = weight.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (weight * filled).sum(axis=0) / total
    if compress or not len(groups) or int(groups.max()) >= 4 * len(groups) or groups.min() < 0:
        _, codes = np.unique(groups, return_inverse=True)
    else:
        codes = np.asarray(groups)
    n_groups = int(codes.max()) + 1 if len(codes) else 0
    residual = totals(weight * (filled - np.nan_to_num(mean)), codes, n_groups)
    by_group = totals(weight, codes, n_groups)
    return GroupSums(mean, residual, by_group, (by_group > 0).sum(axis=0), (weight > 0).sum(axis=0))


def mean_interval(
    values: Array,
    groups: NDArray[np.int64],
    rng: np.random.Generator,
    weights: Array | None = None,
    draws: int | None = None,
    positive: bool | NDArray[np.bool_] = False,
    squared: bool | NDArray[np.bool_] = False,
) -> Estimates:
    """Studentised group-bootstrap intervals of the means of ``values`` (n, K).

    The distribution of ``(mean* - mean) / se*`` over resampled groups replaces Student's t, so that
    skewed errors get the longer upper arm they deserve. The bootstrap knows a tail only as far as
    it was drawn: both arms are widened by ``t / z`` of G - 1 degrees of freedom, and those of
    positive means by ``1 + c skewness^2 / G`` (at most 1.5), which is what simulated errors with
    heavy tails need: c is .6, and 2.5 for ``squared`` errors, whose few largest decide the mean.
    Columns that cannot be negative (``positive``: absolute errors) have intervals made for the
    logarithm, which never reach zero; signed means get at least Student's interval.
    Fewer than ten groups: no interval.
    """
    sums = group_sums(values, groups, weights)
    se = np.sqrt(sums.variance)
    low = np.full(sums.value.shape, np.nan)
    high = low.copy()
    positive = np.broadcast_to(positive, low.shape) & (sums.value > 0)
    tail = np.where(positive, np.where(squared, _SQUARES, _ERRORS), 0.0)
    usable = np.flatnonzero(sums.n_groups >= MIN_GROUPS)
    if usable.size:
        residual, weight = sums.residual[:, usable], sums.weight[:, usable]
        value, positive = sums.value[usable], positive[usable]
        drawn = _studentised(residual, weight, np.where(positive, value, np.nan), rng, draws)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # all-NaN columns: constant values
            ends = np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
        below, above = np.nan_to_num(ends) * _widening(
            residual, sums.n_groups[usable], tail[usable]
        )
        least = student(sums.n_groups[usable] - 1)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            log_low, log_high = (value * np.exp(-t * se[usable] / value) for t in (above, below))
        signed_low = value - np.maximum(above, least) * se[usable]
        signed_high = value - np.minimum(below, -least) * se[usable]
        low[usable] = np.where(positive, log_low, signed_low)
        high[usable] = np.where(positive, log_high, signed_high)
    return Estimates(sums.value, low, high, se, sums.n)


def _widening(residual: Array, n_groups: NDArray[np.int64], tail: Array) -> Array:
    """Return by how much the arms of a bootstrap interval are too short, shape (K,)."""
    wide = student(n_groups - 1) / normal()
    with np.errstate(invalid="ignore", divide="ignore"):
        square = residual * residual
        second = square.sum(axis=0) / n_groups
        skewness = np.nan_to_num((square * residual).sum(axis=0) / n_groups / second**1.5)
    return np.asarray(wide * np.minimum(1 + tail * skewness**2 / np.maximum(n_groups, 1), 1.5))


def _studentised(
    residual: Array,
    weight: Array,
    scale_of: Array,
    rng: np.random.Generator,
    draws: int | None,
) -> Array:
    """Return ``(mean* - mean) / se*`` of shape (draws, K); NaN where a draw has no variance.

    Where ``scale_of`` is finite it is the mean, and the statistic is that of its logarithm.
    """
    n_groups, k = residual.shape
    scale = np.sqrt((residual**2).mean(axis=0)) + 1e-300
    r = residual / scale
    same = bool((weight == weight[:, :1]).all())
    w = weight[:, :1] if same else weight
    size_scale = w.mean(axis=0)
    w = w / size_scale
    # mean* / mean = 1 + delta * ratio
    ratio = scale / size_scale / scale_of
    table = np.concatenate([r, r**2, r * w, w, w**2], axis=1).astype(np.float32)
    out = []
    for block in counts(n_groups, draws or draws_for(n_groups), rng):
        sums = (block @ table).astype(float)
        one, two, cross = sums[:, :k], sums[:, k : 2 * k], sums[:, 2 * k : 3 * k]
        size, size2 = np.split(sums[:, 3 * k :], 2, axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            delta = one / size
            variance = (two - 2 * delta * cross + delta**2 * size2) * n_groups / (n_groups - 1)
            se = np.sqrt(variance) / size
            grown = np.maximum(1 + delta * ratio, 1e-6)
            t = np.where(np.isfinite(ratio), np.log(grown) * grown / ratio / se, delta / se)
        # a draw of (nearly) one repeated group has no spread to studentise by
        out.append(np.where(variance > 1e-4 * n_groups, t, np.nan))
    return np.concatenate(out)


def student_interval(
    values: Array,
    groups: NDArray[np.int64],
    positive: bool = False,
    weights: Array | None = None,
) -> Estimates:
    """Intervals of means without a bootstrap, for charts with hundreds of numbers.

    Student's t on the group-robust standard error, for positive means on the scale of the
    logarithm and widened for skewness as in :func:`mean_interval`, by c = 1.5.
    """
    sums = group_sums(values, groups, weights, compress=False)
    se = np.sqrt(sums.variance)
    use = np.broadcast_to(positive, se.shape) & (sums.value > 0)
    wide = _widening(sums.residual, sums.n_groups, np.where(use, _PLAIN, 0.0)) * normal()
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        factor = np.exp(wide * se / sums.value)
        low = np.where(use, sums.value / factor, sums.value - wide * se)
        high = np.where(use, sums.value * factor, sums.value + wide * se)
    few = sums.n_groups < MIN_GROUPS
    return Estimates(
        sums.value, np.where(few, np.nan, low), np.where(few, np.nan, high), se, sums.n
    )
