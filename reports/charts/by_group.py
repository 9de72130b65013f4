"""Error of age and accuracy of gender by every breakdown: the page's main chart."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.drawing import labels as labels_of
from reports.statistics import breakdowns

from ..evaluation import POSE_COLUMNS, Evaluation
from ..noise_floor import noise_floor

TITLE = "{variant}"
SECTION = "groups"
ORDER = 20
NOTE = (
    "Number of faces in brackets; groups of fewer than 30 faces are faint. The axis fits the "
    "contenders; a baseline may lie outside. Dotted: floor of label noise, if it is known."
)
AXES = {"mae": "mean absolute error, years", "accuracy": "gender accuracy"}
WORDS = {"mae": "Age error", "accuracy": "Gender accuracy"}


def variants(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Two charts a breakdown; pose has its own section."""
    return [
        (f"{column}:{metric}", f"{WORDS[metric]} by {breakdowns.label(column)}")
        for column in evaluation.drawn_columns
        if column not in POSE_COLUMNS
        for metric in AXES
    ]


def frame(evaluation: Evaluation, variant: str = "age_bin:mae") -> pd.DataFrame:
    """Return ``level, contender, n, value, value_low, value_high``, ``noise_floor`` if known."""
    column, metric = variant.rsplit(":", 1)
    table = evaluation.breakdown_tables[column]
    keep = ["level", "contender", "n", metric, f"{metric}_low", f"{metric}_high"]
    names = ["level", "contender", "n", "value", "value_low", "value_high"]
    out = table[keep].set_axis(names, axis=1)
    noise = noise_floor(evaluation.run)
    if metric == "mae" and noise:
        out["noise_floor"] = noise["mae"]
    return out


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "age_bin:mae") -> Figure:
    """Draw levels as rows, contenders dodged within them."""
    levels, contenders = frame["level"].nunique(), frame["contender"].nunique()
    figure, (ax,) = figures.axes(0.6 + levels * max(0.26, 0.085 * contenders))
    figures.dots(ax, frame, looks, "value", labels=labels_of.level_labels(frame))
    ax.set_xlabel(AXES[variant.rsplit(":", 1)[1]])
    if variant.endswith("mae"):
        ax.set_xlim(left=0)
        figures.draw_floor(ax, frame)
    else:
        ax.set_xlim(right=min(1.005, ax.get_xlim()[1]))
    return figure
