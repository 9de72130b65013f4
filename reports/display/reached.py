"""A headline number as people read it."""

from __future__ import annotations

from reports.evaluation import Evaluation
from reports.statistics.metrics import METRICS

from .words import DASH, spanned


def reached(evaluation: Evaluation, contender: str, metric: str) -> str:
    """Return what a contender reaches, with unit and interval; a dash if it has no such number.

    Parameters
    ----------
    evaluation : Evaluation
    contender, metric : str
    """
    rows = evaluation.headline
    found = rows[(rows["contender"] == contender) & (rows["metric"] == metric)]
    if found.empty:
        return DASH
    unit = METRICS[metric].unit
    value, low, high = found.iloc[0][["value", "low", "high"]].tolist()
    return spanned(value, low, high, unit, unit if unit == "years" else "")
