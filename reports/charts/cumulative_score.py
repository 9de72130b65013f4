"""Cumulative score: share of ages right within so many years."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.statistics.shares import share_interval

from ..evaluation import Evaluation

TITLE = "Share of ages right within so many years"
SECTION = "errors"
ORDER = 70
NOTE = "The cumulative score CS@k with its 95% interval; higher and further left is better."
YEARS = (0.5, *range(1, 21), 25, 30)


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame:
    """Return ``contender, years, n, value, value_low, value_high``."""
    panel, rows = evaluation.panel, []
    for name, answers in panel.answers.items():
        error = np.abs(answers.age - panel.age)
        known = np.isfinite(error)
        right = (error[..., None] <= np.array(YEARS)) & known[..., None]
        with np.errstate(invalid="ignore"):
            shares = right.sum(axis=0) / known.sum(axis=0)[:, None]
        found = share_interval(shares, panel.group)
        for k, years in enumerate(YEARS):
            one = found.take(k)
            ends = {"value": one.value, "value_low": one.low, "value_high": one.high}
            rows.append({"contender": name, "years": float(years), "n": one.n, **ends})
    return pd.DataFrame(rows)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "") -> Figure:
    """Draw one line a contender."""
    figure, (ax,) = figures.axes(3.0)
    for name, rows in frame.groupby("contender", sort=False):
        with figures.contender(ax, name, looks):
            figures.band(ax, rows["years"], rows, looks[name])
            ax.plot(rows["years"], rows["value"], color=looks[name].colour,
                    marker=looks[name].marker, ms=3.6, markevery=5)  # fmt: skip
    ax.set(xlabel="years", ylabel="share of faces", xlim=(0, 30), ylim=(0, 1))
    return figure
