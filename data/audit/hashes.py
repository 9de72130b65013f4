"""Near duplicates: pairs of images whose 256-bit hashes differ in few bits.

Up to 60,000 hashes every pair is compared (exact, linear memory): that is 30,000
images, as each brings the hash of its mirror image too. Beyond, images are
compared only if they agree on a band of bits:

* Distances up to 8: nine bands that cover all bits. Two hashes that differ in at most eight bits
  agree on at least one band (pigeonhole), so nothing is missed.
* Larger thresholds: locality-sensitive hashing with random bands, enough of them that a pair at
  exactly the threshold is found with probability 0.98; nearer pairs more surely (Indyk & Motwani,
  1998; Norouzi et al., "Fast search in Hamming space with multi-index hashing", CVPR 2012).

Time grows with the number of images times the size of the fullest buckets, memory linearly.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from data.cache import Progress, no_progress
from data.threads import n_threads

N_BITS = 256
EXACT_DISTANCE = 8
ALL_PAIRS_BELOW = 60_000
_MISS = 0.02


def near_pairs(
    hashes: np.ndarray,
    threshold: int,
    *,
    n_jobs: int | None = None,
    progress: Progress = no_progress,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs ``(m, 2)``, sorted, of hashes that differ in few bits, and in how many.

    Equal hashes are not multiplied out: of ``m`` equal ones the first stands for all, and the
    others are paired with it, so that a thousand white images give 999 pairs and not half a
    million. Connected components are the same. ``hashes`` are uint64 ``(n, 4)``.
    """
    if not 0 <= threshold <= 64:
        raise ValueError(f"threshold={threshold}: choose from 0 to 64 of the 256 bits")
    unique, first, inverse = np.unique(hashes, axis=0, return_index=True, return_inverse=True)
    inverse = inverse.ravel()  # some versions of NumPy return a column
    copies = np.flatnonzero(first[inverse] != np.arange(len(hashes)))
    equal = np.stack([first[inverse[copies]], copies], axis=1)
    if len(unique) <= ALL_PAIRS_BELOW:
        found = _all_pairs(unique, threshold, n_jobs, progress)
    else:
        found = _banded_pairs(unique, threshold, n_jobs, progress)
    pairs = np.concatenate([equal, np.sort(first[found], axis=1)]).astype(np.int64)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    return pairs, distances(hashes, pairs)


def distances(hashes: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Return the number of bits in which the hashes of each pair differ."""
    different = hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]]
    return np.bitwise_count(different).sum(axis=1).astype(np.int64)


def _all_pairs(
    hashes: np.ndarray, threshold: int, n_jobs: int | None, progress: Progress
) -> np.ndarray:
    from .kernels import pairs_in_rows

    n, step = len(hashes), 512
    starts = range(0, n, step)
    found = []
    with ThreadPoolExecutor(n_threads(n_jobs)) as pool:
        blocks = pool.map(lambda a: pairs_in_rows(hashes, a, min(a + step, n), threshold), starts)
        for done, block in enumerate(blocks, 1):
            found.append(block)
            progress("compare hashes", done, len(starts))
    return np.concatenate([np.empty((0, 2), np.int64), *found])


def _banded_pairs(
    hashes: np.ndarray, threshold: int, n_jobs: int | None, progress: Progress
) -> np.ndarray:
    """Return pairs that agree on a band and are near; deduplicated over the bands."""
    from .kernels import gather_bits, pairs_in_buckets

    bands = choose_bands(hashes, threshold)

    def search(bits: np.ndarray) -> np.ndarray:
        keys = gather_bits(hashes, bits)
        order = np.argsort(keys, kind="stable")
        return pairs_in_buckets(hashes, keys[order], order, threshold)

    known = np.empty(0, np.int64)
    with ThreadPoolExecutor(n_threads(n_jobs)) as pool:
        for done, pairs in enumerate(pool.map(search, bands), 1):
            known = np.union1d(known, pairs[:, 0] * len(hashes) + pairs[:, 1])
            progress("compare hashes", done, len(bands))
    return np.stack([known // len(hashes), known % len(hashes)], axis=1)


def choose_bands(hashes: np.ndarray, threshold: int) -> list[np.ndarray]:
    """Return the bands, each an array of bit numbers.

    Neighbouring bits of a difference hash of aligned faces are strongly correlated, and many are
    nearly constant. A band of such bits puts half of all faces into one bucket, so bits are dealt
    to the exact bands in order of their entropy (every band gets its share of good ones), and the
    random bands draw from the three quarters with the highest entropy.
    """
    bits = np.unpackbits(np.ascontiguousarray(hashes[:100_000]).view(np.uint8), axis=1)
    share = _in_word_order(bits).mean(axis=0).clip(1e-6, 1 - 1e-6)
    entropy = -share * np.log2(share) - (1 - share) * np.log2(1 - share)
    best_first = np.argsort(-entropy, kind="stable")
    n_exact = EXACT_DISTANCE + 1
    bands = [best_first[band::n_exact] for band in range(n_exact)]
    if threshold > EXACT_DISTANCE:
        rng = np.random.default_rng(0)
        # About one hash per bucket: fewer bits mean fuller buckets, more bits mean more bands.
        n_bits = int(np.log2(max(len(hashes), 2)))
        # Differences of real near duplicates fall on the uncertain bits more often than on the
        # constant ones: count on half again as many among the bits that are drawn.
        agree = (1 - 1.5 * threshold / N_BITS) ** n_bits
        n_bands = math.ceil(math.log(_MISS) / math.log1p(-agree))
        usable = best_first[: int(0.75 * N_BITS)]
        bands += [rng.choice(usable, n_bits, replace=False) for _ in range(n_bands)]
    return bands


def _in_word_order(bits: np.ndarray) -> np.ndarray:
    """Order unpacked bits so that column ``64 * word + b`` is bit ``b`` of that word."""
    by_byte = bits.reshape(len(bits), 4, 8, 8)[:, :, :, ::-1]  # least significant bit first
    return by_byte.reshape(len(bits), N_BITS)
