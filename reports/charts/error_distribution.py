"""The distribution of the signed error of age."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures

from ..evaluation import Evaluation

TITLE = "Distribution of errors"
SECTION = "errors"
ORDER = 71
NOTE = "Share of faces by signed error in steps of two years (all seeds); ends collect the rest."
EDGES = np.arange(-31, 32, 2)


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame:
    """Return ``contender, error, value``: share of faces in a two-year step."""
    panel, rows = evaluation.panel, []
    for name, answers in panel.answers.items():
        gap = (answers.age - panel.age)[np.isfinite(answers.age)]
        counts, _ = np.histogram(np.clip(gap, EDGES[0], EDGES[-1]), EDGES)
        middles, shares = (EDGES[:-1] + EDGES[1:]) / 2, counts / max(len(gap), 1)
        for middle, share in zip(middles, shares, strict=True):
            rows.append({"contender": name, "error": float(middle), "value": float(share)})
    return pd.DataFrame(rows)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "") -> Figure:
    """Draw step lines."""
    figure, (ax,) = figures.axes(3.0)
    for name, rows in frame.groupby("contender", sort=False):
        with figures.contender(ax, name, looks):
            ax.step(rows["error"], rows["value"], where="mid", color=looks[name].colour)
    ax.axvline(0, color=figures.SOFT, lw=0.8)
    ax.set(xlabel="predicted - true, years", ylabel="share of faces", ylim=(0, None))
    return figure
