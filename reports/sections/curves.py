"""Learning: what more training faces bring."""

from __future__ import annotations

from reports.display.blocks import Block, Prose
from reports.display.words import number
from reports.evaluation import Evaluation

TITLE = "Learning"
ORDER = 100


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    return "What more training faces bring."


def finding(evaluation: Evaluation) -> str:
    """Say what the leader's age error was with the fewest and with the most training faces."""
    table = evaluation.run.curves
    if table is None:
        return ""
    mine = table[(table["curve"] == "learning") & (table["metric"] == "mae")]
    mine = mine[mine["contender"] == evaluation.leader]
    if "protocol" in mine:
        mine = mine[mine["protocol"].astype(str) == evaluation.panel.protocol]
    means = mine.groupby("x", observed=True)["value"].mean()
    if len(means) < 2:
        return ""
    few, many = means.index[0], means.index[-1]
    return (
        f"{evaluation.leader}: age error {number(means[few], 'years')} years after "
        f"{few:,.0f} training faces, {number(means[many], 'years')} after {many:,.0f}."
    )


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return the curves the run holds."""
    missing = "The run holds no learning curves."
    return charts or [Prose([missing], "missing")]
