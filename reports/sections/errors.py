"""Errors of age: how large, in which direction, at which ages."""

from __future__ import annotations

import numpy as np

from reports.display.blocks import Block
from reports.display.reached import reached
from reports.evaluation import Evaluation

TITLE = "Errors of age"
ORDER = 50


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    return "How large the errors are, in which direction, and at which ages."


def finding(evaluation: Evaluation) -> str:
    """Say how far off the contender with the smallest error is, and in which direction."""
    name = evaluation.leader
    if not np.isfinite(evaluation.value(name, "mae")):
        return ""
    middle, bias = (reached(evaluation, name, metric) for metric in ("median_error", "bias"))
    return (
        f"{name}: half of the faces are off by less than {middle}; bias {bias} (above 0: seen too "
        "old)."
    )


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return the charts."""
    return charts
