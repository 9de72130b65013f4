"""Confusion of age bins."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from reports.drawing import figures

from ..evaluation import Evaluation

TITLE = "Confusion of age classes"
SECTION = "errors"
ORDER = 75
LEGEND = False
NOTE = "Rows: true class; each row adds up to 100% (all seeds)."


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame | None:
    """Return ``contender, true, predicted, n, value``: share of a true class."""
    if "age_class" not in evaluation.columns:
        return None
    panel, rows = evaluation.panel, []
    classes = panel.faces["age_class"].cat
    names = [str(v) for v in classes.categories]
    starts = _starts(names)
    if starts is None:
        return None
    codes = classes.codes.to_numpy()
    for name in evaluation.shown:
        answers = panel.answers[name]
        for true in np.unique(codes[codes >= 0]):
            ages = answers.age[:, codes == true]
            ages = np.floor(ages[np.isfinite(ages)])
            predicted = np.clip(np.searchsorted(starts, ages, side="right") - 1, 0, None)
            counts = np.bincount(predicted, minlength=len(names))
            for k, count in enumerate(counts):
                rows.append(
                    {
                        "contender": name,
                        "true": names[true],
                        "predicted": names[k],
                        "n": int((codes == true).sum()),
                        "value": float(count / max(len(ages), 1)),
                    }
                )
    return pd.DataFrame(rows)


def _starts(names: list[str]) -> list[int] | None:
    """Read the first year of each class from its name (``13-24``, ``65+``)."""
    starts = [name.rstrip("+").split("-")[0] for name in names]
    return [int(s) for s in starts] if all(s.isdigit() for s in starts) else None


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "") -> Figure:
    """Draw one matrix a contender."""
    names = figures.contenders_of(frame)
    per_line = min(len(names), 4)
    lines = -(-len(names) // per_line)
    figure, grid = figures.axes(
        0.3 + 2.4 * lines, rows=lines, columns=per_line, width=min(10.4, 0.7 + 2.4 * per_line),
        margins=figures.Margins(left=0.75, top=0.3, bottom=0.75, lines=1.0), sharey=True,
    )  # fmt: skip
    for ax, name in zip(grid, names, strict=False):
        rows = frame[frame["contender"] == name]
        levels = list(dict.fromkeys(rows["predicted"]))
        table = rows.pivot_table(index="true", columns="predicted", values="value", sort=False)
        table = table.reindex([v for v in levels if v in table.index])[levels] * 100
        sns.heatmap(
            table.to_numpy(float), ax=ax, annot=True, fmt=".0f", cmap="Blues", vmin=0, vmax=100,
            cbar=False, linewidths=1.5, linecolor=figures.GROUND, annot_kws={"size": 8},
            xticklabels=levels, yticklabels=list(table.index),
        )  # fmt: skip
        ax.grid(visible=False)
        ax.tick_params(axis="x", rotation=45)
        ax.tick_params(axis="y", rotation=0)
        ax.set_title(figures.short(name))
        ax.set_xlabel("predicted")
    for ax in grid[len(names) :]:
        ax.axis("off")
    grid[0].set_ylabel("true age")
    return figure
