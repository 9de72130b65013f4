"""Are all levels of a breakdown alike? A permutation test, one adjustment for all of them.

Levels of 30 faces and shares near one are far from normal: a Wald test of them reported a gap on
one page in five where there was none. Shuffling which face has which level needs no such theory.

References
----------
Westfall and Young (1993), step-down max-T; Wilson and Hilferty (1931), the scale on which tests of
different numbers of levels are compared; Kish (1965), design effects.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .intervals import MIN_GROUPS, group_sums
from .resampling import DRAWS, MANY_GROUPS

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
_BLOCK = 16  # shuffles that share one matrix product


def equal_levels(
    levels: list[Codes], values: Array, groups: Codes, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Test whether values have one mean over the levels of each breakdown.

    Parameters
    ----------
    levels : list of B ndarrays of shape (n,)
        Level of each face, from 0; -1 for a face that takes no part.
    values : ndarray of shape (n, K)
        Without NaN.
    groups : ndarray of shape (n,)
    rng : numpy.random.Generator

    Returns
    -------
    p, p_all : ndarray of shape (B, K)
        Of each test alone, and adjusted for all B x K of them; NaN where fewer than two levels or
        too few groups are left.

    Notes
    -----
    The statistic is the sum of squares between levels over the variance of a face. Faces are
    shuffled, all breakdowns and columns of values together; that groups share a fate is in the
    design effect (group-robust over plain variance of the levels' means, at least 1), by which the
    observed statistic is divided.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> level = np.repeat([0, 1, 2], 40)
    >>> values = rng.normal(size=(120, 2))
    >>> values[level == 2, 1] += 2
    >>> p, p_all = equal_levels([level], values, np.arange(120), rng)
    >>> bool(p_all[0, 1] < 0.001 < 0.05 < p_all[0, 0])
    True
    """
    centred = values - values.mean(axis=0)
    centred = centred / np.where(values.std(axis=0) > 0, values.std(axis=0), 1)
    sizes = [np.bincount(level[level >= 0]) for level in levels]
    starts = np.cumsum([0, *(len(size) for size in sizes)])
    member = np.zeros((len(values), starts[-1]), np.float32)
    for level, start in zip(levels, starts, strict=False):
        inside = np.flatnonzero(level >= 0)
        member[inside, start + level[inside]] = 1

    def statistics(sums: Array) -> Array:
        """Return the statistic of every breakdown (b, B, K) from sums by level (b, L, K)."""
        out = []
        for size, start in zip(sizes, starts, strict=False):
            part = sums[:, start : start + len(size)]
            between = (part**2 / np.maximum(size, 1)[:, None]).sum(axis=1)
            between = between - part.sum(axis=1) ** 2 / max(size.sum(), 1)
            out.append(_comparable(between, int((size > 0).sum()) - 1))
        return np.stack(out, axis=1)

    effects = np.stack([_design_effect(level, centred, groups) for level in levels])
    sums = (member.T @ centred)[None]
    plain = [sums[:, a : a + len(size)] for a, size in zip(starts, sizes, strict=False)]
    scaled = [part / np.sqrt(e) for part, e in zip(plain, effects, strict=True)]
    observed = statistics(np.concatenate(scaled, axis=1))[0] - 1e-4
    usable = np.array([(size > 0).sum() > 1 for size in sizes])[:, None] & (values.std(axis=0) > 0)
    usable &= len(np.unique(groups)) >= MIN_GROUPS
    draws = DRAWS if len(values) <= MANY_GROUPS else DRAWS // 4
    shuffled = (statistics(s) for s in _shuffles(member, centred, draws, rng))
    return _step_down(np.where(usable, observed, -np.inf), usable, shuffled)


def _comparable(between: Array, freedom: int) -> Array:
    """Bring chi-squares of different freedom on one scale, that of a standard normal value."""
    if freedom < 1:
        return np.zeros_like(between)
    ninth = 2 / (9 * freedom)
    cube = np.cbrt(np.maximum(between, 0) / freedom)
    return np.asarray((cube - (1 - ninth)) / np.sqrt(ninth))


def _design_effect(level: Codes, values: Array, groups: Codes) -> Array:
    """Return how much groups inflate the variance of the levels' means, shape (K,), at least 1."""
    robust, plain = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    for code in np.unique(level[level >= 0]):
        mine = level == code
        sums = group_sums(values[mine], groups[mine])
        robust += mine.sum() * np.nan_to_num(sums.variance)
        plain += values[mine].var(axis=0, ddof=1) if mine.sum() > 1 else 0
    return np.maximum(robust / np.where(plain > 0, plain, 1), 1.0)


def _shuffles(
    member: NDArray[np.float32], values: Array, draws: int, rng: np.random.Generator
) -> Iterator[Array]:
    """Yield blocks (b, L, K) of sums by level, faces shuffled."""
    small = values.astype(np.float32)
    for start in range(0, draws, _BLOCK):
        count = min(_BLOCK, draws - start)
        table = np.concatenate([small[rng.permutation(len(small))] for _ in range(count)], axis=1)
        sums = (member.T @ table).astype(float)
        yield sums.reshape(len(sums), count, -1).transpose(1, 0, 2)


def _step_down(
    observed: Array, usable: NDArray[np.bool_], shuffled: Iterator[Array]
) -> tuple[Array, Array]:
    flat = observed.ravel()
    order = np.argsort(-flat, kind="stable")
    alone, stepped, draws = np.zeros(len(flat)), np.zeros(len(flat)), 0
    for block in shuffled:
        found = np.where(usable, block, -np.inf).reshape(len(block), -1)
        alone += (found >= flat).sum(axis=0)
        # the largest among this test and all less extreme ones
        running = np.maximum.accumulate(found[:, order[::-1]], axis=1)[:, ::-1]
        stepped += (running >= flat[order]).sum(axis=0)
        draws += len(block)
    p, adjusted = (1 + alone) / (1 + draws), np.empty(len(flat))
    adjusted[order] = np.maximum.accumulate((1 + stepped) / (1 + draws))
    ends = (np.where(usable.ravel(), v, np.nan) for v in (p, np.maximum(adjusted, p)))
    first, second = (v.reshape(observed.shape) for v in ends)
    return first, second
