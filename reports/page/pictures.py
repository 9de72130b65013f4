"""The pictures of a page, each drawn from its table and nothing else, on two cores if allowed."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import pandas as pd
from joblib import effective_n_jobs
from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import BrokenProcessPool

from reports.drawing import figures, svg

WIDE = 6.0  # inches: charts wider than this take a whole line
MANY = 20  # pictures; for fewer a second process is not ready in time


@dataclass(frozen=True)
class Picture:
    """A drawn chart; a ``wide`` one takes a whole line of the page."""

    svg: str
    wide: bool


@dataclass(frozen=True)
class Sketch:
    """What a chart is drawn from; ``module`` is the name of its module."""

    module: str
    key: str
    title: str
    variant: str
    frame: pd.DataFrame
    looks: figures.Looks

    def draw(self) -> Picture:
        """Draw it."""
        module = importlib.import_module(self.module)
        with figures.style():
            figure = module.plot(self.frame, self.looks, self.variant)
            told = _description(module, self.frame, self.variant)
            picture = svg.to_svg(figure, self.key, self.title, told)
        return Picture(picture, bool(figure.get_figwidth() > WIDE))


def draw_all(sketches: Mapping[str, Sketch]) -> dict[str, Picture]:
    """Draw every sketch; the same bytes on one core and on two.

    Under ``joblib.parallel_config(n_jobs=2)`` or more a second process draws from the front of the
    list while this one draws from its end.
    """
    if effective_n_jobs(None) < 2 or len(sketches) < MANY:
        return {key: sketch.draw() for key, sketch in sketches.items()}
    with ProcessPoolExecutor(max_workers=1) as helper:
        promised = {key: helper.submit(Sketch.draw, sketch) for key, sketch in sketches.items()}
        mine = {}
        for key, sketch in reversed(sketches.items()):
            if promised[key].cancel():
                mine[key] = sketch.draw()
        return {
            key: mine[key] if key in mine else _kept(promised[key], sketch)
            for key, sketch in sketches.items()
        }


def _kept(promise: Future[Picture], sketch: Sketch) -> Picture:
    """Return what the second process drew; draw it here if that was killed, for want of memory."""
    try:
        return promise.result()
    except BrokenProcessPool:
        return sketch.draw()


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
