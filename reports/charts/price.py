"""The price in one picture, for the top of the page."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures

from ..evaluation import Evaluation
from . import cost

TITLE = "What accuracy costs"
SECTION = "summary"
ORDER = 2
LEGEND = False
NOTE = cost.NOTE


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame | None:
    """Return what ``cost`` does for the core time of training."""
    return cost.frame(evaluation, "core_seconds")


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "") -> Figure:
    """Draw error and accuracy against the core time of training."""
    return cost.plot(frame, looks, "core_seconds")
