"""Error on other data sets by group."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.drawing import labels as labels_of
from reports.statistics.elsewhere import SHARES, per_face
from reports.statistics.intervals import mean_interval
from reports.statistics.resampling import generator
from reports.statistics.shares import share_interval

from ..evaluation import Evaluation

TITLE = "{variant}"
SECTION = "elsewhere"
ORDER = 104
NOTE = "Each group with its 95% interval; groups of fewer than 30 faces are faint."
COLUMNS = {"gender": "gender", "age_bin": "age", "ethnicity": "ethnicity", "yaw_bin": "|yaw|"}
TITLES = {"mae": "Age error", "outside_range": "Years outside the range", "accuracy": "Gender"}
WORDS = {"mae": "age error (years)", "outside_range": "years outside the age range",
         "accuracy": "right genders"}  # fmt: skip
UNITS = {"value": ""}


def variants(evaluation: Evaluation) -> list[tuple[str, str]]:
    """One chart a data set and metric that it has."""
    found = []
    for name in evaluation.elsewhere:
        have = set(evaluation.against_home[name]["metric"])
        shown = [(metric, title) for metric, title in TITLES.items() if metric in have]
        found += [(f"{name}:{metric}", f"{title} by group on {name}") for metric, title in shown]
    return found


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame:
    """Return ``breakdown, level, contender, n, value, value_low, value_high``."""
    name, metric = variant.rsplit(":", 1)
    other = evaluation.elsewhere[name]
    names = [c for c in evaluation.shown if c in other.panel.answers]
    values = {c: per_face(other.panel.answers[c], other)[metric].astype(float) for c in names}
    rows = []
    for column, words in COLUMNS.items():
        if column not in other.panel.faces:
            continue
        levels = other.panel.faces[column].cat
        for code, level in enumerate(levels.categories):
            for contender in names if str(level) != "unknown" else ():
                member = (levels.codes.to_numpy() == code) & np.isfinite(values[contender])
                if member.any():
                    row = {"breakdown": words, "level": f"{words} {level}", "contender": contender}
                    group = other.panel.group[member]
                    rows.append(row | _estimate(values[contender][member], group, metric, variant))
    return pd.DataFrame(rows)


def _estimate(
    values: np.ndarray, groups: np.ndarray, metric: str, variant: str
) -> dict[str, float]:
    column = values[:, None]
    found = (
        share_interval(column, groups)
        if metric in SHARES
        else mean_interval(column, groups, generator("elsewhere by group", variant))
    ).only()
    return {"n": found.n, "value": found.value, "value_low": found.low, "value_high": found.high}


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "") -> Figure:
    """Draw groups as rows, contenders side by side."""
    levels, contenders = frame["level"].nunique(), frame["contender"].nunique()
    figure, (ax,) = figures.axes(0.6 + levels * max(0.26, 0.085 * contenders))
    figures.dots(ax, frame, looks, "value", labels=labels_of.level_labels(frame))
    ax.set_xlabel(WORDS[variant.rsplit(":", 1)[-1]])
    return figure
