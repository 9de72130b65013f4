"""Error against certainty: what is won by leaving out the least certain faces."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.statistics.intervals import student_interval

from ..evaluation import Evaluation

TITLE = "Error against certainty: {variant}"
SECTION = "certainty"
ORDER = 90
NOTE = (
    "Faces are answered from the most to the least certain. A line that falls to the left means "
    "that the contender knows when it does not know. Who gives more than a fifth of the faces one "
    "and the same certainty ranks nothing and has no line."
)
SHARES = np.linspace(0.05, 1, 20)
MOST_EQUAL = 0.2  # share of faces of one certainty above which there is no ranking


def variants(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Certainty of age is the interval's width; of gender, the probability."""
    return [("age", "age"), ("gender", "gender")]


def frame(evaluation: Evaluation, variant: str = "age") -> pd.DataFrame:
    """Return ``contender, answered, value`` and interval: error on so many faces."""
    panel, rows = evaluation.panel, []
    for name, answers in panel.answers.items():
        if variant == "age":
            doubt, error = answers.high - answers.low, np.abs(answers.age - panel.age)
        else:
            doubt = -np.abs(answers.p_female - 0.5)
            error = ((answers.p_female >= 0.5) != (panel.female == 1)).astype(float)
        curves = [_curve(d, e, panel.group) for d, e in zip(doubt, error, strict=True)]
        known = [c for c in curves if c is not None]
        if known:
            for share, (value, low, high) in zip(SHARES, np.mean(known, axis=0), strict=True):
                ends = {"value": float(value), "value_low": float(low), "value_high": float(high)}
                rows.append({"contender": name, "answered": float(share), **ends})
    return pd.DataFrame(rows, columns=["contender", "answered", "value", "value_low", "value_high"])


def _curve(doubt: np.ndarray, error: np.ndarray, group: np.ndarray) -> np.ndarray | None:
    """Return value, low, high at each share, shape (20, 3); None if faces cannot be ranked.

    Faces of equal certainty enter together, each with the weight that fills the share: their
    order in the file changes nothing.
    """
    known = np.isfinite(doubt) & np.isfinite(error)
    doubt, error, group = np.round(doubt[known], 6), error[known], group[known]
    if known.sum() < len(SHARES):
        return None
    values, code, counts = np.unique(doubt, return_inverse=True, return_counts=True)
    if len(values) < 2 or counts.max() > MOST_EQUAL * len(doubt):
        return None
    before = np.cumsum(counts) - counts
    out = []
    for share in SHARES:
        weight = np.clip((share * len(doubt) - before[code]) / counts[code], 0, 1)
        one = student_interval(error.reshape(-1, 1), group, positive=True, weights=weight).only()
        out.append((one.value, one.low, one.high))
    return np.array(out)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "age") -> Figure:
    """Draw error against the share of faces answered."""
    figure, (ax,) = figures.axes(2.8)
    for name, rows in frame.groupby("contender", sort=False):
        with figures.contender(ax, name, looks):
            figures.band(ax, rows["answered"], rows, looks[name])
            ax.plot(rows["answered"], rows["value"], color=looks[name].colour,
                    marker=looks[name].marker, ms=3.4, markevery=4)  # fmt: skip
    label = "mean absolute error, years" if variant == "age" else "gender error rate"
    ax.set(xlabel="share of faces answered", ylabel=label, xlim=(0, 1), ylim=(0, None))
    return figure
