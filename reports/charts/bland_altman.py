"""Bland-Altman: difference of predicted and true age against their mean."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.drawing import labels as labels_of
from reports.statistics.intervals import student_interval

from ..evaluation import Evaluation

TITLE = "Agreement of predicted and true age (Bland-Altman)"
SECTION = "errors"
ORDER = 76
LEGEND = False
NOTE = (
    "Against the mean of the two ages, so that regression to the mean does not pose as bias. "
    "Line: mean difference; band: limits of agreement (1.96 standard deviations), by decade."
)
STEP = 10


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame:
    """Return ``contender, middle, n, value``, its interval and ``limit_low, limit_high``.

    One row for each decade of the mean age that holds ten faces.
    """
    panel, rows = evaluation.panel, []
    for name in evaluation.shown:
        answers = panel.answers[name]
        truth = np.broadcast_to(panel.age, answers.age.shape)
        known = np.isfinite(answers.age) & np.isfinite(truth)
        middle = ((answers.age + truth) / 2)[known]
        gap = (answers.age - truth)[known]
        group = np.broadcast_to(panel.group, answers.age.shape)[known]
        decade = (middle // STEP).astype(int)
        for d in np.unique(decade):
            part = gap[decade == d]
            if len(part) < 10 * len(answers.seeds):
                continue
            mean, sd = float(part.mean()), float(part.std(ddof=1))
            found = student_interval(part.reshape(-1, 1), group[decade == d]).only()
            rows.append(
                {
                    "contender": name,
                    "middle": float(STEP * d + STEP / 2),
                    "n": round(len(part) / len(answers.seeds)),
                    "value": mean,
                    "value_low": found.low,
                    "value_high": found.high,
                    "limit_low": mean - 1.96 * sd,
                    "limit_high": mean + 1.96 * sd,
                }
            )
    return pd.DataFrame(rows)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "") -> Figure:
    """Draw the mean difference and the limits of agreement."""
    names = figures.contenders_of(frame)
    per_line = min(len(names), 4)
    lines = -(-len(names) // per_line)
    figure, grid = figures.axes(
        0.3 + 2.2 * lines, rows=lines, columns=per_line, width=min(10.4, 0.7 + 2.5 * per_line),
        margins=figures.Margins(top=0.3, lines=0.8), sharex=True, sharey=True,
    )  # fmt: skip
    titles = labels_of.distinct(names)
    for ax, name, title in zip(grid, names, titles, strict=False):
        rows = frame[frame["contender"] == name]
        colour = looks[name].colour
        ax.axhline(0, color=figures.SOFT, lw=1)
        ax.fill_between(rows["middle"], rows["limit_low"], rows["limit_high"], color=colour,
                        alpha=0.2, lw=0)  # fmt: skip
        ax.plot(rows["middle"], rows["value"], color=colour, marker=looks[name].marker, ms=3.6)
        ax.set_title(title)
        figures.whole_panel(ax, name, looks)
        ax.set_xlabel("mean of both ages")
    for ax in grid[len(names) :]:
        ax.axis("off")
    grid[0].set_ylabel("predicted - true, years")
    return figure
