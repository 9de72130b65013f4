"""Paired comparison of two contenders: one pair, named before looking at the test faces.

The pair is the classical contender that scored best on *select*, against ``cnn``. Per group of
every breakdown the *advantage* of the second over the first is reported: years less error, share
more right. Positive means that the second is better. P values are group sign-flips with 10,000
draws, adjusted by Holm within one breakdown and target.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from reports.panel import Panel, SeedAnswers, family_of

from . import metrics
from .intervals import Estimate, mean_interval, share_difference
from .resampling import generator, sign_flip_p, totals

Array = NDArray[np.float64]
ALPHA = 0.05
TARGETS = {"age": "mae", "gender": "accuracy"}
COLUMNS = [
    "breakdown", "level", "target", "n", "first", "second", "advantage", "low", "high", "p",
    "p_holm",
]  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """The two contenders that are tested against each other.

    Attributes
    ----------
    first, second : str
        The classical contender and its challenger.
    reason : str
        How they were chosen, in a sentence.
    """

    first: str
    second: str
    reason: str


def choose_pair(contenders: list[str], provenance: Mapping[str, Any]) -> Pair | None:
    """Return the pair to test, or None with fewer than two contenders.

    Uses, in this order: the scores on *select*; the pair named in the provenance; the order of
    display, which does not depend on the test faces either.
    """
    if len(contenders) < 2:
        return None
    families = {c: family_of(c, dict(provenance)) for c in contenders}
    classical = [c for c in contenders if families[c] == "classical"]
    networks = [c for c in contenders if families[c] == "cnn"]
    scores = {
        c: s["mae"]
        for c, s in provenance.get("select_scores", {}).items()
        if c in contenders and np.isfinite(s.get("mae", np.nan))
    }
    network = (
        "cnn"
        if "cnn" in networks
        else min(networks, key=lambda c: (scores.get(c, np.inf), c), default=None)
    )
    scored = [c for c in classical if c in scores]
    if scored and network:
        best = min(scored, key=lambda c: scores[c])
        return Pair(
            best,
            network,
            f"{best} had the lowest error on the select part ({scores[best]:.2f} years) of the "
            f"classical contenders; the test part was not looked at to choose it.",
        )
    named = list(provenance.get("pair") or [])
    if len(named) == 2 and set(named) <= set(contenders):
        return Pair(named[0], named[1], "The plan names this pair.")
    candidates = [c for c in contenders if families[c] != "baseline"] or contenders
    first, second = (classical or candidates)[0], network or candidates[-1]
    if first == second:
        first, second = contenders[0], contenders[-1]
    return Pair(
        first,
        second,
        "The run holds no scores on the select part and names no pair: these two were taken by "
        "family and name, without looking at the test faces.",
    )


def seed_mean(panel: Panel, contender: str, metric: str) -> Array:
    """Return a per-face metric averaged over the seeds that answered, shape (F,); NaN if none."""
    answers, definition = panel.answers[contender], metrics.METRICS[metric]
    if definition.per_face is None:
        raise ValueError(f"{metric} is not a mean over faces")
    rows = [_one_seed(panel, answers, row, definition) for row in range(len(answers.seeds))]
    stack = np.stack(rows)
    answered = np.isfinite(stack)
    with np.errstate(invalid="ignore"):
        return np.where(answered, stack, 0).sum(axis=0) / answered.sum(axis=0)


def _one_seed(panel: Panel, answers: SeedAnswers, row: int, definition: metrics.Metric) -> Array:
    truth, predicted = targets_of(panel, answers, row, definition.target)
    known = np.isfinite(predicted).reshape(len(truth), -1).all(axis=1)
    out = np.full(len(truth), np.nan)
    assert definition.per_face is not None
    out[known] = definition.per_face(truth[known], predicted[known])
    return out


def targets_of(panel: Panel, answers: SeedAnswers, row: int, target: str) -> tuple[Array, Array]:
    """Return ``(y_true, y_pred)`` of one seed for a metric's target."""
    if target == "age":
        return panel.age, answers.age[row]
    if target == "gender":
        return panel.female, answers.p_female[row]
    return panel.age, np.stack([answers.low[row], answers.high[row]], axis=1)


def advantages(panel: Panel, first: str, second: str) -> dict[str, Array]:
    """Return per face by how much ``second`` is better, by target; NaN where one did not answer."""
    return {
        "age": seed_mean(panel, first, "mae") - seed_mean(panel, second, "mae"),
        "gender": seed_mean(panel, second, "accuracy") - seed_mean(panel, first, "accuracy"),
    }


def holm(p: Array) -> Array:
    """Return Holm's adjusted p values: step-down Bonferroni, never above 1 (Holm, 1979)."""
    p = np.asarray(p, float)
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    out = np.empty_like(p)
    out[order] = np.minimum(steps, 1.0)
    return out


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Return the exact two-sided McNemar p from the two discordant counts (McNemar, 1947)."""
    discordant = only_first + only_second
    return float(stats.binomtest(only_first, discordant).pvalue) if discordant else 1.0


def mcnemar_by_seed(panel: Panel, pair: Pair) -> pd.DataFrame:
    """McNemar's test of gender for each shared seed, on one face per group (the first by name).

    Returns
    -------
    DataFrame
        ``seed``, ``n``, ``only_first``, ``only_second``, ``p``.
    """
    one, two = panel.answers[pair.first], panel.answers[pair.second]
    _, representative = np.unique(panel.group, return_index=True)
    rows = []
    for seed in [s for s in one.seeds if s in two.seeds]:
        right, known = [], np.ones(len(representative), bool)
        for answers in (one, two):
            p = answers.p_female[answers.seeds.index(seed)][representative]
            known &= np.isfinite(p)
            right.append((p >= 0.5) == (panel.female[representative] == 1))
        only_first = int((known & right[0] & ~right[1]).sum())
        only_second = int((known & right[1] & ~right[0]).sum())
        rows.append(
            {
                "seed": seed,
                "n": int(known.sum()),
                "only_first": only_first,
                "only_second": only_second,
                "p": mcnemar_exact(only_first, only_second),
            }
        )
    return pd.DataFrame(rows)


def compare_by_level(
    panel: Panel,
    pair: Pair,
    columns: list[str],
    age_advantage: Mapping[tuple[str, str], Estimate] | None = None,
) -> pd.DataFrame:
    """Test the pair over all faces and in every group of every breakdown.

    Parameters
    ----------
    panel : Panel
    pair : Pair
    columns : list of str
        Breakdowns.
    age_advantage : dict, optional
        ``(breakdown, level)`` -> bootstrap of the age advantage, if it was made before.

    Returns
    -------
    DataFrame
        ``breakdown`` ('' for all faces), ``level``, ``target``, ``n``, ``first``, ``second``
        (their metric), ``advantage``, ``low``, ``high``, ``p``, ``p_holm``.
    """
    better = advantages(panel, pair.first, pair.second)
    metric_values = {
        (side, t): seed_mean(panel, name, metric)
        for side, name in (("first", pair.first), ("second", pair.second))
        for t, metric in TARGETS.items()
    }
    rows, sums = [], []
    n_groups = int(panel.group.max()) + 1
    for breakdown, level, member in level_masks(panel, columns):
        for target, advantage in better.items():
            shared = member & np.isfinite(advantage)
            if not shared.any():
                continue
            known = age_advantage[breakdown, level] if age_advantage and target == "age" else None
            found = known or _advantage(panel, advantage, shared, target, f"{breakdown} {level}")
            row = {"breakdown": breakdown, "level": level, "target": target, "n": found.n}
            row |= {s: metric_values[s, target][shared].mean() for s in ("first", "second")}
            rows.append(row | {"advantage": found.value, "low": found.low, "high": found.high})
            filled = np.where(shared, advantage, 0.0).reshape(-1, 1)
            sums.append(totals(filled, panel.group, n_groups))
    if not rows:
        return pd.DataFrame(columns=COLUMNS)
    frame = pd.DataFrame(rows)
    frame["p"] = sign_flip_p(np.concatenate(sums, axis=1), generator("sign flip", pair))
    families = frame.groupby(["breakdown", "target"], observed=True, sort=False)["p"]
    frame["p_holm"] = families.transform(lambda p: holm(p.to_numpy()))
    return frame[COLUMNS]


def _advantage(
    panel: Panel, advantage: Array, shared: NDArray[np.bool_], target: str, label: str
) -> Estimate:
    column, groups = advantage[shared].reshape(-1, 1), panel.group[shared]
    if target == "age":
        return mean_interval(column, groups, generator("advantage", label)).take(0)
    return share_difference(column, groups).take(0)


def level_masks(panel: Panel, columns: list[str]) -> list[tuple[str, str, NDArray[np.bool_]]]:
    """Return ``(breakdown, level, members)``: all faces first, then every occupied level."""
    out = [("", "all", np.ones(len(panel.age), bool))]
    for column in columns:
        values = panel.faces[column].cat
        codes = values.codes.to_numpy()
        for code, level in enumerate(values.categories):
            if (codes == code).any():
                out.append((column, str(level), codes == code))
    return out
