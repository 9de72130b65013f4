"""Where the second of the tested pair is better, in crossed groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.statistics import breakdowns
from reports.statistics.intervals import student_interval
from reports.statistics.pairs import advantages
from reports.statistics.shares import share_difference

from ..evaluation import Evaluation
from . import crossed

TITLE = "{variant}"
SECTION = "pair"
ORDER = 61
NOTE = (
    "Blue: the second contender of the pair is better; orange: the first is. "
    "Estimates without a test; the table holds their intervals. Cells of fewer than 30 faces are "
    "faint."
)


def variants(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Return the crossings of the heat maps."""
    if evaluation.pair is None:
        return []
    words = {"mae": "Years less error", "accuracy": "Points more accuracy"}
    return [
        (key, f"{words[key.rsplit(':', 1)[1]]} by {_where(key)}")
        for key, _ in crossed.variants(evaluation)
    ]


def _where(key: str) -> str:
    a, b, _ = key.split(":")
    return f"{breakdowns.label(a)} and {breakdowns.label(b)}"


def frame(evaluation: Evaluation, variant: str = "age_class:gender:mae") -> pd.DataFrame | None:
    """Return ``row, column, n, value`` and interval: the advantage of the second, paired."""
    pair = evaluation.pair
    if pair is None:
        return None
    a, b, metric = variant.split(":")
    panel = evaluation.panel
    gain = advantages(panel, pair.first, pair.second)["age" if metric == "mae" else "gender"]
    rows = []
    for row in panel.faces[a].cat.categories:
        for column in panel.faces[b].cat.categories:
            member = ((panel.faces[a] == row) & (panel.faces[b] == column)).to_numpy()
            member = member & np.isfinite(gain)
            if str(column) == "unknown" or not member.any():
                continue
            make = student_interval if metric == "mae" else share_difference
            one = make(gain[member].reshape(-1, 1), panel.group[member]).only()
            ends = {"value": one.value, "value_low": one.low, "value_high": one.high}
            rows.append({"row": str(row), "column": str(column), "n": one.n, **ends})
    return pd.DataFrame(rows)


def plot(
    frame: pd.DataFrame, looks: figures.Looks, variant: str = "age_class:gender:mae"
) -> Figure:
    """Draw one diverging heat map, white at no difference."""
    rows, columns = crossed._levels(frame["row"]), crossed._levels(frame["column"])
    figure, (ax,) = figures.axes(
        0.42 + 0.3 * len(rows),
        width=min(figures.WIDTH, 1.4 + 0.75 * len(columns)),
        margins=figures.Margins(left=figures.room_for(rows), bottom=0.32),
    )
    reach = float(np.nanmax(np.abs(frame["value"]))) or 1.0
    factor = crossed.FACTOR[variant.split(":")[2]]
    crossed.heat(ax, frame, rows, columns, factor, lambda value: value / reach)
    return figure
