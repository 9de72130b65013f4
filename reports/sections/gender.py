"""Gender: ranking and calibration of the probability of female."""

from __future__ import annotations

import numpy as np

from reports.display.blocks import Block
from reports.display.reached import reached
from reports.evaluation import Evaluation

TITLE = "Gender"
ORDER = 60


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    return "Ranking and calibration of the probability of female."


def finding(evaluation: Evaluation) -> str:
    """Say how well the contender with the smallest error of age ranks and states gender."""
    name = evaluation.leader
    if not np.isfinite(evaluation.value(name, "auc")):
        return ""
    return (
        f"{name}: AUC {reached(evaluation, name, 'auc')}, Brier score "
        f"{reached(evaluation, name, 'brier')}."
    )


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return the charts."""
    return charts
