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
    "Mean absolute difference of the pose estimator to known pose, by true |yaw|, on renders of a "
    "photographed head and on drawn heads. Beyond 45 degrees of yaw a label means far, and no "
    "number. The chart is about the estimator: where the faces carry their true pose, the "
    "breakdowns use that."
)


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame | None:
    """Return ``heads, angle, yaw_bin, n, mae, bias, slope``; ``heads`` is the kind of head."""
    table = evaluation.run.pose_error
    if table is None or table.empty:
        return None
    if "heads" not in table:  # runs of before the kinds were told apart
        table = table.assign(heads="drawn")
    columns = ["heads", "angle", "yaw_bin", "n", "mae", "bias", "slope"]
    return table[columns].reset_index(drop=True)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "") -> Figure:
    """Draw one panel a kind of head, one line an angle."""
    kinds = list(dict.fromkeys(frame["heads"].astype(str)))
    figure, panels = figures.axes(
        2.8, columns=len(kinds), margins=figures.Margins(top=0.3), sharey=True
    )
    bins = list(dict.fromkeys(frame["yaw_bin"].astype(str)))
    top = 1.08 * frame["mae"].max()
    for kind, ax in zip(kinds, panels, strict=True):
        of_kind = frame[frame["heads"] == kind]
        for angle, style in zip(
            dict.fromkeys(of_kind["angle"]), ("o-", "s--", "^:", "D-."), strict=False
        ):
            rows = of_kind[of_kind["angle"] == angle]
            x = [bins.index(b) for b in rows["yaw_bin"].astype(str)]
            ax.plot(x, rows["mae"], style, color=figures.INK, ms=4, label=str(angle))
        ax.set_xticks(range(len(bins)), bins)
        ax.tick_params("x", labelsize=7)
        ax.set(xlabel="true |yaw|, degrees", ylim=(0, top))
        ax.set_title(f"{kind} heads")
    panels[0].set_ylabel("error, degrees")
    panels[0].legend(frameon=False)
    return figure
