"""Who passes a threshold of age, against the true age."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.statistics.age_assurance import pass_rates, thresholds

from ..evaluation import Evaluation

TITLE = "Estimated {variant} or older, by true age"
SECTION = "assurance"
ORDER = 85
NOTE = (
    "Share estimated at or above the threshold (dashed line) by true year of age, with 95% "
    "intervals. A perfect contender jumps from 0 to 1 at the line."
)


def variants(evaluation: Evaluation) -> list[tuple[str, str]]:
    """One chart a threshold that some test faces are near."""
    return [(str(t), str(t)) for t in thresholds(evaluation.panel)]


def frame(evaluation: Evaluation, variant: str = "18") -> pd.DataFrame:
    """Return ``contender, age, n, value, value_low, value_high``; baselines are left out."""
    table = pass_rates(evaluation.panel, int(variant))
    return table[table["contender"].isin(evaluation.shown)].reset_index(drop=True)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "18") -> Figure:
    """Draw one line a contender."""
    figure, (ax,) = figures.axes(2.8)
    ax.axvline(int(variant) - 0.5, color=figures.INK, lw=1, ls="--")
    for name, rows in frame.groupby("contender", sort=False):
        with figures.contender(ax, name, looks):
            figures.band(ax, rows["age"], rows, looks[name])
            ax.plot(rows["age"], rows["value"], color=looks[name].colour,
                    marker=looks[name].marker, ms=3.6)  # fmt: skip
    ax.set(xlabel="true age, years", ylabel=f"share estimated {variant} or older", ylim=(0, 1.01))
    return figure
