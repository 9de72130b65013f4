"""Cost: time, memory and size."""

from __future__ import annotations

from reports.display.blocks import Block, Prose
from reports.evaluation import Evaluation

TITLE = "Cost"
ORDER = 90


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    return "What accuracy costs in time, memory and size."


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return the charts, and who was timed beside other work."""
    if evaluation.costs.empty:
        missing = "The run holds no costs: times, memory and sizes are left out."
        return [Prose([missing], "missing")]
    found = list(charts)
    if bool(evaluation.costs["shared"].any()):
        shared = ", ".join(evaluation.costs.index[evaluation.costs["shared"]])
        words = f"Timed while other cells ran on the same machine: {shared}."
        found.append(Prose([words], "note"))
    return found
