"""Near-duplicate search: exact where promised, fast and small up to a million images.

Claims
------
* 24,000 images within 20 s, memory linear.
* 1,000,000 images within 10 minutes and 4 GB; every pair up to 8 bits, at least 95% of the pairs
  up to 40 bits, the threshold of the audit.

The million hashes are simulated with the means and correlations of the bits of real faces
(a Gaussian copula), because independent bits would make the search look far too easy. Planted
copies with known distances give the recall, and so does comparing 500 hashes with all others.

    python benchmarks/near_duplicates.py --source embedded --n 1000000
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

import data
from data.audit.fingerprints import both_hashes
from data.audit.hashes import distances, near_pairs
from data.audit.policy import Policy


def real_hashes(source: str) -> np.ndarray:
    """Return the difference hashes of a data set, shape (n, 4)."""
    faces = data.load(source, pose=False)
    return np.stack([both_hashes(image)[:4] for image in faces.images(128)])


def to_bits(hashes: np.ndarray) -> np.ndarray:
    return np.unpackbits(np.ascontiguousarray(hashes).view(np.uint8), axis=1)


def to_hashes(bits: np.ndarray) -> np.ndarray:
    return np.packbits(bits, axis=1).view(np.uint64)


def simulate(hashes: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return ``n`` hashes whose bits have the means and correlations of ``hashes``."""
    from scipy.stats import norm

    bits = to_bits(hashes).astype(np.float32)
    cut = norm.ppf(bits.mean(axis=0).clip(1e-4, 1 - 1e-4)).astype(np.float32)
    correlation = np.corrcoef(bits + rng.normal(0, 1e-6, bits.shape), rowvar=False)
    values, vectors = np.linalg.eigh(np.sin(np.pi / 2 * correlation))
    root = (vectors * np.sqrt(values.clip(0))).astype(np.float32)
    root /= np.linalg.norm(root, axis=1, keepdims=True)
    out = np.empty((n, 4), np.uint64)
    for start in range(0, n, 50_000):
        stop = min(start + 50_000, n)
        latent = rng.standard_normal((stop - start, 256), dtype=np.float32) @ root.T
        out[start:stop] = to_hashes(latent < cut)
    return out


def plant_copies(
    hashes: np.ndarray, n_copies: int, most_bits: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Replace the last hashes by copies of the first with some flipped bits; return pairs too.

    Bits are flipped where a re-compressed picture flips them: mostly those that differ between
    the real near duplicates cannot be known for a simulated face, so all bits are equally likely,
    which is harder (constant bits flip as well).
    """
    n = len(hashes)
    bits = to_bits(hashes[:n_copies])
    for row in bits:
        row[rng.choice(256, rng.integers(0, most_bits + 1), replace=False)] ^= 1
    hashes[n - n_copies :] = to_hashes(bits)
    return hashes, np.stack([np.arange(n_copies), np.arange(n - n_copies, n)], axis=1)


def recall(found: np.ndarray, wanted: np.ndarray, n: int) -> float:
    keys = np.sort(wanted, axis=1) @ np.array([n, 1])
    return float(np.isin(keys, found @ np.array([n, 1])).mean()) if len(wanted) else float("nan")


def sampled_truth(hashes: np.ndarray, rng: np.random.Generator, threshold: int) -> np.ndarray:
    """Return all near pairs of 500 random hashes, found by comparing each with every other."""
    pairs = []
    for row in rng.choice(len(hashes), 500, replace=False):
        bits = np.bitwise_count(hashes ^ hashes[row]).sum(axis=1)
        others = np.flatnonzero(bits <= threshold)
        pairs += [(min(row, o), max(row, o)) for o in others if o != row]
    return np.unique(np.array(pairs, np.int64).reshape(-1, 2), axis=0)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--source", default="embedded")
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--threshold", type=int, default=Policy().near_distance)
    parser.add_argument("--jobs", type=int, default=None)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    real = real_hashes(options.source)
    near_pairs(real[:200], options.threshold)  # compile
    start, cpu = time.perf_counter(), time.process_time()
    pairs, _ = near_pairs(real, options.threshold, n_jobs=options.jobs)
    print(
        f"{options.source}: {len(real):,} real hashes, {len(pairs):,} pairs, "
        f"{time.perf_counter() - start:.2f} s ({time.process_time() - cpu:.2f} s CPU)"
    )
    hashes, planted = plant_copies(
        simulate(real, options.n, rng), options.n // 100, options.threshold, rng
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    start, cpu = time.perf_counter(), time.process_time()
    found, _ = near_pairs(hashes, options.threshold, n_jobs=options.jobs)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"simulated: {options.n:,} hashes, {len(found):,} pairs up to {options.threshold} bits, "
        f"{seconds:.0f} s ({cpu:.0f} s CPU), peak {peak:.2f} GB ({before:.2f} GB before)"
    )
    planted_bits = distances(hashes, planted)
    for high in range(8, options.threshold + 1, 8):
        low = high - 7 if high > 8 else 0
        chosen = planted[(planted_bits >= low) & (planted_bits <= high)]
        print(f"  planted, {low}-{high} bits: recall {recall(found, chosen, options.n):.4f}")
    truth = sampled_truth(hashes, rng, options.threshold)
    share = recall(found, truth, options.n)
    print(f"  500 hashes against all: {len(truth)} pairs, recall {share:.4f}")


if __name__ == "__main__":
    main()
