"""Do 95% intervals hold 95% of the time? Simulated groups, every kind of metric.

    python -m benchmarks.interval_coverage --repetitions 500

Each repetition draws test faces in groups (10% of the faces in pairs or triples whose errors
correlate), three seeds that share most of their error, and asks whether the interval holds the
true value. Claim: 93% to 97% at n >= 50 for each kind of metric; a difference of shares with
fewer than five discordant pairs is wider than that. The percentile bootstrap is the peer.
"""

from __future__ import annotations

import argparse
import json

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from reports.statistics.intervals import mean_interval, share_difference, share_interval
from reports.statistics.resampling import totals

Array = NDArray[np.float64]
SEEDS = 3
SEED_SHARE = 0.2  # of the variance of an answer changes with the seed
GROUP_SHARE = 0.8  # of the rest is common to a group's faces


def groups_of(n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Give ``n`` faces to groups: nine in ten alone, the others with the face before."""
    return np.cumsum(rng.random(n) >= 0.1).astype(np.int64)


def latent(groups: NDArray[np.int64], rng: np.random.Generator, answers: int = 1) -> Array:
    """Return standard normal answers (answers, SEEDS, n) with group and seed structure."""
    n = len(groups)
    shape = (answers, n)
    group = rng.standard_normal((answers, groups.max() + 1))[:, groups]
    face = np.sqrt(GROUP_SHARE) * group + np.sqrt(1 - GROUP_SHARE) * rng.standard_normal(shape)
    fresh = rng.standard_normal((answers, SEEDS, n))
    return np.sqrt(1 - SEED_SHARE) * face[:, None] + np.sqrt(SEED_SHARE) * fresh


def share_trial(n: int, share: float, rng: np.random.Generator) -> bool:
    """Accuracy, CS@5, coverage: Wilson."""
    groups = groups_of(n, rng)
    right = (latent(groups, rng)[0] < special.ndtri(share)).mean(axis=0)
    found = share_interval(right[:, None], groups).take(0)
    return found.low <= share <= found.high


def mae_trial(n: int, rng: np.random.Generator) -> bool:
    """Mean absolute error of normal errors with heavy scale differences: studentised."""
    groups = groups_of(n, rng)
    scale = np.exp(0.5 * rng.standard_normal(groups.max() + 1))[groups]
    values = np.abs(latent(groups, rng)[0] * scale).mean(axis=0)
    truth = np.sqrt(2 / np.pi) * np.exp(0.125)
    found = mean_interval(values[:, None], groups, rng, draws=1000).take(0)
    return found.low <= truth <= found.high


def bias_trial(n: int, rng: np.random.Generator) -> bool:
    """Mean signed error: studentised."""
    groups = groups_of(n, rng)
    found = mean_interval(latent(groups, rng)[0].mean(axis=0)[:, None], groups, rng, draws=1000)
    return found.low[0] <= 0 <= found.high[0]


def difference_trial(n: int, shares: tuple[float, float], rng: np.random.Generator) -> bool:
    """Paired difference of two accuracies with correlated mistakes: Bonett-Price."""
    groups = groups_of(n, rng)
    common, one, two = latent(groups, rng, 3)
    right = [
        np.sqrt(0.5) * common + np.sqrt(0.5) * own < special.ndtri(share)
        for own, share in zip((one, two), shares, strict=True)
    ]
    gap = (right[1].astype(float) - right[0]).mean(axis=0)
    found = share_difference(gap[:, None], groups).take(0)
    return found.low <= shares[1] - shares[0] <= found.high


def percentile_share_trial(n: int, share: float, rng: np.random.Generator) -> bool:
    """Return whether the percentile bootstrap of a share holds: the peer that fails."""
    groups = groups_of(n, rng)
    right = (latent(groups, rng)[0] < special.ndtri(share)).mean(axis=0)
    size = groups.max() + 1
    sums = totals(np.stack([right, np.ones(n)], axis=1), groups, size)
    drawn = sums[rng.integers(size, size=(1000, size))].sum(axis=1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975])
    return bool(low <= share <= high)


def coverage_table(repetitions: int, sizes: tuple[int, ...] = (30, 50, 200, 1000)) -> list[dict]:
    """Return one row per kind of metric and n: covered share and its Monte-Carlo interval."""
    kinds = {
        "share .70": lambda n, rng: share_trial(n, 0.70, rng),
        "share .90": lambda n, rng: share_trial(n, 0.90, rng),
        "share .97": lambda n, rng: share_trial(n, 0.97, rng),
        "percentile share .97 (peer)": lambda n, rng: percentile_share_trial(n, 0.97, rng),
        "MAE": mae_trial,
        "bias": bias_trial,
        "difference .90, .94": lambda n, rng: difference_trial(n, (0.90, 0.94), rng),
        "difference .95, .95": lambda n, rng: difference_trial(n, (0.95, 0.95), rng),
    }
    rows = []
    for kind, trial in kinds.items():
        for n in sizes:
            rng = np.random.default_rng([n, len(kind)])
            held = sum(trial(n, rng) for _ in range(repetitions))
            low, high = stats.binomtest(held, repetitions).proportion_ci(method="wilson")
            rows.append({"kind": kind, "n": n, "covered": held / repetitions,
                         "low": float(low), "high": float(high)})  # fmt: skip
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=500)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    rows = coverage_table(options.repetitions)
    if options.json:
        print(json.dumps(rows, indent=1))
        return
    for row in rows:
        print(f"{row['kind']:30} n {row['n']:5}  {row['covered']:.3f}  "
              f"[{row['low']:.3f}, {row['high']:.3f}]")  # fmt: skip


if __name__ == "__main__":
    main()
