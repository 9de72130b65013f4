"""Confusion of age bins."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.drawing import labels as labels_of
from reports.drawing.heat import heat_map
from reports.statistics.shares import share_interval

from ..evaluation import Evaluation

TITLE = "Confusion of age classes"
SECTION = "errors"
ORDER = 75
LEGEND = False
NOTE = "Rows: true class; each row adds up to 100% (all seeds)."


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame | None:
    """Return ``contender, true, predicted, n, value`` and interval: share of a class."""
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
            member = codes == true
            ages = answers.age[:, member]
            known = np.isfinite(ages)
            bins = np.searchsorted(starts, np.floor(np.nan_to_num(ages)), side="right") - 1
            predicted = np.clip(bins, 0, None)
            hits = (predicted[..., None] == np.arange(len(names))) & known[..., None]
            with np.errstate(invalid="ignore"):
                shares = hits.sum(axis=0) / known.sum(axis=0)[:, None]
            found = share_interval(shares, panel.group[member])
            for k in range(len(names)):
                one = found.take(k)
                rows.append(
                    {
                        "contender": name,
                        "true": names[true],
                        "predicted": names[k],
                        "n": one.n,
                        "value": one.value,
                        "value_low": one.low,
                        "value_high": one.high,
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
    titles = labels_of.distinct(names)
    for ax, name, title in zip(grid, names, titles, strict=False):
        rows = frame[frame["contender"] == name]
        levels = list(dict.fromkeys(rows["predicted"]))
        table = rows.pivot_table(index="true", columns="predicted", values="value", sort=False)
        table = table.reindex([v for v in levels if v in table.index])[levels] * 100
        shares = table.to_numpy(float)
        texts = [[f"{v:.0f}" for v in line] for line in shares]
        heat_map(ax, shares, texts, list(table.index), levels, shares / 100)
        figures.whole_panel(ax, name, looks)
        ax.tick_params(axis="x", rotation=45)
        ax.set_title(title)
        ax.set_xlabel("predicted")
    for ax in grid[len(names) :]:
        ax.axis("off")
    grid[0].set_ylabel("true age")
    return figure
