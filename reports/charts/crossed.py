"""Two breakdowns crossed: a heat map for each contender."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.statistics import breakdowns

from ..evaluation import Evaluation

TITLE = "{variant}"
SECTION = "groups"
ORDER = 40
LEGEND = False
NOTE = "Darker is worse, on one scale for all. Numbers of fewer than 30 faces are faint."
PAIRS = (("age_class", "gender"), ("age_class", "yaw_bin"), ("gender", "yaw_bin"))
WORDS = {"mae": "Age error, years", "accuracy": "Gender accuracy, %"}
COLOURS = {"mae": "Blues", "accuracy": "Blues_r"}


def variants(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Age class, gender and yaw, crossed two by two, for both questions."""
    return [
        (
            f"{a}:{b}:{metric}",
            f"{WORDS[metric].split(',')[0]} by {breakdowns.label(a)} and {breakdowns.label(b)}",
        )
        for a, b in PAIRS
        if a in evaluation.columns and b in evaluation.columns
        for metric in WORDS
    ]


def frame(evaluation: Evaluation, variant: str = "age_class:gender:mae") -> pd.DataFrame:
    """Return ``row, column, contender, n, value``."""
    a, b, metric = variant.split(":")
    table = evaluation.crossed(a, b)
    out = table[["row", "column", "contender", "n", metric]]
    out = out.rename(columns={metric: "value"})
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
    low, high = frame["value"].min(), frame["value"].max()
    for ax, name in zip(grid, names, strict=False):
        part = frame[frame["contender"] == name]
        heat(ax, part, rows, columns, metric, COLOURS[metric], low, high)
        ax.set_title(figures.short(name))
    for ax in grid[len(names) :]:
        ax.axis("off")
    return figure


def heat(
    ax: Axes,
    part: pd.DataFrame,
    rows: list[str],
    columns: list[str],
    metric: str,
    colours: str,
    low: float,
    high: float,
) -> None:
    """Draw one heat map; ``part`` has ``row``, ``column``, ``n``, ``value``."""
    table = part.assign(row=part["row"].astype(str), column=part["column"].astype(str))
    value = table.pivot_table(index="row", columns="column", values="value", sort=False).reindex(
        rows
    )[columns]
    n = table.pivot_table(index="row", columns="column", values="n", sort=False).reindex(rows)[
        columns
    ]
    factor = 100.0 if metric == "accuracy" else 1.0
    sns.heatmap(
        value.to_numpy(float) * factor,
        ax=ax,
        annot=True,
        fmt=".1f",
        cmap=colours,
        vmin=low * factor,
        vmax=high * factor + 1e-9,
        cbar=False,
        linewidths=1.5,
        linecolor=figures.GROUND,
        annot_kws={"size": 8},
        xticklabels=columns,
        yticklabels=rows,
    )
    _fade(ax, n.to_numpy(float) < figures.SMALL_N)
    ax.grid(visible=False)
    ax.tick_params(axis="y", rotation=0)
    ax.tick_params(axis="x", rotation=0)


def _fade(ax: Axes, faint: np.ndarray) -> None:
    """Veil the cells of small groups with the colour of the page and print their numbers soft."""
    for row, column in np.argwhere(faint):
        ax.fill_between(
            [column, column + 1], row, row + 1, color=figures.GROUND, alpha=0.75, lw=0, zorder=2
        )
    for text in ax.texts:
        column, row = (int(v) for v in text.get_position())
        if faint[row, column]:
            text.set_color(figures.SOFT)


def _levels(values: pd.Series) -> list[str]:
    present = set(values.astype(str))
    if isinstance(values.dtype, pd.CategoricalDtype):
        return [str(v) for v in values.cat.categories if str(v) in present]
    return list(dict.fromkeys(values.astype(str)))
