"""Methods: how each number is made; the text is a template of the page."""

from __future__ import annotations

from reports.display.blocks import Block
from reports.evaluation import Evaluation

TITLE = "Methods"
ORDER = 170


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    return "How each number is made."


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return the charts."""
    return charts
