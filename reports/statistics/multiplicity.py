"""One adjustment for the whole page: step-down max-T by sign flips of groups.

Every paired test of a page is a sum over groups of differences. Under the hypothesis that two
contenders are equally good each group's difference takes a random sign, the same for all tests:
so the tests' dependence is kept, and a page of eighty tests does not pay for eighty independent
ones.

References
----------
Westfall and Young (1993), *Resampling-based multiple testing*, step-down max-T (free step-down);
Phipson and Smyth (2010), permutation p values are never zero; Holm (1979).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .resampling import FLIPS, flipped_sums

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PageTests:
    """P values ``(K,)`` of paired tests, each alone (two-sided) and adjusted for the page.

    ``critical`` is what the largest of all standardised sums exceeds in 5% of the flips: a single
    test needs this many standard errors to count on this page.
    """

    p: Array
    p_page: Array
    critical: float


def page_wide(
    differences: Array, rng: np.random.Generator, flips: int = FLIPS, alpha: float = 0.05
) -> PageTests:
    """Test all columns by common sign flips.

    Parameters
    ----------
    differences : ndarray of shape (G, K)
        Sum over a group's faces of the paired difference, one column a test.
    rng : numpy.random.Generator
    flips : int
    alpha : float
        For ``critical``.

    Returns
    -------
    PageTests

    Notes
    -----
    The standardised sum is ``T = sum(d) / sqrt(sum(d^2))``; flips leave the denominator as it is.
    Sums are in single precision: within 1e-5 they count as ties, that is as extreme.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> d = rng.normal([0.0, 1.0], 1, (50, 2))
    >>> found = page_wide(d, rng)
    >>> bool(found.p_page[1] < 0.001 < found.p_page[0])
    True
    """
    k = differences.shape[1]
    if not k or not len(differences):
        return PageTests(np.ones(k), np.ones(k), np.nan)
    scale = np.sqrt((differences**2).sum(axis=0))
    unit = differences / np.where(scale > 0, scale, 1)
    observed = np.abs(unit.sum(axis=0)) - 1e-5
    order = np.argsort(-observed, kind="stable")
    alone, stepped = np.zeros(k), np.zeros(k)
    largest = []
    for sums in flipped_sums(unit, rng, flips):
        sizes = np.abs(sums)
        alone += (sizes >= observed).sum(axis=0)
        # the largest among this test and all less extreme ones
        running = np.maximum.accumulate(sizes[:, order[::-1]], axis=1)[:, ::-1]
        stepped += (running >= observed[order]).sum(axis=0)
        largest.append(running[:, 0])
    p = (1 + alone) / (1 + flips)
    adjusted = np.empty(k)
    adjusted[order] = np.maximum.accumulate((1 + stepped) / (1 + flips))
    critical = float(np.quantile(np.concatenate(largest), 1 - alpha))
    untested = scale == 0
    p[untested], adjusted[untested] = 1.0, 1.0
    return PageTests(p, np.maximum(adjusted, p), critical)


def holm(p: Array) -> Array:
    """Return Holm's adjusted p values: step-down Bonferroni, never above 1 (Holm, 1979).

    NaN stays NaN and does not count.
    """
    p = np.asarray(p, float)
    out = np.full_like(p, np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    steps = np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1))
    out[order] = np.minimum(steps, 1.0)
    return out
