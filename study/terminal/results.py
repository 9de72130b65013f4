"""The verdict and the table of results on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .bars import output, table

SCORES = {
    "age MAE (years)": ("mae", 1),
    "CS@5 (%)": ("cs5", 100),
    "gender accuracy (%)": ("accuracy", 100),
}
RANGED = {"age inside its range (%)": ("within_range", 100), "years outside": ("outside_range", 1)}
"""Shown where a data set tells ranges of ages."""
PRICES = {"fit (s)": "fit_seconds", "faces/s": "predict_images_per_second"}


def show_results(summary: dict[str, Any], title: str, contenders: Sequence[str]) -> None:
    """Print the verdict, what may be wrong with the labels, and the table of results."""
    for sentence in summary["verdict"]:
        output.print(
            f"{sentence['topic']}: {sentence['claim']} {sentence['evidence']}", markup=False
        )
    for warning in summary.get("warnings", ()):
        output.print(f"Warning: {warning}", markup=False)
    found = {(row["contender"], row["metric"]): row for row in summary["headline"]}
    costs = {row["contender"]: row for row in summary["costs"]}
    known = {metric for (_, metric), row in found.items() if row["value"] is not None}
    scores = {words: score for words, score in {**SCORES, **RANGED}.items() if score[0] in known}
    rows = [
        [
            name,
            *(_with_interval(found.get((name, m)), scale) for m, scale in scores.values()),
            *(_amount(costs.get(name, {}).get(cost)) for cost in PRICES.values()),
        ]
        for name in contenders
        if any((name, metric) in found for metric in known)
    ]
    table(f"{title}: test part", ["contender", *scores, *PRICES], rows)


def _with_interval(row: dict[str, Any] | None, scale: float) -> str:
    """Format a score with its 95% interval."""
    if row is None or row["value"] is None:
        return "-"
    value, low, high = (
        None if row[key] is None else row[key] * scale for key in ("value", "low", "high")
    )
    if low is None or high is None:
        return f"{value:.2f}"
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"


def _amount(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
