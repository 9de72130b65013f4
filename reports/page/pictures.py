"""The pictures of a page, each drawn from its table and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports.drawing import figures, svg

WIDE = 6.0  # inches: charts wider than this take a whole line


@dataclass(frozen=True)
class Picture:
    """A drawn chart; a ``wide`` one takes a whole line of the page."""

    svg: str
    wide: bool


def draw(
    module: Any, variant: str, frame: pd.DataFrame, looks: figures.Looks, key: str, title: str
) -> Picture:
    """Draw a chart from its table; ``key`` is the prefix of its ids."""
    with figures.style():
        figure = module.plot(frame, looks, variant)
        picture = svg.to_svg(figure, key, title, _description(module, frame, variant))
    return Picture(picture, bool(figure.get_figwidth() > WIDE))


def _description(module: Any, frame: pd.DataFrame, variant: str) -> str:
    """Return what the picture shows: the module's words, or the range of its values."""
    if hasattr(module, "describe"):
        return str(module.describe(frame, variant))
    text = str(module.NOTE)
    if "value" in frame and frame["value"].notna().any():
        worst, best = frame.loc[frame["value"].idxmax()], frame.loc[frame["value"].idxmin()]
        text += f" Highest: {_words(worst)}. Lowest: {_words(best)}."
    return f"{text} The numbers are in the table of this chart."


def _words(row: pd.Series) -> str:
    place = [str(row[c]) for c in ("level", "row", "column", "contender") if c in row.index]
    return f"{row['value']:.3g} ({', '.join(place)})" if place else f"{row['value']:.3g}"
