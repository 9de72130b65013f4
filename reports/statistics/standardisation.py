"""Direct standardisation: error by pose as if every pose bin held the same ages and genders.

In collected pictures pose goes together with age. The standardised error of a pose bin averages
the error in ``age_class`` x ``gender`` strata with one set of weights, the shares of these strata
among all faces of known pose. A stratum too thin in some bin is first joined with a neighbouring
age class of the same gender; only what is still thin falls out of the common support.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.preprocessing import SplineTransformer

from reports.panel import Panel

Array = NDArray[np.float64]
MIN_STRATUM = 5
MIN_COVERAGE = 0.70
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Standard:
    """Weights that give every compared pose bin the same ages and genders.

    ``raw_only`` bins would push the covered share below 70%. ``coverage`` is the share of the
    population (faces of known pose) in the strata that all ``bins`` hold. ``weights`` are ``w_s /
    n_bs`` for a face of stratum s in bin b, 0 outside the common support: the weighted mean over a
    bin is its standardised mean.
    """

    bins: list[str]
    raw_only: list[str]
    coverage: float
    weights: Array


def strata(panel: Panel) -> NDArray[np.int64]:
    """Return the code of each face's ``age_class`` x ``gender`` stratum, shape (n,)."""
    return panel.faces["age_class"].cat.codes.to_numpy(np.int64) * 2 + panel.female.astype(int)


def merged_strata(stratum: NDArray[np.int64], pose: pd.Series) -> NDArray[np.int64]:
    """Join strata that are thin in some occupied pose bin with a neighbouring age class.

    Strata are ``2 * age_class + gender`` (``strata``); joined ones share the smallest code. Of one
    gender, the thinnest stratum (fewest faces in its emptiest bin) is joined with the neighbour
    that has fewer faces, until every stratum holds 5 faces in every bin or two age groups are left:
    a standardisation over one would be none.
    """
    levels = [v for v in pose.cat.categories if str(v) != UNKNOWN]
    occupied = [v for v in levels if (pose == v).any()]
    if len(occupied) < 2:
        return stratum
    bins = np.stack([(pose == v).to_numpy() for v in occupied])
    out = stratum.copy()
    for gender in (0, 1):
        groups = [[s] for s in np.unique(stratum[stratum % 2 == gender])]
        while len(groups) > 2:
            counts = [(bins & np.isin(stratum, g)).sum(axis=1) for g in groups]
            thin = int(np.argmin([c.min() for c in counts]))
            if counts[thin].min() >= MIN_STRATUM:
                break
            near = [k for k in (thin - 1, thin + 1) if 0 <= k < len(groups)]
            other = min(near, key=lambda k: counts[k].sum())
            first, second = sorted((thin, other))
            groups[first] += groups.pop(second)
        for group in groups:
            out[np.isin(stratum, group)] = min(group)
    return out


def standardise(stratum: NDArray[np.int64], pose: pd.Series) -> Standard:
    """Find the common support and its weights.

    A stratum is in the support if every compared bin holds at least 5 of its faces; pose
    ``unknown`` is never compared. While the support covers less than 70% of the population, the bin
    whose removal raises the share most (the smaller one in a tie) is taken out of the comparison.
    """
    levels = [str(level) for level in pose.cat.categories]
    codes = pose.cat.codes.to_numpy()
    known = (codes >= 0) & ~np.isin(codes, [i for i, v in enumerate(levels) if v == UNKNOWN])
    table = np.zeros((len(levels), int(stratum.max(initial=0)) + 1))
    np.add.at(table, (codes[known], stratum[known]), 1)
    population = table.sum(axis=0) / max(table.sum(), 1)
    occupied = [b for b in range(len(levels)) if table[b].sum() > 0]

    def covered(bins: list[int]) -> float:
        return float(population[(table[bins] >= MIN_STRATUM).all(axis=0)].sum()) if bins else 0.0

    compared = list(occupied)
    while len(compared) > 1 and covered(compared) < MIN_COVERAGE:
        gains = [
            (covered([b for b in compared if b != out]), -table[out].sum(), out) for out in compared
        ]
        compared.remove(max(gains)[2])
    support = np.zeros(table.shape[1], bool)
    if compared:
        support = np.all(table[compared] >= MIN_STRATUM, axis=0)
    share = np.where(support, population, 0)
    weights = np.zeros(len(codes))
    inside = known & np.isin(codes, compared) & support[stratum]
    weights[inside] = share[stratum[inside]] / share.sum() / table[codes[inside], stratum[inside]]
    return Standard(
        [levels[b] for b in compared],
        [levels[b] for b in occupied if b not in compared],
        covered(compared),
        weights,
    )


def regression_check(panel: Panel, error: Array, column: str) -> pd.DataFrame:
    """Regress the absolute error on age (cubic spline), gender and pose; group-robust errors.

    It uses every face of known pose and no strata. Columns ``level``, ``n``, ``effect`` (years
    against the first occupied bin), ``low``, ``high``; empty if fewer than two pose bins hold five
    faces.
    """
    pose = panel.faces[column]
    counts = pose[np.isfinite(error)].value_counts()
    levels = [v for v in pose.cat.categories if v != UNKNOWN and counts.get(v, 0) >= MIN_STRATUM]
    if len(levels) < 2:
        return pd.DataFrame(columns=["level", "n", "effect", "low", "high"])
    use = pose.isin(levels).to_numpy() & np.isfinite(error)
    dummies = np.stack([(pose[use] == v).to_numpy(float) for v in levels[1:]], axis=1)
    spline = SplineTransformer(n_knots=5, degree=3, knots="quantile", include_bias=False)
    design = np.concatenate(
        [
            np.ones((int(use.sum()), 1)),
            dummies,
            panel.female[use].reshape(-1, 1),
            spline.fit_transform(panel.age[use].reshape(-1, 1)),
        ],
        axis=1,
    )
    beta, se = cluster_ols(design, error[use], panel.group[use])
    effect, se = beta[1 : len(levels)], se[1 : len(levels)]
    return pd.DataFrame(
        {
            "level": [str(v) for v in levels],
            "n": [int(counts[v]) for v in levels],
            "effect": [0.0, *effect],
            "low": [np.nan, *(effect - 1.96 * se)],
            "high": [np.nan, *(effect + 1.96 * se)],
        }
    )


def cluster_ols(design: Array, y: Array, groups: NDArray[np.int64]) -> tuple[Array, Array]:
    """Return coefficients of least squares and their cluster-robust (CR1) standard errors."""
    n, p = design.shape
    bread = np.linalg.pinv(design.T @ design)
    beta = bread @ design.T @ y
    _, codes = np.unique(groups, return_inverse=True)
    n_groups = int(codes.max()) + 1
    scores = np.zeros((n_groups, p))
    np.add.at(scores, codes, design * (y - design @ beta)[:, None])
    if n_groups < 2 or n <= p:
        return beta, np.full(p, np.nan)
    factor = n_groups / (n_groups - 1) * (n - 1) / (n - p)
    covariance = factor * bread @ (scores.T @ scores) @ bread
    return beta, np.sqrt(np.clip(np.diag(covariance), 0, None))
