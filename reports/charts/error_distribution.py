"""The distribution of the signed error of age."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.statistics.shares import share_interval

from ..evaluation import Evaluation

TITLE = "Distribution of errors"
SECTION = "errors"
ORDER = 71
NOTE = (
    "Share of faces by signed error in steps of two years, mean over seeds, with 95% intervals; "
    "the ends collect the rest."
)
EDGES = np.arange(-31, 32, 2)


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame:
    """Return ``contender, error, value`` and interval: share of faces in a two-year step."""
    panel, rows = evaluation.panel, []
    middles = (EDGES[:-1] + EDGES[1:]) / 2
    for name, answers in panel.answers.items():
        gap = np.clip(answers.age - panel.age, EDGES[0], EDGES[-1])
        known = np.isfinite(gap)
        step = np.clip(np.searchsorted(EDGES, np.nan_to_num(gap), "right") - 1, 0, len(middles) - 1)
        inside = (step[..., None] == np.arange(len(middles))) & known[..., None]
        with np.errstate(invalid="ignore"):
            shares = inside.sum(axis=0) / known.sum(axis=0)[:, None]
        found = share_interval(shares, panel.group)
        for k, middle in enumerate(middles):
            one = found.take(k)
            ends = {"value": one.value, "value_low": one.low, "value_high": one.high}
            rows.append({"contender": name, "error": float(middle), **ends})
    return pd.DataFrame(rows)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "") -> Figure:
    """Draw step lines."""
    figure, (ax,) = figures.axes(3.0)
    for name, rows in frame.groupby("contender", sort=False):
        with figures.contender(ax, name, looks):
            figures.band(ax, rows["error"], rows, looks[name])
            ax.step(rows["error"], rows["value"], where="mid", color=looks[name].colour)
    ax.axvline(0, color=figures.SOFT, lw=0.8)
    ax.set(xlabel="predicted - true, years", ylabel="share of faces", ylim=(0, None))
    return figure
