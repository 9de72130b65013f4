"""95% intervals of numbers that are no means: median error, R2, gender AUC, calibration error.

Each is linearised: what a face adds to the number (its influence) is a value a face, and the
group-robust variance of these values is that of the number. No bootstrap is needed.

===========  ===========================================================================
median       Woodruff: the Wilson interval of one half, read off the error quantiles
R2           Student's t for log(1 - R2), the ratio of two sums
AUC          Newcombe's score interval, scaled to the variance of DeLong's placements
ECE          the non-central chi-square of the binned squared gaps, inverted
===========  ===========================================================================

References
----------
Woodruff (1952), *Confidence intervals for medians*; DeLong, DeLong and Clarke-Pearson (1988);
Hanley and McNeil (1982) and Newcombe (2006), *Confidence intervals for an effect size measure
based on the Mann-Whitney statistic*, part 2, method 5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats
from scipy.stats import rankdata

from .intervals import MIN_GROUPS, group_sums
from .metrics import calibration_bins
from .quantiles import LEVEL, student
from .shares import effective_n, wilson

Array = NDArray[np.float64]
Span = tuple[float, float]
NOTHING = (np.nan, np.nan)


def influence(name: str, y_true: Array, y_pred: Array) -> Array:
    """Return what each face adds to a metric ('auc', 'r2', ...), mean zero: its linearisation."""
    if name == "auc":
        return _auc_influence(y_true, y_pred)[1]
    if name == "r2":
        centred = (y_true - y_true.mean()) ** 2
        ratio = ((y_pred - y_true) ** 2).sum() / centred.sum()
        return -((y_pred - y_true) ** 2 - ratio * centred) / centred.mean()
    right = ((y_pred >= 0.5) == (y_true == 1)).astype(float)
    out = np.zeros(len(right))
    for gender in (0, 1):
        member = y_true == gender
        out[member] = (right[member] - right[member].mean()) / (2 * member.mean())
    return out


def _auc_influence(female: Array, p: Array) -> tuple[float, Array]:
    positive = female == 1
    n_pos, n_neg = int(positive.sum()), int((~positive).sum())
    ranks = rankdata(p)
    own = np.empty(len(p))
    own[positive], own[~positive] = rankdata(p[positive]), rankdata(p[~positive])
    placement = np.empty(len(p))
    placement[positive] = (ranks - own)[positive] / n_neg  # share of men scored lower
    placement[~positive] = 1 - (ranks - own)[~positive] / n_pos  # share of women scored higher
    area = float(placement[positive].mean())
    share = np.where(positive, n_pos, n_neg) / len(p)
    return area, (placement - area) / share


def _spread(values: Array, groups: NDArray[np.int64]) -> tuple[float, float]:
    """Return the group-robust standard error of a mean and the quantile of Student's t."""
    sums = group_sums(values.reshape(-1, 1), groups, compress=False)
    n_groups = sums.n_groups.item()
    if n_groups < MIN_GROUPS:
        return np.nan, np.nan
    return float(np.sqrt(sums.variance.item())), float(student(n_groups - 1))


def auc_interval(area: float, influences: Array, groups: NDArray[np.int64], female: Array) -> Span:
    """Return Newcombe's score interval of an AUC, with the variance of the faces at hand.

    Parameters
    ----------
    area : float
        Mean over seeds.
    influences : ndarray of shape (n,)
        Averaged over seeds.
    groups : ndarray of shape (n,)
    female : ndarray of shape (n,)
        1 for women, 0 for men.

    Notes
    -----
    The interval holds every area from which the observed one is at most t standard errors away,
    the standard error being that of *this* area (Hanley and McNeil's exponential model, Newcombe's
    method 5), times what groups, seeds and the shape of the scores make of it here: the observed
    group-robust variance of DeLong's placements over the model's. Near 1 neither is known, so both
    are increased by that of a tenth of a pair of faces. Wald intervals on log odds held an area of
    .988 only .90 of the time: a nearly perfect sample has hardly any variance.
    """
    se, t = _spread(influences, groups)
    n_female, n_male = float((female == 1).sum()), float((female == 0).sum())
    if not np.isfinite(se) or not n_female * n_male:
        return NOTHING
    if se == 0 and 0 < area < 1:  # a constant answer: no pair of faces is ranked
        ends = wilson(np.array([area]), np.array([min(n_female, n_male)]))
        return ends[0].item(), ends[1].item()
    pair = 0.1 / (n_female * n_male)
    factor = (se**2 + pair) / (_model_variance(area, n_female, n_male) + pair)

    def too_far(candidate: float) -> float:
        variance = factor * _model_variance(candidate, n_female, n_male)
        return (area - candidate) ** 2 - t**2 * variance

    step = 1e-9
    low = optimize.brentq(too_far, 0, area - step) if area > step else 0.0
    high = optimize.brentq(too_far, area + step, 1) if area < 1 - step else 1.0
    return float(low), float(high)


def _model_variance(area: float, n_female: float, n_male: float) -> float:
    """Return the variance of an AUC under Hanley and McNeil's model, sizes averaged (Newcombe)."""
    more = (n_female + n_male) / 2 - 1
    spread = 1 + more * ((1 - area) / (2 - area) + area / (1 + area))
    return area * (1 - area) * spread / (n_female * n_male)


def r2_interval(value: float, influences: Array, groups: NDArray[np.int64]) -> Span:
    """Return the interval of R2 on the scale of ``log(1 - R2)``."""
    se, t = _spread(influences, groups)
    rest = 1 - value
    if not np.isfinite(se) or rest <= 0:
        return NOTHING
    # few groups know little of the tails of a ratio of squares: simulated errors need this much
    wide = 1 + 1.7 / np.sqrt(len(np.unique(groups)))
    factor = np.exp(wide * t * se / rest)
    return float(1 - rest * factor), float(1 - rest / factor)


def median_interval(errors: Array, groups: NDArray[np.int64]) -> Span:
    """Return Woodruff's interval of a median of errors ``(S, n)``, averaged over seeds."""
    known = np.isfinite(errors)
    if not known.any():
        return NOTHING
    middles = np.array(
        [np.median(e[k]) if k.any() else np.nan for e, k in zip(errors, known, strict=True)]
    )
    below = np.where(known, (errors < middles[:, None]) + 0.5 * (errors == middles[:, None]), 0)
    with np.errstate(invalid="ignore"):
        share = below.sum(axis=0) / known.sum(axis=0)
    sums = group_sums(share.reshape(-1, 1), groups, compress=False)
    if sums.n_groups.item() < MIN_GROUPS:
        return NOTHING
    half = np.array([0.5])
    low, high = (v.item() for v in wilson(half, 0.9 * effective_n(half, sums)))
    # order statistics, outward: between them the interval would be too short
    ends = [
        (np.quantile(e[k], low, method="lower"), np.quantile(e[k], high, method="higher"))
        for e, k in zip(errors, known, strict=True)
        if k.any()
    ]
    low, high = np.mean(ends, axis=0).tolist()
    return low, high


def ece_interval(female: Array, p: Array, groups: NDArray[np.int64]) -> Span:
    """Return the interval of the calibration error on its 15 bins.

    The sum of squared gaps, each over its own variance, is non-central chi-square; its
    non-centrality is inverted for both ends. Faces of one group share a fate: variances carry the
    design effect of the group-robust variance of the overall gap.
    """
    bins = calibration_bins(female, p)
    if len(female) < 30 or len(np.unique(groups)) < MIN_GROUPS:
        return NOTHING
    gap = bins.stated - bins.observed
    single = np.maximum(bins.observed * (1 - bins.observed), 1 / (bins.n + 2)) / bins.n
    sums = group_sums((female - p).reshape(-1, 1), groups)
    plain = float(np.var(female - p)) / len(p)
    design = max(sums.variance.item() / plain, 1.0) if plain > 0 else 1.0
    variance = single * design
    weight = bins.n / bins.n.sum()
    # sum w gap^2 = c * chi2'(nu, lambda): the first two moments fit
    one, two = (weight * variance).sum(), (weight**2 * variance**2).sum()
    c, nu = two / one, one**2 / two
    found = (weight * gap**2).sum() / c
    ends = [_non_centrality(found, nu, q) for q in ((1 + LEVEL) / 2, (1 - LEVEL) / 2)]
    low, high = (float(np.sqrt(max(e, 0.0) * c)) for e in ends)
    return low, high


def _non_centrality(found: float, nu: float, share: float) -> float:
    """Return the non-centrality under which ``found`` is the ``share`` quantile; 0 if none is."""

    def gap(centre: float) -> float:
        return float(stats.ncx2.cdf(found, nu, centre)) - share

    if stats.chi2.cdf(found, nu) <= share:
        return 0.0
    top = found + 10 * np.sqrt(found) + 50
    return float(optimize.brentq(gap, 1e-9, top))
