"""Percentile bootstrap of the metrics that are no means: median error, R2, gender AUC.

Each of them is a function of a short histogram: how many faces lie below some ranks, or how many
women and men in each bin of the score. So a thousand draws are one product of the counts matrix
with the groups' histograms, as for means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reports.panel import Panel, SeedAnswers

from .intervals import MIN_GROUPS
from .metrics import METRICS
from .resampling import counts, draws_for, generator

Array = NDArray[np.float64]
Draws = dict[tuple[str, str], Array]
_MEDIAN_BINS = 32
_AUC_BINS = 32


@dataclass(frozen=True)
class _Histogram:
    """What a metric needs of one seed: a column table by group, and a function of its sums."""

    metric: str
    table: NDArray[np.float32]
    finish: Callable[[Array], Array]


def percentile_draws(panel: Panel) -> Draws:
    """Bootstrap median error, R2 and AUC of every contender over groups.

    Returns
    -------
    dict
        ``(metric, contender)`` -> the metric of each draw, averaged over seeds, shape (draws,);
        empty with fewer than five groups.
    """
    n_groups = int(panel.group.max()) + 1
    if n_groups < MIN_GROUPS:
        return {}
    draws = draws_for(n_groups)
    blocks = [b.astype(np.uint8) for b in counts(n_groups, draws, generator("percentile"))]
    out: Draws = {}
    for contender, answers in panel.answers.items():
        seeds: dict[str, list[Array]] = {}
        for histogram in _histograms(panel, answers, n_groups):
            sums = np.concatenate([b.astype(np.float32) @ histogram.table for b in blocks])
            seeds.setdefault(histogram.metric, []).append(histogram.finish(sums.astype(float)))
        out |= {(metric, contender): np.mean(rows, axis=0) for metric, rows in seeds.items()}
    return out


def _histograms(panel: Panel, answers: SeedAnswers, n_groups: int) -> Iterator[_Histogram]:
    for row in range(len(answers.seeds)):
        known = np.flatnonzero(np.isfinite(answers.age[row]))
        if not len(known):
            continue
        group, age = panel.group[known], panel.age[known]
        error = np.abs(answers.age[row][known] - age)
        yield _median(error, group, n_groups)
        yield _r2(age, error, group, n_groups)
        female, p = panel.female[known], answers.p_female[row][known]
        if 0 < female.mean() < 1:
            yield _auc(female, p, group, n_groups)


def _table(
    bins: NDArray[np.int64], group: NDArray[np.int64], n_groups: int, n_bins: int
) -> NDArray[np.float32]:
    flat = np.bincount(group * n_bins + bins, minlength=n_groups * n_bins)
    return flat.reshape(n_groups, n_bins).astype(np.float32)


def _median(error: Array, group: NDArray[np.int64], n_groups: int) -> _Histogram:
    """Count faces below ranks around the middle (6 standard errors wide), interpolate between."""
    ranked, n = np.sort(error), len(error)
    reach = min(n / 2, 6 * np.sqrt(n) + 10)
    ranks = np.unique(np.linspace(n / 2 - reach, n / 2 + reach, _MEDIAN_BINS + 1).astype(int))
    near = np.unique(ranked[np.clip(np.arange(ranks[0], ranks[-1] + 1), 0, n - 1)])
    exact = len(near) <= _MEDIAN_BINS  # few distinct errors: no need to interpolate
    edges = near if exact else np.unique(ranked[np.clip(ranks, 0, n - 1)])
    bins = np.searchsorted(edges, error, side="left")  # bin k holds errors in (edge k-1, edge k]

    def finish(sums: Array) -> Array:
        below = np.cumsum(sums, axis=1)
        half = below[:, -1] / 2
        at = np.clip((below < half[:, None]).sum(axis=1), 0 if exact else 1, len(edges) - 1)
        rows = np.arange(len(sums))
        if exact:
            return edges[at]
        start, stop = below[rows, at - 1], below[rows, at]
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.clip(np.nan_to_num((half - start) / (stop - start)), 0, 1)
        return edges[at - 1] + part * (edges[at] - edges[at - 1])

    if len(edges) < 2:
        return _Histogram(
            "median_error",
            np.ones((n_groups, 1), np.float32),
            lambda sums: np.full(len(sums), ranked[n // 2]),
        )
    return _Histogram("median_error", _table(bins, group, n_groups, len(edges) + 1), finish)


def _r2(age: Array, error: Array, group: NDArray[np.int64], n_groups: int) -> _Histogram:
    centred = age - age.mean()
    columns = (np.ones_like(age), centred, centred**2, error**2)
    table = np.stack([np.bincount(group, c, n_groups) for c in columns], axis=1)

    def finish(sums: Array) -> Array:
        n, one, two, residual = sums.T
        with np.errstate(invalid="ignore", divide="ignore"):
            return 1 - residual / (two - one**2 / n)

    return _Histogram("r2", table.astype(np.float32), finish)


def _auc(female: Array, p: Array, group: NDArray[np.int64], n_groups: int) -> _Histogram:
    """Mann-Whitney on 32 rank bins; what lies within bins is added as a constant."""
    code = np.unique(p, return_inverse=True)[1]
    share = np.cumsum(np.bincount(code)) / len(p)
    bins = np.minimum((share[code] * _AUC_BINS).astype(int), _AUC_BINS - 1)
    table = _table(2 * bins + female.astype(int), group, n_groups, 2 * _AUC_BINS)

    def binned(sums: Array) -> Array:
        men, women = sums[:, ::2], sums[:, 1::2]
        below = np.cumsum(men, axis=1) - men / 2
        with np.errstate(invalid="ignore", divide="ignore"):
            return (women * below).sum(axis=1) / (women.sum(axis=1) * men.sum(axis=1))

    within = METRICS["auc"](female, p) - binned(table.sum(axis=0, dtype=float)[None])[0]
    return _Histogram("auc", table, lambda sums: binned(sums) + within)
