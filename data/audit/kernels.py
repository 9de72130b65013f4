"""Compiled loops over 256-bit hashes; they release the GIL, so plain threads share the work."""

from __future__ import annotations

import numba
import numpy as np
from numba.core import types
from numba.extending import intrinsic

from basis.compiled import KEPT


@intrinsic
def _popcount(typing_context, word):  # type: ignore[no-untyped-def]
    """Count the set bits of one uint64 with the processor's own instruction."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@numba.njit(nogil=True, cache=KEPT)
def _distance(hashes, i, j):  # type: ignore[no-untyped-def]
    return (
        _popcount(hashes[i, 0] ^ hashes[j, 0])
        + _popcount(hashes[i, 1] ^ hashes[j, 1])
        + _popcount(hashes[i, 2] ^ hashes[j, 2])
        + _popcount(hashes[i, 3] ^ hashes[j, 3])
    )


@numba.njit(nogil=True, cache=KEPT)
def _append(pairs, count, i, j):  # type: ignore[no-untyped-def]
    """Store a pair, doubling the array when it is full; return array and count."""
    if count == len(pairs):
        larger = np.empty((2 * len(pairs), 2), np.int64)
        larger[:count] = pairs
        pairs = larger
    pairs[count, 0] = i
    pairs[count, 1] = j
    return pairs, count + 1


@numba.njit(nogil=True, cache=KEPT)
def pairs_in_rows(hashes, start, stop, threshold):  # type: ignore[no-untyped-def]
    """Return near pairs ``(i, j)`` with ``start <= i < stop`` and ``j > i``, int64 (m, 2)."""
    pairs, count = np.empty((64, 2), np.int64), 0
    for i in range(start, stop):
        for j in range(i + 1, len(hashes)):
            if _distance(hashes, i, j) <= threshold:
                pairs, count = _append(pairs, count, i, j)
    return pairs[:count]


@numba.njit(nogil=True, cache=KEPT)
def pairs_between(first, second, start, stop, threshold):  # type: ignore[no-untyped-def]
    """Return near pairs ``(i, j)``: ``start <= i < stop`` of ``first``, any j of ``second``."""
    pairs, count = np.empty((64, 2), np.int64), 0
    for i in range(start, stop):
        for j in range(len(second)):
            different = (
                _popcount(first[i, 0] ^ second[j, 0])
                + _popcount(first[i, 1] ^ second[j, 1])
                + _popcount(first[i, 2] ^ second[j, 2])
                + _popcount(first[i, 3] ^ second[j, 3])
            )
            if different <= threshold:
                pairs, count = _append(pairs, count, i, j)
    return pairs[:count]


@numba.njit(nogil=True, cache=KEPT)
def gather_bits(hashes, bits):  # type: ignore[no-untyped-def]
    """Return for every hash the numbered bits, packed into one uint64 (at most 64 of them)."""
    keys = np.zeros(len(hashes), np.uint64)
    for i in range(len(hashes)):
        key = np.uint64(0)
        for bit in bits:
            word = hashes[i, bit >> 6]
            key = (key << np.uint64(1)) | ((word >> np.uint64(bit & 63)) & np.uint64(1))
        keys[i] = key
    return keys


@numba.njit(nogil=True, cache=KEPT)
def pairs_in_buckets(hashes, keys, order, threshold):  # type: ignore[no-untyped-def]
    """Return near pairs among hashes with equal keys.

    ``keys`` are sorted and ``order`` holds the row number of each key, ascending within a bucket.
    """
    pairs, count = np.empty((1024, 2), np.int64), 0
    start = 0
    while start < len(keys):
        stop = start
        while stop < len(keys) and keys[stop] == keys[start]:
            stop += 1
        for a in range(start, stop):
            for b in range(a + 1, stop):
                if _distance(hashes, order[a], order[b]) <= threshold:
                    pairs, count = _append(pairs, count, order[a], order[b])
        start = stop
    return pairs[:count]
