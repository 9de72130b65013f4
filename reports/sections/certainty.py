"""Certainty: what intervals and probabilities are worth."""

from __future__ import annotations

from reports.display.blocks import Block
from reports.evaluation import Evaluation

TITLE = "Certainty"
ORDER = 70


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    return "Do contenders know what they do not know?"


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return the charts."""
    return charts
