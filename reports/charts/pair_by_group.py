"""The tested pair by group: advantage of the second, interval, adjusted significance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.drawing import labels as labels_of
from reports.statistics import breakdowns

from ..evaluation import Evaluation

TITLE = "{variant}"
SECTION = "pair"
ORDER = 60
NOTE = (
    "Right of the line: the second contender is better. Filled: the difference counts after "
    "adjustment for all tests of the page; hollow: it does not. The bars around zero show what a "
    "test of this group could see: a true difference inside them is missed more than once in five. "
    "The intervals are not adjusted."
)
WORDS = {"age": "years less age error", "gender": "points more gender accuracy"}
AXES = {"age": "years less error", "gender": "points more accuracy"}


def variants(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Two charts a breakdown."""
    if evaluation.pair is None:
        return []
    return [
        (f"{c}:{t}", f"Tested pair: {WORDS[t]} by {breakdowns.label(c)}")
        for c in evaluation.drawn_columns
        for t in AXES
    ]


def frame(evaluation: Evaluation, variant: str = "age_bin:age") -> pd.DataFrame:
    """Return ``level, n, value, value_low, value_high, p, p_page, detectable, claim``."""
    column, target = variant.rsplit(":", 1)
    tests = evaluation.tests
    rows = tests[(tests["breakdown"] == column) & (tests["target"] == target)]
    keep = ["level", "n", "first", "second", "advantage", "low", "high", "p", "p_page",
            "detectable", "claim"]  # fmt: skip
    names = {"advantage": "value", "low": "value_low", "high": "value_high"}
    return rows[keep].rename(columns=names).reset_index(drop=True)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "age_bin:age") -> Figure:
    """Draw one row a group."""
    target = variant.rsplit(":", 1)[1]
    factor = 100.0 if target == "gender" else 1.0
    figure, (ax,) = figures.axes(0.6 + 0.24 * len(frame))
    y = np.arange(len(frame))
    clear = frame["claim"].isin(("first", "second")).to_numpy()
    reach = frame["detectable"].fillna(0) * factor
    ax.barh(y, 2 * reach, 0.62, left=-reach, color=figures.GRID, lw=0, zorder=0)
    for faint in (False, True):
        part = (frame["n"] < figures.SMALL_N).to_numpy() == faint
        alpha = 0.4 if faint else 1.0
        ax.hlines(y[part], frame["value_low"][part] * factor, frame["value_high"][part] * factor,
                  color=figures.INK, lw=1.4, alpha=alpha)  # fmt: skip
        for filled in (True, False):
            some = part & (clear == filled)
            ax.plot(frame["value"][some] * factor, y[some], "o", ms=5, mec=figures.INK, alpha=alpha,
                    mfc=figures.INK if filled else figures.GROUND)  # fmt: skip
    ax.axvline(0, color=figures.SOFT, lw=1)
    _fit(ax, frame, factor)
    labels = labels_of.level_labels(frame)
    figures.make_room(ax, labels)
    ax.set_yticks(y, labels)
    ax.set_ylim(len(frame) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(AXES[target])
    return figure


def _fit(ax: Axes, frame: pd.DataFrame, factor: float) -> None:
    """Scale to the groups of 30 faces and more, zero included."""
    rows = frame[frame["n"] >= figures.SMALL_N] if (frame["n"] >= figures.SMALL_N).any() else frame
    ends = rows[["value", "value_low", "value_high"]].to_numpy(float) * factor
    low, high = min(float(np.nanmin(ends)), 0.0), max(float(np.nanmax(ends)), 0.0)
    pad = 0.06 * (high - low) or 0.5
    ax.set_xlim(low - pad, high + pad)
