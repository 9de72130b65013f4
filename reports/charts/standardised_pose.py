"""Error by pose as if every pose bin held the same ages and genders."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.drawing import labels as labels_of
from reports.statistics import breakdowns

from ..evaluation import Evaluation
from . import by_group

TITLE = "{variant}"
SECTION = "pose"
ORDER = 31
NOTE = (
    "Filled: standardised over age class and gender on their common support. "
    "Hollow: as measured. Where the two agree, age does not explain the effect of pose. A "
    "baseline may lie outside."
)


def variants(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Two charts a pose angle that could be standardised."""
    return [
        (f"{column}:{m}", f"{by_group.WORDS[m]} by {breakdowns.label(column)}, age-standardised")
        for column in evaluation.standardised
        for m in by_group.AXES
    ]


def frame(evaluation: Evaluation, variant: str = "yaw_bin:mae") -> pd.DataFrame:
    """Return ``level, contender, n, raw, value, value_low, value_high``."""
    column, metric = variant.rsplit(":", 1)
    table = evaluation.standardised[column]
    keep = ["level", "contender", "n", metric, f"{metric}_low", f"{metric}_high"]
    names = ["level", "contender", "n", "value", "value_low", "value_high"]
    raw = evaluation.breakdown_tables[column].set_index(["level", "contender"])[metric]
    out = table[keep].set_axis(names, axis=1)
    out.insert(
        3, "raw", [raw[level, c] for level, c in zip(out["level"], out["contender"], strict=True)]
    )
    return out


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "yaw_bin:mae") -> Figure:
    """Draw the standardised dot with its interval, and the raw one hollow beside it."""
    levels, contenders = frame["level"].nunique(), frame["contender"].nunique()
    figure, (ax,) = figures.axes(0.6 + levels * max(0.3, 0.1 * contenders))
    raw = frame.assign(value=frame["raw"], value_low=frame["raw"], value_high=frame["raw"])
    figures.dots(ax, raw, looks, "value", hollow=True, labels=labels_of.level_labels(frame))
    figures.dots(ax, frame, looks, "value", labels=labels_of.level_labels(frame))
    ax.set_xlabel(by_group.AXES[variant.rsplit(":", 1)[1]])
    if variant.endswith("mae"):
        ax.set_xlim(left=0)
    else:
        ax.set_xlim(right=min(1.005, ax.get_xlim()[1]))
    return figure
