"""Train against test: how much each contender fits the faces it has seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.drawing import labels as labels_of

from ..evaluation import Evaluation

TITLE = "Train against test: {variant}"
SECTION = "result"
ORDER = 12
LEGEND = False
NOTE = (
    "Hollow: the faces a contender was fitted on; filled: the test faces, with 95% interval. The "
    "distance is how much better it is on faces it has seen."
)
AXES = {"mae": ("age error", "MAE, years"), "accuracy": ("gender accuracy", "gender accuracy")}


def variants(evaluation: Evaluation) -> list[tuple[str, str]]:
    """One chart a question, if the run holds scores on train."""
    if evaluation.run.part_scores is None:
        return []
    return [(metric, words) for metric, (words, _) in AXES.items()]


def frame(evaluation: Evaluation, variant: str = "mae") -> pd.DataFrame:
    """Return ``contender, train, value`` (test) with interval, and ``gap`` (test less train)."""
    scores = evaluation.run.part_scores
    assert scores is not None
    mine = scores[(scores["part"].astype(str) == "train") & (scores["metric"] == variant)]
    if "protocol" in mine:
        mine = mine[mine["protocol"].astype(str) == evaluation.panel.protocol]
    train = mine.groupby("contender", observed=True)["value"].mean()
    rows = evaluation.headline[evaluation.headline["metric"] == variant]
    rows = rows[rows["contender"].isin(train.index)]
    out = rows[["contender", "value", "low", "high"]].reset_index(drop=True)
    out = out.set_axis(["contender", "value", "value_low", "value_high"], axis=1)
    out.insert(1, "train", out["contender"].map(train).astype(float))
    out["gap"] = out["value"] - out["train"]
    return out


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "mae") -> Figure:
    """Draw one row a contender."""
    labels = labels_of.distinct(frame["contender"].tolist())
    figure, (ax,) = figures.axes(0.75 + 0.3 * len(frame))
    for y, row in enumerate(frame.to_dict("records")):
        look = looks[row["contender"]]
        with figures.contender(ax, row["contender"], looks):
            ax.hlines(y, row["train"], row["value"], color=look.colour, lw=1, ls=":")
            ax.hlines(y, row["value_low"], row["value_high"], color=look.colour, lw=1.6)
            ax.plot([row["train"]], [y], look.marker, mec=look.colour, mfc=figures.GROUND, ms=5.5)
            ax.plot([row["value"]], [y], look.marker, color=look.colour, ms=5.5)
    figures.make_room(ax, labels)
    ax.set_yticks(np.arange(len(frame)), labels)
    ax.set_ylim(len(frame) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(AXES[variant][1])
    return figure
