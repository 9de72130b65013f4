"""Do 95% intervals hold 95% of the time? Simulated groups and seeds, every kind of number.

    python -m benchmarks.interval_coverage --repetitions 1000

Each repetition draws test faces in groups of one to three whose errors go together, with errors
whose size differs from face to face (heavy tails), and one or three seeds that share most of their
error; it asks whether the interval holds the true value, which a sample of 200,000 faces gives.
The rows ``recipe`` ask whether the wider interval holds the value of the recipe, with trainings
that differ. Claim: 93% at least from n = 40 on; ``docs/methods.md`` explains the few above 97%.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats
from sklearn.metrics import roc_auc_score

from reports.statistics import whole_intervals as whole
from reports.statistics.intervals import mean_interval, student_interval
from reports.statistics.metrics import METRICS
from reports.statistics.recipe import mover_mean, recipe_interval
from reports.statistics.shares import share_difference, share_interval

Array = NDArray[np.float64]
Draw = dict[str, Array]
SEED_SHARE = 0.2  # of the variance of an answer changes with the seed
GROUP_SHARE = 0.5  # of the rest is common to a group's faces


def draw(n: int, seeds: int, rng: np.random.Generator) -> Draw:
    """Draw ``n`` faces: group, age, gender, and two contenders' ages and probabilities."""
    sizes = rng.choice([1, 2, 3], n, p=[0.5, 0.3, 0.2])
    group = np.repeat(np.arange(n), sizes)[:n]
    n_groups = int(group[-1]) + 1
    female = (rng.random(n_groups) < 0.5)[group].astype(float)
    age = rng.gamma(3.5, 9.5, n_groups)[group]
    hard = np.exp(0.5 * rng.standard_normal(n_groups))[group]
    common = _latent(group, 1, rng)
    out: Draw = {"group": group, "female": female, "age": age}
    for name, skill in (("a", 1.0), ("b", 0.85)):
        for target in ("age", "gender"):
            z = np.sqrt(0.5) * common + np.sqrt(0.5) * _latent(group, seeds, rng)
            if target == "age":
                out[f"error_{name}"] = z * 6 * hard * skill + 0.5
            else:
                logit = (2 * female - 1) * 1.6 / skill + z
                out[f"p_{name}"] = special.expit(2 * logit)
    return out


def _latent(group: NDArray[np.int64], seeds: int, rng: np.random.Generator) -> Array:
    """Return standard normal answers (seeds, n) with group and seed structure."""
    n = len(group)
    face = np.sqrt(GROUP_SHARE) * rng.standard_normal(n)[group]
    face = face + np.sqrt(1 - GROUP_SHARE) * rng.standard_normal(n)
    fresh = rng.standard_normal((seeds, n))
    return np.sqrt(1 - SEED_SHARE) * face + np.sqrt(SEED_SHARE) * fresh


def _mean(
    values: Array, d: Draw, rng: np.random.Generator, positive: bool, squared: bool = False
) -> tuple[float, float]:
    one = mean_interval(
        values.mean(axis=0)[:, None],
        d["group"],
        rng,
        draws=600,
        positive=positive,
        squared=squared,
    )
    return float(one.low[0]), float(one.high[0])


def _share(values: Array, d: Draw) -> tuple[float, float]:
    one = share_interval(values.astype(float).mean(axis=0)[:, None], d["group"]).take(0)
    return one.low, one.high


def _right(d: Draw, name: str = "a") -> Array:
    return ((d[f"p_{name}"] >= 0.5) == d["female"]).astype(float)


def _spans(d: Draw) -> Array:
    """Age intervals of a fixed half width, shape (seeds, n): they miss the hard faces."""
    return np.abs(d["error_a"]) <= 14


def _balanced(d: Draw) -> tuple[float, float]:
    parts = []
    for gender in (0, 1):
        member = d["female"] == gender
        one = share_interval(_right(d)[:, member].mean(axis=0)[:, None], d["group"][member]).take(0)
        parts.append((one.value, one.low, one.high))
    return mover_mean(parts)[1:]


def _r2(d: Draw) -> tuple[float, float]:
    predicted = d["age"] + d["error_a"]
    value = np.mean([METRICS["r2"](d["age"], p) for p in predicted])
    each = np.mean([whole.influence("r2", d["age"], p) for p in predicted], axis=0)
    return whole.r2_interval(float(value), each, d["group"])


def _auc(d: Draw) -> tuple[float, float]:
    value = np.mean([roc_auc_score(d["female"], p) for p in d["p_a"]])
    each = np.mean([whole.influence("auc", d["female"], p) for p in d["p_a"]], axis=0)
    return whole.auc_interval(float(value), each, d["group"], d["female"])


def _difference(d: Draw) -> tuple[float, float]:
    gap = (_right(d, "b") - _right(d)).mean(axis=0)
    one = share_difference(gap[:, None], d["group"]).take(0)
    return one.low, one.high


Kind = tuple[Callable[[Draw], float], Callable[[Draw, np.random.Generator], tuple[float, float]]]
KINDS: dict[str, Kind] = {
    "MAE": (lambda d: np.abs(d["error_a"]).mean(),
            lambda d, r: _mean(np.abs(d["error_a"]), d, r, True)),
    "MAE, no bootstrap": (
        lambda d: np.abs(d["error_a"]).mean(),
        lambda d, r: _ends(student_interval(np.abs(d["error_a"]).mean(axis=0)[:, None], d["group"],
                                            positive=True))),
    "mean squared error": (lambda d: (d["error_a"] ** 2).mean(),
                           lambda d, r: _mean(d["error_a"] ** 2, d, r, True, squared=True)),
    "bias": (lambda d: d["error_a"].mean(), lambda d, r: _mean(d["error_a"], d, r, False)),
    "median error": (lambda d: np.median(np.abs(d["error_a"])),
                     lambda d, r: whole.median_interval(np.abs(d["error_a"]), d["group"])),
    "R2": (lambda d: METRICS["r2"](np.tile(d["age"], len(d["error_a"])),
                                   (d["age"] + d["error_a"]).ravel()), lambda d, r: _r2(d)),
    "Brier": (lambda d: ((d["p_a"] - d["female"]) ** 2).mean(),
              lambda d, r: _mean((d["p_a"] - d["female"]) ** 2, d, r, True)),
    "accuracy": (lambda d: _right(d).mean(), lambda d, r: _share(_right(d), d)),
    "CS@5": (lambda d: (np.abs(d["error_a"]) <= 5).mean(),
             lambda d, r: _share(np.abs(d["error_a"]) <= 5, d)),
    "interval coverage": (lambda d: _spans(d).mean(), lambda d, r: _share(_spans(d), d)),
    "balanced accuracy": (
        lambda d: np.mean([_right(d)[:, d["female"] == g].mean() for g in (0, 1)]),
        lambda d, r: _balanced(d)),
    "AUC": (lambda d: roc_auc_score(np.tile(d["female"], len(d["p_a"])), d["p_a"].ravel()),
            lambda d, r: _auc(d)),
    "difference of MAE": (
        lambda d: (np.abs(d["error_a"]) - np.abs(d["error_b"])).mean(),
        lambda d, r: _mean(np.abs(d["error_a"]) - np.abs(d["error_b"]), d, r, False)),
    "difference of accuracy": (lambda d: (_right(d, "b") - _right(d)).mean(),
                               lambda d, r: _difference(d)),
}  # fmt: skip


def _ends(found: object) -> tuple[float, float]:
    one = found.take(0)  # type: ignore[attr-defined]
    return one.low, one.high


@lru_cache
def truth(kind: str, seeds: int) -> float:
    """Return the number itself, from 200,000 faces."""
    return float(KINDS[kind][0](draw(200_000, seeds, np.random.default_rng(99))))


def covered(kind: str, n: int, repetitions: int, seeds: int = 1) -> dict[str, object]:
    """Return how often an interval holds the true value, with its Monte-Carlo interval."""
    goal, held, known = truth(kind, seeds), 0, 0
    for k in range(repetitions):
        rng = np.random.default_rng([n, seeds, k])
        low, high = KINDS[kind][1](draw(n, seeds, rng), rng)
        known += np.isfinite(low)
        held += low <= goal <= high
    return _row(kind, n, seeds, held, known)


def recipe_covered(
    n: int, repetitions: int, spread: float, trainings: int = 3
) -> dict[str, object]:
    """Return how often the recipe's interval of MAE holds, if trainings differ by ``spread``."""
    goal, held = truth("MAE", 1), 0
    for k in range(repetitions):
        rng = np.random.default_rng([n, k, 7])
        d = draw(n, trainings, rng)
        factor = 1 + spread * rng.standard_normal((trainings, 1))
        values = np.abs(d["error_a"]) * factor
        low, high = _mean(values, d, rng, True)
        seeds = values.mean(axis=1)
        low, high = recipe_interval(float(seeds.mean()), low, high, list(seeds))
        held += low <= goal <= high
    return _row(f"recipe, trainings differ by {spread:.0%}", n, trainings, held, repetitions)


def exact_difference(n: int, most: float = 0.1) -> tuple[float, float]:
    """Return mean and least exact coverage of a paired difference of shares on ``n`` faces.

    Over 300 pairs of true rates at which one contender alone is right, each at most ``most``: a
    handful of faces differ, and coverage at any one truth jumps with which counts an interval
    holds.
    """
    b, c = np.indices((n + 1, n + 1)).reshape(2, -1)
    b, c = b[b + c <= n], c[b + c <= n]
    low, high = np.empty(len(b)), np.empty(len(b))
    for k, (gain, loss) in enumerate(zip(b, c, strict=True)):
        answers = np.repeat([1.0, -1.0, 0.0], [gain, loss, n - gain - loss])[:, None]
        one = share_difference(answers, np.arange(n)).take(0)
        low[k], high[k] = one.low, one.high
    found = []
    for gain in np.linspace(0.05, 1, 20) * most:
        for loss in np.linspace(0, 1, 15) * most:
            p = stats.multinomial.pmf(
                np.stack([b, c, n - b - c], 1), n, [gain, loss, 1 - gain - loss]
            )
            found.append(p[(low <= gain - loss) & (gain - loss <= high)].sum())
    return float(np.mean(found)), float(np.min(found))


def _row(kind: str, n: int, seeds: int, held: int, known: int) -> dict[str, object]:
    low, high = stats.binomtest(int(held), int(known)).proportion_ci(method="wilson")
    return {"kind": kind, "n": n, "seeds": seeds, "covered": held / known,
            "low": float(low), "high": float(high)}  # fmt: skip


def coverage_table(
    repetitions: int, sizes: tuple[int, ...] = (40, 100, 500)
) -> list[dict[str, object]]:
    """Return one row per kind of number, n and seeds."""
    rows = [
        covered(kind, n, repetitions, seeds) for kind in KINDS for n in sizes for seeds in (1, 3)
    ]
    return rows + [recipe_covered(n, repetitions, s) for n in sizes for s in (0.02, 0.1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=1000)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    rows = coverage_table(options.repetitions)
    if options.json:
        print(json.dumps(rows, indent=1))
        return
    for n in (40, 100):
        mean, least = exact_difference(n)
        print(f"difference of accuracy, exact, n {n}: mean {mean:.3f}, least {least:.3f}")
    for row in rows:
        print(f"{row['kind']:32} n {row['n']:4} seeds {row['seeds']}  {row['covered']:.3f}  "
              f"[{row['low']:.3f}, {row['high']:.3f}]")  # fmt: skip


if __name__ == "__main__":
    main()
