"""Cumulative score: share of ages right within so many years."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.statistics.pairs import targets_of

from ..evaluation import Evaluation

TITLE = "Share of ages right within so many years"
SECTION = "errors"
ORDER = 70
NOTE = "The cumulative score CS@k, mean over seeds; higher and further left is better."
YEARS = (0.5, *range(1, 21), 25, 30)


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame:
    """Return ``contender, years, value``."""
    panel, rows = evaluation.panel, []
    for name, answers in panel.answers.items():
        errors = [
            np.abs(predicted - truth)
            for truth, predicted in (
                targets_of(panel, answers, row, "age") for row in range(len(answers.seeds))
            )
        ]
        for years in YEARS:
            score = np.mean([(e[np.isfinite(e)] <= years).mean() for e in errors])
            rows.append({"contender": name, "years": float(years), "value": float(score)})
    return pd.DataFrame(rows)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "") -> Figure:
    """Draw one line a contender."""
    figure, (ax,) = figures.axes(3.0)
    for name, rows in frame.groupby("contender", sort=False):
        with figures.contender(ax, name, looks):
            ax.plot(rows["years"], rows["value"], color=looks[name].colour,
                    marker=looks[name].marker, ms=3.6, markevery=5)  # fmt: skip
    ax.set(xlabel="years", ylabel="share of faces", xlim=(0, 30), ylim=(0, 1))
    return figure
