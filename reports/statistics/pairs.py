"""Paired comparison of two contenders: one pair, named without looking at the test faces.

The pair is the one that the plan names, or else the classical contender that scored best on
*select* against ``cnn``. Per group of
every breakdown the *advantage* of the second over the first is reported: years less error, share
more right. Positive means that the second is better. P values come from ``multiplicity``: one
adjustment for all tests of a page decides the words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.panel import Panel, SeedAnswers, family_of

from . import metrics
from .intervals import Estimate, mean_interval
from .recipe import recipe_interval
from .resampling import generator, totals
from .shares import share_difference

Array = NDArray[np.float64]
ALPHA = 0.05
TARGETS = {"age": "mae", "gender": "accuracy"}
COLUMNS = [
    "breakdown", "level", "target", "n", "first", "second", "advantage", "low", "high",
    "recipe_low", "recipe_high", "se", "p", "p_family", "p_page", "detectable", "claim",
]  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """The classical contender and its challenger, tested against each other, and why these."""

    first: str
    second: str
    reason: str


def choose_pair(contenders: list[str], provenance: Mapping[str, Any]) -> Pair | None:
    """Return the pair to test, or None with fewer than two contenders.

    Uses, in this order: the pair named in the provenance; the scores on *select*; the order of
    display, which does not depend on the test faces either.
    """
    if len(contenders) < 2:
        return None
    named = list(provenance.get("pair") or [])
    if len(named) == 2 and set(named) <= set(contenders):
        return Pair(named[0], named[1], "The plan names this pair.")
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


def seed_rows(panel: Panel, contender: str, metric: str) -> Array:
    """Return a per-face metric of each seed, shape (S, F); NaN where there is no answer or truth.

    Kept with the panel: most numbers of a page are means of these rows.
    """
    key = ("rows", contender, metric)
    if key not in panel.cache:
        answers, definition = panel.answers[contender], metrics.METRICS[metric]
        if definition.per_face is None:
            raise ValueError(f"{metric} is not a mean over faces")
        out = np.full(answers.age.shape, np.nan)
        for row in range(len(answers.seeds)):
            truth, predicted = targets_of(panel, answers, row, definition.target)
            known = known_of(truth, predicted)
            out[row, known] = definition.per_face(truth[known], predicted[known])
        panel.cache[key] = out
    found: Array = panel.cache[key]
    return found


def seed_mean(panel: Panel, contender: str, metric: str) -> Array:
    """Return a per-face metric averaged over the seeds that answered, shape (F,); NaN if none."""
    key = ("mean", contender, metric)
    if key not in panel.cache:
        rows = seed_rows(panel, contender, metric)
        answered = np.isfinite(rows)
        with np.errstate(invalid="ignore"):
            panel.cache[key] = np.where(answered, rows, 0).sum(axis=0) / answered.sum(axis=0)
    found: Array = panel.cache[key]
    return found


def smallest_error(panel: Panel, contenders: list[str]) -> str:
    """Return who errs least on age, on the faces that all of these contenders answered.

    Where there is no such face each is judged by its own faces; the first where no age is known.
    """
    by_face = {c: seed_mean(panel, c, "mae") for c in contenders}
    known = [c for c in contenders if np.isfinite(by_face[c]).any()]
    if not known:
        return contenders[0]
    shared = np.all([np.isfinite(by_face[c]) for c in known], axis=0)
    if not shared.any():
        return min(known, key=lambda c: float(np.nanmean(by_face[c])))
    return min(known, key=lambda c: float(by_face[c][shared].mean()))


def known_of(truth: Array, predicted: Array) -> NDArray[np.bool_]:
    """Say which faces have both a truth and an answer."""
    known = np.isfinite(truth).reshape(len(truth), -1).all(axis=1)
    return np.asarray(known & np.isfinite(predicted).reshape(len(truth), -1).all(axis=1))


def targets_of(panel: Panel, answers: SeedAnswers, row: int, target: str) -> tuple[Array, Array]:
    """Return ``(y_true, y_pred)`` of one seed for a metric's target."""
    if target == "age":
        return panel.age, answers.age[row]
    if target == "range":
        return panel.age_range, answers.age[row]
    if target == "gender":
        return panel.female, answers.p_female[row]
    level = np.full(len(panel.age), panel.level)
    return panel.age, np.stack([answers.low[row], answers.high[row], level], axis=1)


def advantages(panel: Panel, first: str, second: str) -> dict[str, Array]:
    """Return per face by how much ``second`` is better, by target; NaN where one did not answer."""
    return {
        "age": seed_mean(panel, first, "mae") - seed_mean(panel, second, "mae"),
        "gender": seed_mean(panel, second, "accuracy") - seed_mean(panel, first, "accuracy"),
    }


def compare_by_level(
    panel: Panel,
    pair: Pair,
    columns: list[str],
    age_advantage: Mapping[tuple[str, str], Estimate] | None = None,
) -> tuple[pd.DataFrame, Array]:
    """Estimate the pair's difference over all faces and in every group of every breakdown.

    ``age_advantage`` maps ``(breakdown, level)`` to a bootstrap that was made before. Rows have
    ``breakdown`` ('' for all faces), ``level``, ``target``, ``n`` (faces both answered), ``first``,
    ``second`` (their metric), ``advantage``, ``low``, ``high``, ``recipe_low``, ``recipe_high``,
    ``se``. The sums ``(G, rows)`` are the advantage by group: what ``multiplicity.page_wide``
    tests.
    """
    better = advantages(panel, pair.first, pair.second)
    rows, sums = [], []
    for breakdown, level, member in level_masks(panel, columns):
        for target, advantage in better.items():
            shared = member & np.isfinite(advantage)
            if not shared.any():
                continue
            known = age_advantage[breakdown, level] if age_advantage and target == "age" else None
            found = known or _advantage(panel, advantage, shared, target, f"{breakdown} {level}")
            seeds = [
                _seed_means(panel, c, TARGETS[target], shared) for c in (pair.first, pair.second)
            ]
            recipe = recipe_interval(found.value, found.low, found.high, *seeds)
            rows.append(
                {
                    "breakdown": breakdown,
                    "level": level,
                    "target": target,
                    "n": found.n,
                    "first": float(seed_mean(panel, pair.first, TARGETS[target])[shared].mean()),
                    "second": float(seed_mean(panel, pair.second, TARGETS[target])[shared].mean()),
                    "advantage": found.value,
                    "low": found.low,
                    "high": found.high,
                    "recipe_low": recipe[0],
                    "recipe_high": recipe[1],
                    "se": found.se,
                }
            )
            filled = np.where(shared, advantage, 0.0).reshape(-1, 1)
            sums.append(totals(filled, panel.group, panel.n_groups))
    if not rows:
        return pd.DataFrame(columns=COLUMNS), np.zeros((panel.n_groups, 0))
    return pd.DataFrame(rows), np.concatenate(sums, axis=1)


def _seed_means(
    panel: Panel, contender: str, metric: str, member: NDArray[np.bool_]
) -> list[float]:
    """Return the metric of each seed on some faces."""
    rows = seed_rows(panel, contender, metric)[:, member]
    return [float(np.nanmean(r)) for r in rows if np.isfinite(r).any()]


def claim(test: Mapping[str, Any], *, alpha: float = ALPHA) -> str:
    """Say who wins a test: 'first', 'second', 'borderline' or 'undecided'.

    The page-wide p value and the interval must agree, and the interval is the one over faces and
    trainings where three seeds or more allow it. A small p with an interval that holds zero is
    borderline; so is, for all faces, the reverse.
    """
    low, high = test["low"], test["high"]
    if np.isfinite(test["recipe_low"]):
        low, high = test["recipe_low"], test["recipe_high"]
    small, apart = test["p_page"] < alpha, bool(low > 0 or high < 0)
    if small and apart:
        return "second" if test["advantage"] > 0 else "first"
    if small or (apart and test["breakdown"] == ""):
        return "borderline"
    return "undecided"


def _advantage(
    panel: Panel, advantage: Array, shared: NDArray[np.bool_], target: str, label: str
) -> Estimate:
    column, groups = advantage[shared].reshape(-1, 1), panel.group[shared]
    if target == "age":
        return mean_interval(column, groups, generator("advantage", label)).only()
    return share_difference(column, groups).only()


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
