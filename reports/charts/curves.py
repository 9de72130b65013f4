"""Curves the run holds: learning, training, and robustness to degraded pictures."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures

from ..evaluation import Evaluation

TITLE = "{variant}"
SECTION = "curves"
ORDER = 110
NOTE = "Line: mean over seeds."
WORDS = {"learning": ("Learning curve", "training faces"), "training": ("Training", "epoch")}


def variants(evaluation: Evaluation) -> list[tuple[str, str]]:
    """One chart a curve and metric."""
    table = evaluation.run.curves
    if table is None or table.empty:
        return []
    keys = table[["curve", "metric"]].drop_duplicates().itertuples(index=False)
    return [(f"{c}:{m}", f"{WORDS.get(str(c), (f'Robustness to {c}',))[0]}: {m}") for c, m in keys]


def frame(evaluation: Evaluation, variant: str = "learning:mae") -> pd.DataFrame:
    """Return ``contender, x, value, seeds``."""
    curve, metric = variant.rsplit(":", 1)
    table = evaluation.run.curves
    assert table is not None
    rows = table[(table["curve"].astype(str) == curve) & (table["metric"].astype(str) == metric)]
    rows = rows[rows["contender"].isin(evaluation.panel.contenders)]
    means = rows.groupby(["contender", "x"], sort=True, observed=True)["value"]
    return means.agg(value="mean", seeds="count").reset_index()


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "learning:mae") -> Figure:
    """Draw one line a contender."""
    curve, metric = variant.rsplit(":", 1)
    figure, (ax,) = figures.axes(2.8)
    for name, rows in frame.groupby("contender", sort=False):
        with figures.contender(ax, name, looks):
            ax.plot(rows["x"], rows["value"], color=looks[name].colour,
                    marker=looks[name].marker, ms=4)  # fmt: skip
    ax.set(xlabel=WORDS.get(curve, ("", curve))[1], ylabel=metric)
    return figure
