"""The headline table: every metric of every contender over all test faces, and who is best."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.panel import Panel

from .breakdowns import per_contender
from .intervals import LEVEL, Estimate, mover_mean, share_interval
from .metrics import METRICS, Metric
from .pairs import ALPHA, seed_mean, targets_of
from .percentiles import Draws, percentile_draws
from .resampling import generator, sign_flip_p, totals

Array = NDArray[np.float64]


def seed_values(panel: Panel, contender: str, metric: Metric) -> dict[str, float]:
    """Return a metric of each seed, on the faces this seed answered."""
    answers = panel.answers[contender]
    out = {}
    for row, seed in enumerate(answers.seeds):
        truth, predicted = targets_of(panel, answers, row, metric.target)
        known = np.isfinite(predicted).reshape(len(truth), -1).all(axis=1)
        out[seed] = metric(truth[known], predicted[known]) if known.any() else np.nan
    return out


def headline(panel: Panel, means: Mapping[Any, Estimate]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the headline numbers and, by metric, the winner against the runner-up.

    Parameters
    ----------
    panel : Panel
    means : dict
        ``(metric, contender)`` -> bootstrap of the mean over all faces
        (``breakdowns.level_means``).

    Returns
    -------
    numbers : DataFrame
        ``contender``, ``metric``, ``value`` (mean over seeds), ``low``, ``high``, ``seed_sd``,
        ``n``, and ``seeds`` (a dict of each seed's value).
    best : DataFrame
        ``metric``, ``winner``, ``runner_up``, ``p``, ``clear``.
    """
    draws = percentile_draws(panel)
    rows = []
    for contender in panel.contenders:
        n = int(panel.answers[contender].complete.sum())
        for metric in METRICS.values():
            seeds = seed_values(panel, contender, metric)
            known = [v for v in seeds.values() if np.isfinite(v)]
            if not known:
                continue
            low, high = _interval(panel, contender, metric, means, draws)
            rows.append(
                {
                    "contender": contender,
                    "metric": metric.name,
                    "value": float(np.mean(known)),
                    "low": low,
                    "high": high,
                    "seed_sd": float(np.std(known, ddof=1)) if len(known) > 1 else np.nan,
                    "n": n,
                    "seeds": seeds,
                }
            )
    numbers = pd.DataFrame(rows)
    return numbers, best_by_metric(panel, numbers, draws)


def _interval(
    panel: Panel, contender: str, metric: Metric, means: Mapping[Any, Estimate], draws: Draws
) -> tuple[float, float]:
    if metric.interval == "wilson":
        values = seed_mean(panel, contender, metric.name).reshape(-1, 1)
        found = share_interval(values, panel.group).take(0)
        return found.low, found.high
    if metric.interval in ("studentised", "root"):
        found = means[metric.name, contender]
        low, high = found.low, found.high
        return (
            (max(low, 0) ** 0.5, max(high, 0) ** 0.5) if metric.interval == "root" else (low, high)
        )
    if metric.interval == "mover":
        parts = _by_gender(panel, contender)
        return mover_mean(parts)[1:] if len(parts) == 2 else (np.nan, np.nan)
    if (metric.name, contender) in draws:
        tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
        low, high = np.nanquantile(draws[metric.name, contender], tails)
        return float(low), float(high)
    return np.nan, np.nan


def _by_gender(panel: Panel, contender: str) -> list[tuple[float, float, float]]:
    right = seed_mean(panel, contender, "accuracy")
    parts = []
    for gender in (0.0, 1.0):
        member = (panel.female == gender) & np.isfinite(right)
        if member.any():
            found = share_interval(right[member].reshape(-1, 1), panel.group[member]).take(0)
            parts.append((found.value, found.low, found.high))
    return parts


def best_by_metric(panel: Panel, numbers: pd.DataFrame, draws: Draws) -> pd.DataFrame:
    """Test the winner of each metric against the runner-up, paired on shared faces.

    Means by group sign-flip; median, AUC and R2 by the interval of the bootstrap difference.
    Metrics without a direction or an interval have no best.
    """
    rows: list[dict[str, Any]] = []
    columns: list[Array] = []
    for metric in METRICS.values():
        if metric.better not in ("low", "high") or metric.interval == "none":
            continue
        scores = numbers[numbers["metric"] == metric.name].set_index("contender")["value"]
        if len(scores) < 2:
            continue
        ranked = scores.sort_values(ascending=metric.better == "low", kind="stable").index
        row = {"metric": metric.name, "winner": ranked[0], "runner_up": ranked[1], "p": np.nan}
        difference = _per_face_difference(panel, metric, ranked[0], ranked[1])
        if difference is None:
            row["clear"] = _excludes_zero(draws, metric.name, ranked[0], ranked[1])
        else:
            row["test"] = len(columns)
            columns.append(difference)
        rows.append(row)
    best = pd.DataFrame(rows, columns=["metric", "winner", "runner_up", "p", "clear", "test"])
    if columns:
        n_groups = int(panel.group.max()) + 1
        sums = totals(np.stack(columns, axis=1), panel.group, n_groups)
        p = sign_flip_p(sums, generator("best"))
        tested = best["test"].notna()
        best.loc[tested, "p"] = p[best.loc[tested, "test"].astype(int)]
        best.loc[tested, "clear"] = best.loc[tested, "p"] < ALPHA
    best["clear"] = best["clear"].astype(bool)
    return best.drop(columns="test")


def _per_face_difference(panel: Panel, metric: Metric, one: str, two: str) -> Array | None:
    """Return what each face adds to the difference of two contenders; None for other metrics."""
    if metric.name == "balanced_accuracy":
        share = np.where(panel.female == 1, panel.female.mean(), 1 - panel.female.mean())
        right = per_contender(panel, "accuracy")
        names = panel.contenders
        gap = right[:, names.index(one)] - right[:, names.index(two)]
        return np.nan_to_num(gap / share)
    if metric.per_face is None:
        return None
    return np.nan_to_num(seed_mean(panel, one, metric.name) - seed_mean(panel, two, metric.name))


def _excludes_zero(draws: Draws, metric: str, one: str, two: str) -> bool:
    if (metric, one) not in draws or (metric, two) not in draws:
        return False
    gap = draws[metric, one] - draws[metric, two]
    low, high = np.nanquantile(gap, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return bool(low > 0 or high < 0)
