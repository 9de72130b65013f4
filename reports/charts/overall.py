"""Each contender over all test faces, with its seeds."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures

from ..evaluation import Evaluation
from ..noise_floor import noise_floor

TITLE = "All faces: {variant}"
SECTION = "result"
ORDER = 10
LEGEND = False
NOTE = (
    "Dot and line: mean over seeds with its 95% interval over faces. Small ticks: single seeds. "
    "Dotted: floor of label noise, if it is known."
)
AXES = {"mae": "mean absolute error, years", "accuracy": "gender accuracy"}


def variants(evaluation: Evaluation) -> list[tuple[str, str]]:
    """One chart a question."""
    return [("mae", "age error"), ("accuracy", "gender accuracy")]


def frame(evaluation: Evaluation, variant: str = "mae") -> pd.DataFrame:
    """Return ``contender, n, value, value_low, value_high, seed_...``."""
    rows = evaluation.headline[evaluation.headline["metric"] == variant]
    out = rows[["contender", "n", "value", "low", "high"]].rename(
        columns={"low": "value_low", "high": "value_high"}
    )
    noise = noise_floor(evaluation.run)
    if variant == "mae" and noise:
        out["noise_floor"] = noise["mae"]
    seeds = pd.DataFrame(list(rows["seeds"]), index=rows.index).add_prefix("seed_")
    return out.join(seeds).reset_index(drop=True)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "mae") -> Figure:
    """Draw one row a contender."""
    figure, (ax,) = figures.axes(0.75 + 0.32 * len(frame))
    figures.dots(ax, frame.assign(level=frame["contender"]), looks, "value", dodge=False)
    ax.autoscale(axis="x")  # here the baseline belongs
    seeds = [c for c in frame.columns if c.startswith("seed_")]
    for k, row in enumerate(frame.to_dict("records")):
        with figures.contender(ax, row["contender"], looks):
            ax.plot([row[s] for s in seeds], [k + 0.3] * len(seeds), ls="", marker="|", ms=5,
                    color=looks[row["contender"]].colour)  # fmt: skip
    figures.draw_floor(ax, frame)
    ax.set_xlabel(AXES[variant])
    return figure
