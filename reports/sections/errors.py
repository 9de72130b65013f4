"""Errors of age: how large, in which direction, at which ages."""

from __future__ import annotations

from reports.display.blocks import Block
from reports.evaluation import Evaluation

TITLE = "Errors of age"
ORDER = 50


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    return "How large the errors are, in which direction, and at which ages."


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return the charts."""
    return charts
