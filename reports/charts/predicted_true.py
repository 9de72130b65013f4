"""Predicted against true age, in whole years: the confusion matrix of years as classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.drawing import labels as labels_of

from ..evaluation import Evaluation

TITLE = "Predicted against true age"
SECTION = "errors"
ORDER = 74
LEGEND = False
NOTE = (
    "Years as classes: each column is a true age, and its shading the distribution of the "
    "predicted ages (all seeds); the line is its median. A perfect contender has all its ink on "
    "the diagonal. The table holds quantiles of that distribution."
)
TOP = 100
MIN_FACES = 5  # for the line of medians


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame:
    """Return ``contender, age, n, p05, p25, median, p75, p95`` and the hidden ``counts``."""
    panel, rows = evaluation.panel, []
    truth = np.minimum(np.floor(panel.age), TOP)
    for name in evaluation.shown:
        answers = panel.answers[name]
        for year in np.unique(truth[np.isfinite(truth)]).astype(int):
            ages = answers.age[:, truth == year]
            ages = ages[np.isfinite(ages)]
            if not ages.size:
                continue
            q = np.quantile(ages, [0.05, 0.25, 0.5, 0.75, 0.95])
            counts = np.bincount(np.clip(ages.round(), 0, TOP).astype(int), minlength=TOP + 1)
            row = {"contender": name, "age": int(year), "n": int((truth == year).sum())}
            row |= dict(zip(("p05", "p25", "median", "p75", "p95"), map(float, q), strict=True))
            rows.append(row | {"counts": counts.tolist()})
    return pd.DataFrame(rows)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "") -> Figure:
    """Draw a density for each contender, columns normalised to their largest cell."""
    names = figures.contenders_of(frame)
    per_line = min(len(names), 4)
    lines = -(-len(names) // per_line)
    figure, grid = figures.axes(
        0.7 + 2.5 * lines, rows=lines, columns=per_line, width=min(10.4, 0.7 + 2.5 * per_line),
        margins=figures.Margins(top=0.3, lines=0.8), sharex=True, sharey=True,
    )  # fmt: skip
    colour = tuple(int(figures.DENSITY[i : i + 2], 16) for i in (1, 3, 5))
    titles = labels_of.distinct(names)
    for ax, name, title in zip(grid, names, titles, strict=False):
        rows = frame[frame["contender"] == name]
        picture = np.zeros((TOP + 1, TOP + 1, 4), np.uint8)
        picture[..., :3] = colour
        for year, counts in zip(rows["age"], rows["counts"], strict=True):
            column = np.asarray(counts, float)
            picture[:, year, 3] = np.sqrt(column / max(column.max(), 1)) * 235
        ax.imshow(picture, origin="lower", extent=(0, TOP + 1, 0, TOP + 1), interpolation="nearest")
        ax.plot([0, TOP], [0, TOP], color=figures.SOFT, lw=0.8)
        known = rows[rows["n"] >= MIN_FACES]
        ax.plot(known["age"] + 0.5, known["median"], color=figures.INK, lw=1)
        ax.set_title(title)
        figures.whole_panel(ax, name, looks)
        ax.set(xticks=(20, 40, 60, 80), yticks=(0, 25, 50, 75, 100), aspect="equal")
        ax.set_xlabel("true age")
    for ax in grid[len(names) :]:
        ax.axis("off")
    grid[0].set_ylabel("predicted age")
    return figure
