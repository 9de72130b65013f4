"""Coverage of the age intervals by age: right on average may be wrong at some ages."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.drawing import labels as labels_of

from ..evaluation import Evaluation

TITLE = "Coverage of the age intervals by age"
SECTION = "certainty"
ORDER = 91
NOTE = "Share of true ages inside the stated interval; the line marks the level it promises."


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame | None:
    """Return ``level, contender, n, value, value_low, value_high, promised``."""
    if "age_bin" not in evaluation.columns:
        return None
    keep = ["level", "contender", "n", "coverage", "coverage_low", "coverage_high"]
    names = ["level", "contender", "n", "value", "value_low", "value_high"]
    table = evaluation.breakdown_tables["age_bin"][keep].set_axis(names, axis=1)
    table["promised"] = evaluation.interval_level
    return table.dropna(subset=["value"]).reset_index(drop=True)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "") -> Figure:
    """Draw age bins as rows and the promised level as a line."""
    levels, contenders = frame["level"].nunique(), frame["contender"].nunique()
    figure, (ax,) = figures.axes(0.6 + levels * max(0.26, 0.085 * contenders))
    figures.dots(ax, frame, looks, "value", labels=labels_of.level_labels(frame))
    ax.axvline(frame["promised"].iloc[0], color=figures.INK, lw=1, ls="--")
    ax.set_xlabel("share of true ages inside the interval")
    ax.set_xlim(right=1.005)
    return figure
