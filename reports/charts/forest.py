"""Both questions over all breakdowns in one picture, for the top of the page."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.drawing import labels as labels_of
from reports.statistics import breakdowns

from ..evaluation import Evaluation

TITLE = "For whom, and at what angle"
SECTION = "summary"
ORDER = 1
NOTE = (
    "Each row is a group of test faces, number in brackets; dots with 95% intervals. Groups of "
    "fewer than 30 faces are left out here and shown in the sections below."
)
PANELS = {"mae": "age error (MAE), years", "accuracy": "gender accuracy"}


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame:
    """Return ``breakdown, level, contender, n`` and both metrics with intervals."""
    keep = [f"{m}{end}" for m in PANELS for end in ("", "_low", "_high")]
    parts = [_all_faces(evaluation)]
    columns = [c for c in evaluation.drawn_columns if evaluation.panel.faces[c].nunique() <= 12]
    for column in columns:
        table = evaluation.breakdown_tables[column]
        table = table[(table["n"] >= figures.SMALL_N) & (table["level"] != "unknown")]
        parts.append(table.assign(breakdown=breakdowns.label(column)))
    out = pd.concat(parts, ignore_index=True)
    out = out[out["contender"].isin(evaluation.verdict_contenders)]
    return out[["breakdown", "level", "contender", "n", *keep]].reset_index(drop=True)


def _all_faces(evaluation: Evaluation) -> pd.DataFrame:
    rows = evaluation.headline[evaluation.headline["metric"].isin(PANELS)]
    wide: dict[str, dict[str, object]] = {}
    for row in rows.to_dict("records"):
        mine = wide.setdefault(row["contender"], {"contender": row["contender"], "n": row["n"]})
        metric = row["metric"]
        mine |= {metric: row["value"], f"{metric}_low": row["low"], f"{metric}_high": row["high"]}
    return pd.DataFrame(list(wide.values())).assign(breakdown="", level="all faces")


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "") -> Figure:
    """Draw rows of groups and one panel a question."""
    keys = list(dict.fromkeys(zip(frame["breakdown"], frame["level"], strict=True)))
    n = frame.groupby(["breakdown", "level"], sort=False)["n"].max()
    labels = [
        f"{f'{labels_of.short(b, 14)} ' if b else ''}{labels_of.short(v, 16)}  ({n[b, v]:,})"
        for b, v in keys
    ]
    room = figures.room_for(labels)
    figure, grid = figures.axes(
        0.65 + 0.24 * len(keys), columns=2, width=9.4, sharey=True,
        margins=figures.Margins(left=room, top=0.46, bottom=0.1, between=0.3),
    )  # fmt: skip
    names = figures.contenders_of(frame)
    for ax, metric in zip(grid, PANELS, strict=True):
        for k, name in enumerate(names):
            rows = frame[frame["contender"] == name]
            at = zip(rows["breakdown"], rows["level"], strict=True)
            y = np.array([keys.index(key) for key in at], float)
            y += (k - (len(names) - 1) / 2) * 0.26
            with figures.contender(ax, name, looks):
                ax.hlines(y, rows[f"{metric}_low"], rows[f"{metric}_high"], lw=1.4,
                          color=looks[name].colour)  # fmt: skip
                ax.plot(rows[metric], y, ls="", marker=looks[name].marker, ms=4.4,
                        color=looks[name].colour)  # fmt: skip
        for row in range(1, len(keys)):
            if keys[row][0] != keys[row - 1][0]:
                ax.axhline(row - 0.5, color=figures.GRID, lw=1, zorder=0)
        ax.grid(axis="y", visible=False)
        ax.set_xlabel(PANELS[metric])  # on top: the first screen shows no lower end
        ax.xaxis.set_label_position("top")
        ax.xaxis.tick_top()
    grid[0].set_yticks(range(len(keys)), labels)
    grid[0].set_ylim(len(keys) - 0.5, -0.5)
    grid[0].set_xlim(left=0)
    return figure
