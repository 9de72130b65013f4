"""The headline table: every metric of every contender over all test faces, and who is best."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.panel import Panel

from .intervals import Estimate, student_interval
from .metrics import METRICS, Metric
from .pairs import known_of, seed_mean, seed_rows, targets_of
from .recipe import mover_mean, recipe_interval
from .resampling import totals
from .shares import share_interval
from .whole_intervals import auc_interval, ece_interval, influence, median_interval, r2_interval

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def seed_values(
    panel: Panel, contender: str, metric: Metric, member: Mask | None = None
) -> dict[str, float]:
    """Return a metric of each seed, on the faces this seed answered (of ``member``, if given)."""
    key = ("seeds", contender, metric.name)
    if member is None and key in panel.cache:
        return dict(panel.cache[key])
    answers = panel.answers[contender]
    out = {}
    for row, seed in enumerate(answers.seeds):
        truth, predicted = targets_of(panel, answers, row, metric.target)
        known = known_of(truth, predicted)
        if member is not None:
            known = known & member
        out[seed] = metric(truth[known], predicted[known]) if known.any() else np.nan
    if member is None:
        panel.cache[key] = dict(out)
    return out


def answered(panel: Panel, contender: str, target: str) -> Mask:
    """Say which faces a contender answered with any seed, shape (F,)."""
    answers = panel.answers[contender]
    known = [
        known_of(*targets_of(panel, answers, row, target)) for row in range(len(answers.seeds))
    ]
    return np.asarray(np.any(known, axis=0))


def headline(
    panel: Panel, means: Mapping[Any, Estimate], untrained: Collection[str] = ()
) -> pd.DataFrame:
    """Return the headline numbers.

    ``means`` maps ``(metric, contender)`` to the bootstrap of the mean over all faces. Columns
    ``contender``, ``metric``, ``value`` (mean over seeds), ``low``, ``high`` (these fitted models
    on other faces), ``recipe_low``, ``recipe_high`` (other faces and another training; NaN below
    three seeds, and of contenders in ``untrained``), ``seed_sd``, ``n``
    (faces answered), ``of`` (faces that could be), and ``seeds`` (a dict of each seed's value).
    """
    rows = []
    for contender in panel.contenders:
        for metric in METRICS.values():
            seeds = seed_values(panel, contender, metric)
            known = [v for v in seeds.values() if np.isfinite(v)]
            if not known:
                continue
            value = float(np.mean(known))
            if metric.interval in ("wilson", "positive", "signed"):
                # seeds that answered different faces: each face counts once, as in the intervals
                value = float(np.nanmean(seed_mean(panel, contender, metric.name)))
            low, high = _interval(panel, contender, metric, means, value)
            if contender in untrained:
                known = known[:1]  # one model under every seed says nothing about another training
            recipe = recipe_interval(value, low, high, known)
            recipe = tuple(np.clip(recipe, *_bounds(metric)).tolist())
            rows.append(
                {
                    "contender": contender,
                    "metric": metric.name,
                    "value": value,
                    "low": low,
                    "high": high,
                    "recipe_low": recipe[0],
                    "recipe_high": recipe[1],
                    "seed_sd": float(np.std(known, ddof=1)) if len(known) > 1 else np.nan,
                    "n": int(answered(panel, contender, metric.target).sum()),
                    "of": int(_asked(panel, metric.target).sum()),
                    "seeds": seeds,
                }
            )
    return pd.DataFrame(rows)


def _bounds(metric: Metric) -> tuple[float, float]:
    if metric.unit == "share" or metric.name == "auc":
        return 0.0, 1.0
    return (
        (-np.inf, 1.0)
        if metric.name == "r2"
        else ((-np.inf, np.inf) if metric.interval == "signed" else (0.0, np.inf))
    )


def _asked(panel: Panel, target: str) -> Mask:
    """Say for which faces the truth of a target is known."""
    truth = {"gender": panel.female, "range": panel.age_range[:, 0]}.get(target, panel.age)
    return np.isfinite(truth)


def _interval(
    panel: Panel, contender: str, metric: Metric, means: Mapping[Any, Estimate], value: float
) -> tuple[float, float]:
    if metric.interval == "wilson":
        values = seed_mean(panel, contender, metric.name).reshape(-1, 1)
        found = share_interval(values, panel.group).only()
        return found.low, found.high
    if metric.interval in ("positive", "signed", "root"):
        found = means[metric.name, contender]
        if metric.interval != "root":
            return found.low, found.high
        # the mean over seeds of roots lies a little below the root of the mean
        scale = value / found.value**0.5 if found.value > 0 else 1.0
        return scale * max(found.low, 0) ** 0.5, scale * max(found.high, 0) ** 0.5
    if metric.interval == "mover":
        parts = _by_gender(panel, contender)
        return mover_mean(parts)[1:] if len(parts) == 2 else (np.nan, np.nan)
    if metric.interval == "median":
        errors = np.abs(panel.answers[contender].age - panel.age)
        return median_interval(errors, panel.group)
    if metric.interval == "ece":
        return _calibration(panel, contender)
    if metric.interval in ("r2", "auc"):
        share = np.isfinite(seed_mean(panel, contender, "bias"))
        influences = mean_influence(panel, contender, metric)
        if metric.interval == "r2":
            return r2_interval(value, influences[share], panel.group[share])
        known = answered(panel, contender, "gender")
        return auc_interval(value, influences[known], panel.group[known], panel.female[known])
    return np.nan, np.nan


def mean_influence(panel: Panel, contender: str, metric: Metric) -> Array:
    """Return what each face adds to a metric, averaged over seeds; 0 where it was not answered."""
    key = ("influence", contender, metric.name)
    if key not in panel.cache:
        answers, out = panel.answers[contender], []
        values = list(seed_values(panel, contender, metric).values())
        for row in range(len(answers.seeds)):
            truth, predicted = targets_of(panel, answers, row, metric.target)
            known = known_of(truth, predicted)
            filled = np.zeros(len(truth))
            if np.isfinite(values[row]):
                filled[known] = influence(metric.name, truth[known], predicted[known])
            out.append(filled)
        panel.cache[key] = np.asarray(np.mean(out, axis=0))
    found: Array = panel.cache[key]
    return found


def _calibration(panel: Panel, contender: str) -> tuple[float, float]:
    ends = []
    for p in panel.answers[contender].p_female:
        known = np.isfinite(p)
        ends.append(ece_interval(panel.female[known], p[known], panel.group[known]))
    low, high = np.mean(ends, axis=0)
    return float(low), float(high)


def _by_gender(panel: Panel, contender: str) -> list[tuple[float, float, float]]:
    right = seed_mean(panel, contender, "accuracy")
    parts = []
    for gender in (0.0, 1.0):
        member = (panel.female == gender) & np.isfinite(right)
        if member.any():
            found = share_interval(right[member].reshape(-1, 1), panel.group[member]).only()
            parts.append((found.value, found.low, found.high))
    return parts


def best_by_metric(panel: Panel, numbers: pd.DataFrame) -> tuple[pd.DataFrame, Array]:
    """Find the winner and the runner-up of each metric, on the faces that all of them answered.

    Returns
    -------
    rows : DataFrame
        ``metric``, ``winner``, ``runner_up``, ``n`` (faces all contenders answered), ``same``
        (whether these are all faces that any of them answered: else nobody is marked),
        ``winner_value``, ``runner_up_value`` on those faces, ``recipe_low``, ``recipe_high``
        (interval over faces and trainings of what a face adds to the lead, winner minus runner-up;
        NaN below three trainings of either).
    sums : ndarray of shape (G, len(rows))
        What each group adds to the lead of the winner, for ``multiplicity.page_wide``.

    Notes
    -----
    Metrics without a direction have no best, nor has the median, for which no paired test is
    made.
    """
    rows: list[dict[str, Any]] = []
    columns: list[Array] = []
    for metric in METRICS.values():
        if metric.better not in ("low", "high") or metric.interval in ("none", "ece"):
            continue
        names = list(numbers.loc[numbers["metric"] == metric.name, "contender"])
        masks = [answered(panel, c, metric.target) for c in names]
        common = np.all(masks, axis=0) if masks else np.zeros(0, bool)
        if len(names) < 2 or not common.any():
            continue
        same = bool(common.sum() == np.any(masks, axis=0).sum())
        mine = numbers[numbers["metric"] == metric.name].set_index("contender")
        seeds = {
            c: mine.loc[c, "seeds"] if same else seed_values(panel, c, metric, common)
            for c in names
        }
        values = {c: float(mine.loc[c, "value"]) if same else _mean(seeds[c]) for c in names}
        sign = 1 if metric.better == "low" else -1
        known = [c for c in names if np.isfinite(values[c])]
        if len(known) < 2:
            continue
        first, second = sorted(known, key=lambda c: sign * values[c])[:2]  # stable in a tie
        lead = _lead(panel, metric, (first, second), values[first] - values[second], common)
        of_seeds = [
            list(seeds[c].values())
            if metric.per_face is None
            else _row_means(seed_rows(panel, c, metric.name)[:, common])
            for c in (first, second)
        ]
        faces = student_interval(lead[common].reshape(-1, 1), panel.group[common]).only()
        recipe = recipe_interval(faces.value, faces.low, faces.high, *of_seeds)
        rows.append(
            {
                "metric": metric.name,
                "winner": first,
                "runner_up": second,
                "n": int(common.sum()),
                "same": same,
                "winner_value": values[first],
                "runner_up_value": values[second],
                "recipe_low": recipe[0],
                "recipe_high": recipe[1],
            }
        )
        columns.append(totals(lead.reshape(-1, 1), panel.group, panel.n_groups))
    names_ = ["metric", "winner", "runner_up", "n", "same", "winner_value", "runner_up_value",
              "recipe_low", "recipe_high"]  # fmt: skip
    sums = np.concatenate(columns, axis=1) if columns else np.zeros((panel.n_groups, 0))
    return pd.DataFrame(rows, columns=names_), sums


def _mean(seeds: Mapping[str, float]) -> float:
    known = [v for v in seeds.values() if np.isfinite(v)]
    return float(np.mean(known)) if known else np.nan


def _lead(panel: Panel, metric: Metric, pair: tuple[str, str], lead: float, common: Mask) -> Array:
    """Return what each face adds to the difference of two contenders, 0 outside ``common``."""
    one, two = pair
    if metric.per_face is not None:
        gap = seed_mean(panel, one, metric.name) - seed_mean(panel, two, metric.name)
    else:
        gap = mean_influence(panel, one, metric) - mean_influence(panel, two, metric) + lead
    return np.where(common, np.nan_to_num(gap), 0.0)


def _row_means(rows: Array) -> list[float]:
    return [float(np.nanmean(row)) for row in rows if np.isfinite(row).any()]
