"""How good the pose labels are, where the truth is known."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures

from ..evaluation import Evaluation

TITLE = "Error of the pose estimator"
SECTION = "data"
ORDER = 122
NOTE = (
    "Mean absolute difference of the pose estimator to known pose, by true |yaw|. It is about the "
    "estimator: where the faces carry their true pose, the breakdowns use that."
)


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame | None:
    """Return ``angle, yaw_bin, n, mae, bias, slope``."""
    table = evaluation.run.pose_error
    if table is None or table.empty:
        return None
    return table[["angle", "yaw_bin", "n", "mae", "bias", "slope"]].reset_index(drop=True)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "") -> Figure:
    """Draw one line an angle."""
    figure, (ax,) = figures.axes(2.6)
    bins = list(dict.fromkeys(frame["yaw_bin"].astype(str)))
    for angle, style in zip(
        dict.fromkeys(frame["angle"]), ("o-", "s--", "^:", "D-."), strict=False
    ):
        rows = frame[frame["angle"] == angle]
        x = [bins.index(b) for b in rows["yaw_bin"].astype(str)]
        ax.plot(x, rows["mae"], style, color=figures.INK, ms=4, label=str(angle))
    ax.set_xticks(range(len(bins)), bins)
    ax.set(xlabel="true |yaw|, degrees", ylabel="error, degrees", ylim=(0, None))
    ax.legend(frameon=False)
    return figure
