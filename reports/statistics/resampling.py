"""Resampling by group, as matrix products.

A bootstrap draw is a vector of how often each group was drawn; a statistic that is a ratio of
sums needs only the sums of each group. So a thousand draws of a hundred statistics are one product
of a counts matrix with a matrix of group sums. Group sign-flips are the same with signs.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
DRAWS = 2_000
MANY_GROUPS = 4_000
FLIPS = 10_000
_CHUNK = 6_000_000  # entries of a counts matrix held at once: 24 MB


def generator(*labels: object) -> np.random.Generator:
    """Return a generator seeded by the labels, so that no number depends on the order of work."""
    return np.random.default_rng(zlib.crc32(repr(labels).encode()))


def draws_for(n_groups: int) -> int:
    """Return the bootstrap draws for so many groups: 2,000, and 1,000 above 4,000 groups.

    With thousands of groups the studentised mean is all but normal; a thousand draws place the
    ends of the interval within 4% of its half width.
    """
    return DRAWS if n_groups <= MANY_GROUPS else DRAWS // 2


def totals(values: Array, codes: NDArray[np.int64], n_groups: int) -> Array:
    """Sum rows of ``values`` (n, K) by group code; returns (n_groups, K)."""
    columns = [np.bincount(codes, values[:, k], n_groups) for k in range(values.shape[1])]
    return np.stack(columns, axis=1) if columns else np.zeros((n_groups, 0))


def counts(n_groups: int, draws: int, rng: np.random.Generator) -> Iterator[NDArray[np.float32]]:
    """Yield chunks (b, n_groups) of how often each group was drawn with replacement."""
    rows = max(1, _CHUNK // max(n_groups, 1))
    for start in range(0, draws, rows):
        block = min(rows, draws - start)
        drawn = rng.integers(n_groups, size=(block, n_groups), dtype=np.int32)
        out = np.empty((block, n_groups), np.float32)
        for row in range(block):
            out[row] = np.bincount(drawn[row], minlength=n_groups)
        yield out


def sign_flip_p(differences: Array, rng: np.random.Generator, flips: int = FLIPS) -> Array:
    """Two-sided p of each column's sum under random signs of the groups.

    ``differences`` ``(G, K)`` are sums over a group's faces of the paired difference of two
    contenders. If these are equally good, swapping their names within a group changes nothing: each
    group's difference keeps its size and takes a random sign, in all columns together. Sums are in
    single precision: within 1e-5 of the observed one they count as ties, that is as extreme. p is
    ``(1 + draws at least as extreme) / (1 + draws)``, never zero (Phipson and Smyth, 2010).
    """
    tolerance = 1e-5 * np.abs(differences).sum(axis=0) / max(np.sqrt(len(differences)), 1)
    observed = np.abs(differences.sum(axis=0)) - tolerance
    extreme = np.zeros(differences.shape[1])
    for sums in flipped_sums(differences, rng, flips):
        extreme += (np.abs(sums) >= observed).sum(axis=0)
    return (1 + extreme) / (1 + flips)


def flipped_sums(
    differences: Array, rng: np.random.Generator, flips: int = FLIPS
) -> Iterator[Array]:
    """Yield chunks (b, K) of the columns' sums under random signs of the groups (rows)."""
    n_groups = len(differences)
    observed, small = differences.sum(axis=0), differences.astype(np.float32)
    rows = max(8, _CHUNK // max(n_groups, 1))
    for start in range(0, flips, rows):
        block = min(rows, flips - start)
        raw = np.frombuffer(rng.bytes(block * ((n_groups + 7) // 8)), np.uint8)
        bits = np.unpackbits(raw.reshape(block, -1), axis=1, count=n_groups)
        yield 2.0 * (bits.astype(np.float32) @ small).astype(float) - observed
