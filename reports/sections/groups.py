"""For whom: the same numbers by group."""

from __future__ import annotations

from reports.display.blocks import Block
from reports.evaluation import Evaluation

TITLE = "For whom"
ORDER = 20


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    return "The same numbers by group. An average hides who pays for it."


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return the charts."""
    return charts
