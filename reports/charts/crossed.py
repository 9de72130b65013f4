"""Two breakdowns crossed: a heat map for each contender."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.display.words import minus
from reports.drawing import figures
from reports.drawing import labels as labels_of
from reports.drawing.heat import heat_map
from reports.statistics import breakdowns

from ..evaluation import Evaluation

TITLE = "{variant}"
SECTION = "groups"
ORDER = 40
LEGEND = False
NOTE = (
    "Darker is worse, on one scale for all. Numbers of fewer than 30 faces are faint. The table "
    "holds the intervals."
)
WORDS = {"mae": "Age error, years", "accuracy": "Gender accuracy, %"}
FACTOR = {"mae": 1.0, "accuracy": 100.0}


def variants(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Age class, gender and yaw, crossed two by two, for both questions."""
    return [
        (
            f"{a}:{b}:{metric}",
            f"{WORDS[metric].split(',')[0]} by {breakdowns.label(a)} and {breakdowns.label(b)}",
        )
        for a, b in evaluation.crossings
        for metric in WORDS
    ]


def frame(evaluation: Evaluation, variant: str = "age_class:gender:mae") -> pd.DataFrame:
    """Return ``row, column, contender, n, value, value_low, value_high``."""
    a, b, metric = variant.split(":")
    table = evaluation.crossed(a, b)
    out = table[["row", "column", "contender", "n", metric, f"{metric}_low", f"{metric}_high"]]
    out = out.set_axis([*out.columns[:4], "value", "value_low", "value_high"], axis=1)
    shown = out["contender"].isin(evaluation.shown) & (out["column"].astype(str) != "unknown")
    return out[shown].reset_index(drop=True)


def plot(
    frame: pd.DataFrame, looks: figures.Looks, variant: str = "age_class:gender:mae"
) -> Figure:
    """Draw contenders side by side on one colour scale."""
    metric = variant.split(":")[2]
    names = figures.contenders_of(frame)
    rows, columns = _levels(frame["row"]), _levels(frame["column"])
    room = figures.room_for(rows)
    per_line = max(1, min(len(names), int((10.4 - room) / (0.15 + 0.46 * len(columns)))))
    lines = -(-len(names) // per_line)
    figure, grid = figures.axes(
        0.2 + lines * (0.5 + 0.3 * len(rows)),
        rows=lines,
        columns=per_line,
        width=room + per_line * (0.15 + 0.46 * len(columns)),
        margins=figures.Margins(left=room, top=0.3, bottom=0.32, lines=0.55),
        sharey=True,
    )
    solid = frame[frame["n"] >= figures.SMALL_N]["value"]
    low, high = (solid if len(solid) else frame["value"]).agg(["min", "max"])

    def strength(value: np.ndarray) -> np.ndarray:
        share = (value - low) / (high - low or 1.0)
        return np.clip(share if metric == "mae" else 1 - share, 0, 1)

    titles = labels_of.distinct(names)
    for ax, name, title in zip(grid, names, titles, strict=False):
        part = frame[frame["contender"] == name]
        heat(ax, part, rows, columns, FACTOR[metric], strength)
        figures.whole_panel(ax, name, looks)
        ax.set_title(title)
    for ax in grid[len(names) :]:
        ax.axis("off")
    return figure


def heat(
    ax: Axes,
    part: pd.DataFrame,
    rows: list[str],
    columns: list[str],
    factor: float,
    strength: Callable[[np.ndarray], np.ndarray],
) -> None:
    """Draw one heat map; ``part`` has ``row``, ``column``, ``n``, ``value``."""
    value, n = np.full((2, len(rows), len(columns)), np.nan)
    at = [
        (rows.index(str(row)), columns.index(str(column)))
        for row, column in zip(part["row"], part["column"], strict=True)
    ]
    if at:
        where = tuple(np.transpose(at))
        value[where], n[where] = part["value"], part["n"]
    texts = [[minus(v * factor, 1) if np.isfinite(v) else "" for v in line] for line in value]
    heat_map(ax, value, texts, rows, columns, strength(value), n < figures.SMALL_N)


def _levels(values: pd.Series) -> list[str]:
    present = set(values.astype(str))
    if isinstance(values.dtype, pd.CategoricalDtype):
        return [str(v) for v in values.cat.categories if str(v) in present]
    return list(dict.fromkeys(values.astype(str)))
