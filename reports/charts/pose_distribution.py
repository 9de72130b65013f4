"""Who looks where: pose of the test faces."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures

from ..evaluation import Evaluation

TITLE = "Pose of the test faces"
SECTION = "data"
ORDER = 121
NOTE = "Faces by yaw (nose to the right is positive) and pitch (up is positive), degrees."
EDGES = np.arange(-62.5, 65, 5)


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame | None:
    """Return ``degrees`` (middle of a step of 5), ``yaw``, ``pitch``: numbers of faces."""
    faces = evaluation.panel.faces
    if faces["yaw"].isna().all():
        return None
    counts = {
        angle: np.histogram(faces[angle].dropna().clip(EDGES[0], EDGES[-1]), EDGES)[0]
        for angle in ("yaw", "pitch")
    }
    return pd.DataFrame({"degrees": ((EDGES[:-1] + EDGES[1:]) / 2).astype(int), **counts})


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "") -> Figure:
    """Draw two histograms."""
    figure, grid = figures.axes(2.6, columns=2, sharey=True)
    for ax, angle in zip(grid, ("yaw", "pitch"), strict=True):
        ax.bar(frame["degrees"], frame[angle], 4.3, color=figures.DENSITY)
        ax.set_xlabel(f"{angle}, degrees")
    grid[0].set_ylabel("faces")
    return figure
