"""Certainty: what intervals and probabilities are worth."""

from __future__ import annotations

import numpy as np

from reports.display.blocks import Block
from reports.display.reached import reached
from reports.display.words import number, spanned
from reports.evaluation import Evaluation
from reports.statistics.gaps import MIN_FACES

TITLE = "Certainty"
ORDER = 70


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    return "Do contenders know what they do not know?"


def finding(evaluation: Evaluation) -> str:
    """Say how many ages the leader's intervals hold, overall and where they hold the fewest."""
    name, level = evaluation.leader, number(evaluation.interval_level, "share")
    if not np.isfinite(evaluation.value(name, "coverage")):
        return f"{name} states no age intervals."
    said = (
        f"{name}: intervals that promise {level} hold {reached(evaluation, name, 'coverage')} of "
        "the ages"
    )
    if "age_bin" not in evaluation.columns:
        return f"{said}."
    table = evaluation.breakdown_tables["age_bin"]
    mine = table[(table["contender"] == name) & (table["n"] >= MIN_FACES)].dropna(subset="coverage")
    if mine.empty:
        return f"{said}."
    row = mine.loc[mine["coverage"].idxmin()]
    ends = (row["coverage"], row["coverage_low"], row["coverage_high"])
    return f"{said}; the fewest at {row['level']} years, {spanned(*ends, 'share')}."


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return the charts."""
    return charts
