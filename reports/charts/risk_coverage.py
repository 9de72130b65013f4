"""Error against certainty: what is won by leaving out the least certain faces."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures

from ..evaluation import Evaluation

TITLE = "Error against certainty: {variant}"
SECTION = "certainty"
ORDER = 90
NOTE = (
    "Faces are answered from the most to the least certain. A line that falls to the left means "
    "that the contender knows when it does not know."
)
SHARES = np.linspace(0.05, 1, 20)


def variants(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Certainty of age is the interval's width; of gender, the probability."""
    return [("age", "age"), ("gender", "gender")]


def frame(evaluation: Evaluation, variant: str = "age") -> pd.DataFrame:
    """Return ``contender, answered, value``: share of faces answered and error on them."""
    panel, rows = evaluation.panel, []
    for name, answers in panel.answers.items():
        if variant == "age":
            doubt, error = answers.high - answers.low, np.abs(answers.age - panel.age)
        else:
            doubt = -np.abs(answers.p_female - 0.5)
            error = (answers.p_female >= 0.5) != (panel.female == 1)
        curves = [_curve(d, e.astype(float)) for d, e in zip(doubt, error, strict=True)]
        known = [c for c in curves if c is not None]
        if known:
            for share, value in zip(SHARES, np.mean(known, axis=0), strict=True):
                rows.append({"contender": name, "answered": float(share), "value": float(value)})
    return pd.DataFrame(rows, columns=["contender", "answered", "value"])


def _curve(doubt: np.ndarray, error: np.ndarray) -> np.ndarray | None:
    known = np.isfinite(doubt) & np.isfinite(error)
    if known.sum() < len(SHARES) or np.ptp(doubt[known]) < 1e-9:
        return None  # a contender equally sure of everything has no curve
    order = np.argsort(doubt[known], kind="stable")
    running = np.cumsum(error[known][order]) / np.arange(1, known.sum() + 1)
    return running[np.maximum((SHARES * known.sum()).astype(int) - 1, 0)]


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "age") -> Figure:
    """Draw error against the share of faces answered."""
    figure, (ax,) = figures.axes(2.8)
    for name, rows in frame.groupby("contender", sort=False):
        with figures.contender(ax, name, looks):
            ax.plot(rows["answered"], rows["value"], color=looks[name].colour,
                    marker=looks[name].marker, ms=3.4, markevery=4)  # fmt: skip
    label = "mean absolute error, years" if variant == "age" else "gender error rate"
    ax.set(xlabel="share of faces answered", ylabel=label, xlim=(0, 1), ylim=(0, None))
    return figure
