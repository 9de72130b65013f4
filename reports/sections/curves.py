"""Learning: what more training faces bring."""

from __future__ import annotations

from reports.display.blocks import Block, Prose
from reports.evaluation import Evaluation

TITLE = "Learning"
ORDER = 100


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    return "What more training faces bring."


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return the curves the run holds."""
    missing = "The run holds no learning curves."
    return charts or [Prose([missing], "missing")]
