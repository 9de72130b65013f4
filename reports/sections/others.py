"""Other protocols: the same contenders, other faces."""

from __future__ import annotations

import pandas as pd

from reports.display.blocks import Block
from reports.display.cells import from_frame
from reports.display.words import spanned
from reports.evaluation import Evaluation

TITLE = "Other protocols"
ORDER = 160


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    return "The same contenders, other faces."


def finding(evaluation: Evaluation) -> str:
    """Say what the contender with the smallest error here reaches on the other faces."""
    said = []
    for panel, numbers in zip(evaluation.other_panels, evaluation.other_headlines, strict=True):
        rows = numbers[numbers["contender"] == evaluation.leader].set_index("metric")
        if "mae" in rows.index:
            value, low, high = rows.loc["mae", ["value", "low", "high"]].tolist()
            said.append(f"{panel.protocol} {spanned(value, low, high, 'years', 'years')}")
    return f"Age error of {evaluation.leader}: {'; '.join(said)}." if said else ""


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return a table for each further protocol; nothing if there is none."""
    tables: list[Block] = []
    for panel, numbers in zip(evaluation.other_panels, evaluation.other_headlines, strict=True):
        rows = numbers[numbers["metric"].isin(("mae", "cs5", "bias", "accuracy"))]
        wide = pd.DataFrame({"contender": panel.contenders})
        wide["n"] = [int(panel.answers[c].complete.sum()) for c in panel.contenders]
        for metric, part in rows.groupby("metric", sort=False):
            mine = part.set_index("contender")
            for source, target in (("value", ""), ("low", "_low"), ("high", "_high")):
                wide[f"{metric}{target}"] = wide["contender"].map(mine[source])
        units = {"mae": "years", "bias": "years", "cs5": "share", "accuracy": "share"}
        note = "Descriptive only: copies are kept." if panel.protocol == "raw" else ""
        tables.append(
            from_frame(
                wide,
                f"panel-{panel.protocol}",
                panel.name,
                evaluation.panel.contenders,
                units=units,
                note=note,
            )
        )
    return [*tables, *charts]
