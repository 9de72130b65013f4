"""Bias along age: who makes the old younger and the young older."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures

from ..evaluation import Evaluation

TITLE = "Bias along age"
SECTION = "errors"
ORDER = 72
NOTE = (
    "Mean signed error with its 95% interval; above the line, faces are estimated too old. "
    "A baseline may lie outside."
)


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame | None:
    """Return ``level, contender, n, value, value_low, value_high``."""
    if "age_bin" not in evaluation.columns:
        return None
    keep = ["level", "contender", "n", "bias", "bias_low", "bias_high"]
    names = ["level", "contender", "n", "value", "value_low", "value_high"]
    return evaluation.breakdown_tables["age_bin"][keep].set_axis(names, axis=1)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "") -> Figure:
    """Draw a line with an interval band for each contender."""
    levels = list(dict.fromkeys(frame["level"]))
    figure, (ax,) = figures.axes(3.0, margins=figures.Margins(bottom=0.75))
    ax.axhline(0, color=figures.SOFT, lw=1)
    for name, rows in frame.groupby("contender", sort=False):
        x = [levels.index(v) for v in rows["level"]]
        with figures.contender(ax, name, looks):
            ax.fill_between(x, rows["value_low"], rows["value_high"], lw=0, alpha=0.2,
                            color=looks[name].colour)  # fmt: skip
            ax.plot(x, rows["value"], color=looks[name].colour, marker=looks[name].marker, ms=4)
    strong = frame[[looks[c].slot != 0 for c in frame["contender"]]]
    if len(strong):  # a constant baseline would flatten everybody else
        reach = float(strong[["value_low", "value_high", "value"]].abs().max(axis=None)) * 1.1
        ax.set_ylim(-reach, reach)
    ax.set_xticks(range(len(levels)), levels, rotation=45, ha="right")
    ax.set(xlabel="true age", ylabel="bias, years")
    return figure
