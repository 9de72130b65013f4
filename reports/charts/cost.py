"""What accuracy costs: training time, answering time, size, against both questions."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.drawing import labels as labels_of

from ..evaluation import Evaluation

TITLE = "Price: {variant}"
SECTION = "costs"
ORDER = 100
LEGEND = False
NOTE = (
    "Medians over cells, logarithmic axis. Line: the contenders that nobody beats on both axes "
    "(Pareto front; none where they answered different faces); vertical bars: 95% intervals over "
    "faces. Left is cheaper; who builds on others costs what they cost too."
)
AXES = {
    "core_seconds": ("training, core time", "training, core-seconds"),
    "core_milliseconds_per_face": ("core time per face", "answering one face, core-milliseconds"),
    "model_bytes": ("model size", "model, megabytes"),
}
METRICS = {"mae": "MAE, years", "accuracy": "gender accuracy"}


def variants(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Time to train, time to answer and size."""
    return [(key, words) for key, (words, _) in AXES.items()]


def frame(evaluation: Evaluation, variant: str = "core_seconds") -> pd.DataFrame | None:
    """Return ``contender, cost, shared`` and ``mae``, ``accuracy`` with intervals and front.

    None where either was not measured, as in a data set with ranges of ages only.
    """
    costs = evaluation.costs
    numbers = evaluation.headline.set_index(["contender", "metric"])
    if costs.empty or variant not in costs or not METRICS.keys() <= set(numbers.index.levels[1]):
        return None
    scale = 1e-6 if variant == "model_bytes" else 1.0
    rows = []
    for name in [c for c in evaluation.panel.contenders if c in costs.index]:
        row = {"contender": name, "cost": float(costs.loc[name, variant]) * scale}
        row["shared"] = bool(costs.loc[name, "shared"])
        for metric in METRICS:
            found = numbers.loc[name, metric]
            row |= {metric: found["value"], f"{metric}_low": found["low"]}
            row |= {f"{metric}_high": found["high"]}
        rows.append(row)
    if not rows:
        return None
    out = pd.DataFrame(rows).dropna(subset=["cost", "mae"])
    out = out[out["cost"] > 0].reset_index(drop=True)
    for metric, sign in (("mae", 1), ("accuracy", -1)):
        front = on_front(out["cost"].to_numpy(), sign * out[metric].to_numpy())
        same = len({numbers.loc[(name, metric), "n"] for name in out["contender"]}) == 1
        out[f"front_{metric}"] = front & same
    return out


def on_front(cost: np.ndarray, loss: np.ndarray) -> np.ndarray:
    """Say which points nobody beats: cheaper or as cheap, and better, or the reverse."""
    beaten = (cost[None] <= cost[:, None]) & (loss[None] <= loss[:, None])
    beaten &= (cost[None] < cost[:, None]) | (loss[None] < loss[:, None])
    return np.asarray(~beaten.any(axis=1))


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "core_seconds") -> Figure:
    """Draw one named dot a contender for age and for gender, and the Pareto fronts."""
    figure, grid = figures.axes(
        2.7, columns=2, width=8.4, margins=figures.Margins(between=0.75, top=0.2)
    )
    for ax, metric in zip(grid, METRICS, strict=True):
        _panel(ax, frame, looks, metric)
        ax.set(xlabel=AXES[variant][1], ylabel=METRICS[metric])
    return figure


def _names(ax: Axes, frame: pd.DataFrame, looks: figures.Looks, metric: str) -> None:
    """Write each contender's name beside its dot, where no other name or dot is."""
    names = frame["contender"].tolist()
    dots = frame[["cost", metric]].to_numpy(float)
    points = ax.transData.transform(dots) * 72 / ax.figure.dpi
    texts = labels_of.distinct(names, 16)
    places = labels_of.beside(points, texts, size=8.5)
    for name, text, dot, (shift, align) in zip(names, texts, dots, places, strict=True):
        with figures.contender(ax, name, looks):
            ax.annotate(text, dot, shift, textcoords="offset points", ha=align, fontsize=8.5)


def _panel(ax: Axes, frame: pd.DataFrame, looks: figures.Looks, metric: str) -> None:
    front = frame[frame[f"front_{metric}"]].sort_values("cost")
    ax.plot(front["cost"], front[metric], color=figures.SOFT, lw=1, ls=":", drawstyle="steps-post")
    for row in frame.to_dict("records"):
        name = row["contender"]
        with figures.contender(ax, name, looks):
            ax.vlines(row["cost"], row[f"{metric}_low"], row[f"{metric}_high"],
                      color=looks[name].colour, lw=1.2)  # fmt: skip
            ax.plot([row["cost"]], [row[metric]], looks[name].marker, ms=7,
                    color=looks[name].colour)  # fmt: skip
    low, high = frame["cost"].min(), frame["cost"].max()
    ax.set_xscale("log")
    ax.set_xlim(low / 4, high * 4)
    if metric == "mae":
        ax.set_ylim(0, float(np.nanmax(frame["mae_high"].fillna(frame["mae"]))) * 1.15)
    _names(ax, frame, looks, metric)
    ax.minorticks_off()
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
