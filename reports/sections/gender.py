"""Gender: ranking and calibration of the probability of female."""

from __future__ import annotations

from reports.display.blocks import Block
from reports.evaluation import Evaluation

TITLE = "Gender"
ORDER = 60


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    return "Ranking and calibration of the probability of female."


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return the charts."""
    return charts
