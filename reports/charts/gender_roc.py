"""ROC curve of gender."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from reports.drawing import figures
from reports.statistics.shares import wilson

from ..evaluation import Evaluation

TITLE = "Gender: ROC curve"
SECTION = "gender"
ORDER = 80
NOTE = (
    "Women recognised against men mistaken, over all thresholds (seeds averaged vertically). Band: "
    "95% interval of the share of women, threshold held fixed."
)
GRID = np.unique(np.concatenate([np.linspace(0, 0.1, 21), np.linspace(0.1, 1, 31)]))


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame | None:
    """Return ``contender, false_positive_rate, true_positive_rate`` and its interval."""
    panel, rows = evaluation.panel, []
    if not 0 < panel.female.mean() < 1:
        return None
    for name, answers in panel.answers.items():
        curves = [c for c in (_curve(panel.female, p) for p in answers.p_female) if c is not None]
        if not curves:
            continue
        mean = np.mean(curves, axis=0)
        women = answers.complete & (panel.female == 1)
        low, high = wilson(mean, np.full(len(mean), len(np.unique(panel.group[women]))))
        for x, y, below, above in zip(GRID, mean, low, high, strict=True):
            rows.append(
                {
                    "contender": name,
                    "false_positive_rate": float(x),
                    "true_positive_rate": float(y),
                    "true_positive_rate_low": float(below),
                    "true_positive_rate_high": float(above),
                }
            )
    return pd.DataFrame(rows)


def _curve(female: np.ndarray, p: np.ndarray) -> np.ndarray | None:
    """Interpolate one seed's ROC at ``GRID``; None without both genders."""
    known = np.isfinite(p)
    female, p = female[known], p[known]
    if not 0 < female.sum() < len(female):
        return None
    fpr, tpr, _ = roc_curve(female, p, drop_intermediate=False)
    return np.interp(GRID, fpr, tpr)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "") -> Figure:
    """Draw one curve a contender and the diagonal of chance."""
    figure, (ax,) = figures.axes(3.4, width=4.2)
    ax.plot([0, 1], [0, 1], color=figures.SOFT, lw=0.8, ls="--")
    for name, rows in frame.groupby("contender", sort=False):
        with figures.contender(ax, name, looks):
            figures.band(ax, rows["false_positive_rate"], rows, looks[name], "true_positive_rate")
            ax.plot(rows["false_positive_rate"], rows["true_positive_rate"],
                    color=looks[name].colour, marker=looks[name].marker, ms=3.4,
                    markevery=8)  # fmt: skip
    ax.set(xlabel="men taken for women", ylabel="women recognised", xlim=(0, 1), ylim=(0, 1.01),
           aspect="equal")  # fmt: skip
    return figure
