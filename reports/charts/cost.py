"""What accuracy costs: training time, answering speed, memory, size."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures

from ..evaluation import Evaluation

TITLE = "Age error against {variant}"
SECTION = "costs"
ORDER = 100
LEGEND = False
NOTE = "Medians over cells, logarithmic axis; left and low is better for time and size."
AXES = {
    "fit_seconds": ("training time", "training, seconds"),
    "milliseconds_per_face": ("time per face", "answering one face, milliseconds"),
    "model_bytes": ("model size", "model, megabytes"),
}


def variants(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Time to train, time to answer, size."""
    return [(key, words) for key, (words, _) in AXES.items()]


def frame(evaluation: Evaluation, variant: str = "fit_seconds") -> pd.DataFrame | None:
    """Return ``contender, cost, mae``."""
    costs = evaluation.costs
    if costs.empty or variant not in costs:
        return None
    scale = 1e-6 if variant == "model_bytes" else 1.0
    rows = [
        {"contender": c, "cost": costs.loc[c, variant] * scale, "mae": evaluation.value(c, "mae")}
        for c in evaluation.panel.contenders
        if c in costs.index
    ]
    out = pd.DataFrame(rows, columns=["contender", "cost", "mae"]).dropna()
    return out[out["cost"] > 0].reset_index(drop=True)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "fit_seconds") -> Figure:
    """Draw one named dot a contender."""
    figure, (ax,) = figures.axes(2.6)
    for name, cost, mae in frame.itertuples(index=False):
        with figures.contender(ax, name, looks):
            ax.plot([cost], [mae], looks[name].marker, ms=7, color=looks[name].colour)
            ax.annotate(figures.short(name), (cost, mae), (0, 7), textcoords="offset points",
                        ha="center", fontsize=8)  # fmt: skip
    low, high = frame["cost"].min(), frame["cost"].max()
    ax.set_xscale("log")
    ax.set_xlim(low / 3, high * 3)
    ax.set_ylim(0, float(np.nanmax(frame["mae"])) * 1.2)
    ax.set(xlabel=AXES[variant][1], ylabel="MAE, years")
    ax.minorticks_off()
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    return figure
