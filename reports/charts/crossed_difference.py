"""Where the second of the tested pair is better, in crossed groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.statistics import breakdowns

from ..evaluation import Evaluation
from . import crossed

TITLE = "{variant}"
SECTION = "pair"
ORDER = 61
NOTE = (
    "Blue: the second contender of the pair is better; red: the first is. "
    "Estimates without a test. Cells of fewer than 30 faces are faint."
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
    """Return ``row, column, n, value``: the advantage of the second contender."""
    pair = evaluation.pair
    if pair is None:
        return None
    table = crossed.frame(evaluation, variant).set_index(["row", "column", "contender"])
    wide = table["value"].unstack("contender")  # noqa: PD010
    if not {pair.first, pair.second} <= set(wide.columns):
        return None  # the pair holds a baseline, which crossed tables leave out
    sign = -1.0 if variant.endswith("mae") else 1.0
    out = (sign * (wide[pair.second] - wide[pair.first])).rename("value").reset_index()
    n = table["n"].unstack("contender")[pair.second].to_numpy()  # noqa: PD010
    out.insert(2, "n", n)
    return out.dropna(subset=["value"]).reset_index(drop=True)


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
    crossed.heat(ax, frame, rows, columns, variant.split(":")[2], "RdBu", -reach, reach)
    return figure
