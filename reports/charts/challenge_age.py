"""What a buffer above 18 buys, and whom it bothers (challenge ages)."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.statistics.age_assurance import buffers

from ..evaluation import Evaluation

TITLE = "Challenge age for a threshold of 18"
SECTION = "assurance"
ORDER = 86
NOTE = (
    "Who is estimated younger than the challenge age shows a passport. Solid: faces of 14 to 17 "
    "who pass without one (false positives); dashed: faces of 18 to 30 who are asked for one "
    "(false negatives). 95% intervals; NIST's challenge 25 is the point at 25."
)


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame | None:
    """Return ``contender, challenge, error, n, value, value_low, value_high``."""
    table = buffers(evaluation.panel)
    if table.empty:
        return None
    return table[table["contender"].isin(evaluation.shown)].reset_index(drop=True)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "") -> Figure:
    """Draw two lines a contender."""
    figure, (ax,) = figures.axes(3.0)
    for (name, error), rows in frame.groupby(["contender", "error"], sort=False):
        with figures.contender(ax, str(name), looks):
            figures.band(ax, rows["challenge"], rows, looks[name])
            ax.plot(rows["challenge"], rows["value"], color=looks[name].colour,
                    ls="-" if error == "false positives" else "--")  # fmt: skip
    ax.set(xlabel="challenge age, years", ylabel="share", ylim=(0, 1.01))
    return figure
