"""Breakdowns: the same numbers by age, gender, pose, or any other category column."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data import tables
from reports.panel import Panel

from .intervals import Estimate, mean_interval, student_interval
from .metrics import METRICS
from .pairs import level_masks, seed_mean
from .resampling import generator
from .shares import share_interval
from .standardisation import Standard

Array = NDArray[np.float64]
Means = dict[tuple[str, str], dict[Hashable, Estimate]] | None
BREAKDOWN_METRICS = ("mae", "bias", "cs5", "accuracy", "coverage")
NAMED = {
    "age_bin": ("age", "years"),
    "age_class": ("age class", "years"),
    "gender": ("gender", ""),
    "ethnicity": ("ethnicity", ""),
    "yaw_bin": ("|yaw|", "degrees"),
    "pitch_bin": ("pitch", ""),
}
"""Name and unit of the breakdowns whose column does not say them well, in order of display."""


def label(column: str) -> str:
    """Return a breakdown's name for people."""
    return NAMED[column][0] if column in NAMED else column.replace("_", " ")


def unit(column: str) -> str:
    """Return the unit of a breakdown's levels, '' if they have none."""
    return NAMED.get(column, ("", ""))[1]


def breakdown_columns(faces: pd.DataFrame) -> list[str]:
    """Return category columns with at least one face, the familiar ones first."""
    known = list(NAMED)
    columns = [c for c in tables.breakdown_columns(faces) if faces[c].notna().any()]
    return sorted(columns, key=lambda c: known.index(c) if c in known else len(known))


def breakdown(
    panel: Panel, column: str, metrics: tuple[str, ...] = BREAKDOWN_METRICS, means: Means = None
) -> pd.DataFrame:
    """Return every metric with its interval, by level of a category column and contender.

    ``column`` is a category of ``panel.faces``, or '' for all faces; ``means`` are ``level_means``
    made before for these columns and more. Columns ``level``, ``contender``, ``n``, and each metric
    with ``_low``, ``_high``.
    """
    values = {m: per_contender(panel, m) for m in metrics}
    if means is None:
        means = level_means(panel, [column] if column else [], mean_columns(panel, metrics))
    rows = []
    for name, level, member in level_masks(panel, [column] if column else []):
        if name != column:
            continue
        shares = {
            m: share_interval(v[member], panel.group[member])
            for m, v in values.items()
            if METRICS[m].interval == "wilson"
        }
        for k, contender in enumerate(panel.contenders):
            row: dict[str, Any] = {"level": level, "contender": contender}
            row["n"] = int(np.isfinite(values[metrics[0]][member, k]).sum())
            for m in metrics:
                one = shares[m].take(k) if m in shares else means[name, level][m, contender]
                row |= {m: one.value, f"{m}_low": one.low, f"{m}_high": one.high}
            rows.append(row)
    return pd.DataFrame(rows)


def mean_columns(
    panel: Panel, metrics: tuple[str, ...] = BREAKDOWN_METRICS
) -> dict[Hashable, Array]:
    """Return the per-face columns ``(metric, contender)`` whose means want a bootstrap."""
    return {
        (m, c): seed_mean(panel, c, m)
        for m in metrics
        if METRICS[m].interval != "wilson"
        for c in panel.contenders
    }


def level_means(
    panel: Panel,
    columns: list[str],
    values: Mapping[Hashable, Array],
    everyone: bool = True,
) -> dict[tuple[str, str], dict[Hashable, Estimate]]:
    """Bootstrap many per-face columns at once, over all faces and in every level.

    One set of draws serves all columns of a level: the draws, not the columns, cost time.
    ``(breakdown, level)`` maps to the estimate by key of ``values``; all faces are ``('', 'all')``.
    """
    table = np.stack(list(values.values()), axis=1) if values else np.zeros((len(panel.age), 0))
    kinds = np.array([_kind_of_mean(key) for key in values], str)
    positive, squared = np.isin(kinds, ("positive", "root")), kinds == "root"
    out = {}
    for name, level, member in level_masks(panel, columns):
        if not (name or everyone):
            continue
        rng = generator("mean", name, level)
        found = mean_interval(
            table[member], panel.group[member], rng, positive=positive, squared=squared
        )
        out[name, level] = {key: found.take(k) for k, key in enumerate(values)}
    return out


def _kind_of_mean(key: Hashable) -> str:
    """Return the kind of interval of a column ``(metric, contender)``; of any other 'signed'."""
    metric = METRICS.get(str(key[0])) if isinstance(key, tuple) else None
    return metric.interval if metric is not None else "signed"


def standardised(
    panel: Panel, column: str, standard: Standard, metrics: tuple[str, ...] = ("mae", "accuracy")
) -> pd.DataFrame:
    """Return standardised metrics of the compared pose bins; columns as in ``breakdown``."""
    values = {m: per_contender(panel, m) for m in metrics}
    rows = []
    for _, level, member in level_masks(panel, [column])[1:]:
        if level not in standard.bins:
            continue
        inside = member & (standard.weights > 0)
        groups, weights = panel.group[inside], standard.weights[inside]
        found = {
            m: share_interval(v[inside], groups, weights)
            if METRICS[m].interval == "wilson"
            else student_interval(v[inside], groups, positive=True, weights=weights)
            for m, v in values.items()
        }
        for k, contender in enumerate(panel.contenders):
            row: dict[str, Any] = {"level": level, "contender": contender, "n": int(inside.sum())}
            for m, estimates in found.items():
                one = estimates.take(k)
                row |= {m: one.value, f"{m}_low": one.low, f"{m}_high": one.high}
            rows.append(row)
    return pd.DataFrame(rows)


def crossed(panel: Panel, rows: str, columns: str) -> pd.DataFrame:
    """Return ``mae`` and ``accuracy`` of every contender for two crossed breakdowns.

    Columns ``row``, ``column``, ``contender``, ``n``, ``mae``, ``accuracy`` and for both ``_low``
    and ``_high``; empty cells are absent.
    """
    values = {m: per_contender(panel, m) for m in ("mae", "accuracy")}
    one, two = panel.faces[rows], panel.faces[columns]
    out = []
    for row in one.cat.categories:
        for column in two.cat.categories:
            member = ((one == row) & (two == column)).to_numpy()
            if not member.any():
                continue
            groups = panel.group[member]
            found = {
                "mae": student_interval(values["mae"][member], groups, positive=True),
                "accuracy": share_interval(values["accuracy"][member], groups),
            }
            for k, contender in enumerate(panel.contenders):
                cell: dict[str, Any] = {"row": row, "column": column, "contender": contender}
                cell["n"] = int(found["accuracy"].n[k])
                for metric, estimates in found.items():
                    e = estimates.take(k)
                    cell |= {metric: e.value, f"{metric}_low": e.low, f"{metric}_high": e.high}
                if cell["n"]:
                    out.append(cell)
    names = ["row", "column", "contender", "n"]
    names += [f"{m}{end}" for m in values for end in ("", "_low", "_high")]
    frame = pd.DataFrame(out, columns=names)
    for name, source in (("row", one), ("column", two)):
        frame[name] = pd.Categorical(frame[name], source.cat.categories, ordered=True)
    return frame


def per_contender(panel: Panel, metric: str) -> Array:
    """Return a per-face metric of every contender, averaged over seeds, shape (F, C)."""
    return np.stack([seed_mean(panel, c, metric) for c in panel.contenders], axis=1)
