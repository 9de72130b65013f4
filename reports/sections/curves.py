"""Learning and robustness: more training faces, worse pictures."""

from __future__ import annotations

from reports.display.blocks import Block, Prose
from reports.evaluation import Evaluation

TITLE = "Learning and robustness"
ORDER = 100


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    return "More training faces, worse pictures."


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return the curves the run holds."""
    missing = "The run holds no learning or robustness curves."
    return charts or [Prose([missing], "missing")]
