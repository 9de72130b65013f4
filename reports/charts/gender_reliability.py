"""Reliability of the gender probability."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.statistics.shares import share_interval

from ..evaluation import Evaluation

TITLE = "Gender: stated against observed probability"
SECTION = "gender"
ORDER = 81
NOTE = "Ten bins of equal width with 95% intervals; on the diagonal, 80% means 80%."
BINS = 10


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame:
    """Return ``contender, stated, n, value, value_low, value_high``."""
    panel, rows = evaluation.panel, []
    for name, answers in panel.answers.items():
        p = answers.p_female
        known = np.isfinite(p)
        female = np.broadcast_to(panel.female, p.shape)[known]
        group = np.broadcast_to(panel.group, p.shape)[known]
        stated = p[known]
        bins = np.minimum(np.round(stated * BINS, 4).astype(int), BINS - 1)
        for b in np.unique(bins):
            member = bins == b
            found = share_interval(female[member].reshape(-1, 1), group[member]).only()
            rows.append(
                {
                    "contender": name,
                    "stated": float(stated[member].mean()),
                    "n": round(member.sum() / len(answers.seeds)),
                    "value": found.value,
                    "value_low": found.low,
                    "value_high": found.high,
                }
            )
    return pd.DataFrame(rows)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "") -> Figure:
    """Draw observed against stated, with the diagonal of perfect calibration."""
    figure, (ax,) = figures.axes(3.4, width=4.2)
    ax.plot([0, 1], [0, 1], color=figures.SOFT, lw=0.8, ls="--")
    for name, rows in frame[frame["n"] >= 5].groupby("contender", sort=False):
        with figures.contender(ax, name, looks):
            ax.vlines(rows["stated"], rows["value_low"], rows["value_high"],
                      color=looks[name].colour, lw=1, alpha=0.6)  # fmt: skip
            ax.plot(rows["stated"], rows["value"], color=looks[name].colour,
                    marker=looks[name].marker, ms=3.8)  # fmt: skip
    ax.set(xlabel="stated probability of female", ylabel="share annotated female",
           xlim=(0, 1), ylim=(0, 1.01), aspect="equal")  # fmt: skip
    return figure
