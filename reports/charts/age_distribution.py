"""Who is in the test part: ages by gender."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.drawing import figures

from ..evaluation import Evaluation

TITLE = "Ages of the test faces"
SECTION = "data"
ORDER = 120
NOTE = "Faces by age in steps of five years; those of which only a range is known are left out."
STEP = 5


def frame(evaluation: Evaluation, variant: str = "") -> pd.DataFrame:
    """Return ``age`` (start of the step), ``male``, ``female``: numbers of faces."""
    panel = evaluation.panel
    known = ~np.isnan(panel.age)
    step, female = (panel.age[known] // STEP).astype(int), panel.female[known]
    n_steps = step.max(initial=-1) + 1
    counts = [np.bincount(step[female == g], minlength=n_steps) for g in (0, 1)]
    return pd.DataFrame({"age": STEP * np.arange(n_steps), "male": counts[0], "female": counts[1]})


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "") -> Figure:
    """Draw men to the left of women."""
    figure, (ax,) = figures.axes(2.6)
    middle = frame["age"] + STEP / 2
    ax.bar(middle, frame["male"], STEP * 0.85, color=figures.DENSITY, label="male")
    ax.bar(middle, frame["female"], STEP * 0.85, bottom=frame["male"], color=figures.DENSITY,
           alpha=0.45, label="female")  # fmt: skip
    ax.set(xlabel="age, years", ylabel="faces")
    ax.legend(frameon=False, loc="upper right")
    return figure
