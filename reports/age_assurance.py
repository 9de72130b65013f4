"""Age assurance: the questions of NIST's face analysis evaluation (FATE AEV, NIST IR 8525).

A shop does not ask how old somebody is, it asks whether to check a passport. The evaluation uses
the test faces as they are; they are no sample of any shop's customers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .comparison import seed_mean
from .intervals import mean_interval, share_interval
from .panel import Panel
from .resampling import generator

YEARS = (1, 2, 3, 5, 10)


def age_assurance(panel: Panel) -> pd.DataFrame:
    """Return one row per contender and question.

    Returns
    -------
    DataFrame
        ``question``, ``contender``, ``n``, ``value``, ``value_low``, ``value_high``, ``unit``.
        ``age-balanced MAE, 18-30`` is the mean over the cells sex x single year that hold faces
        (26 if all do), so that it does not depend on the ages at hand.
    """
    rows = [row for c in panel.contenders for row in _contender(panel, c)]
    order = list(dict.fromkeys(r["question"] for r in rows))
    frame = pd.DataFrame(rows)
    frame["rank"] = frame["question"].map(order.index)
    return frame.sort_values("rank", kind="stable").drop(columns="rank").reset_index(drop=True)


def _contender(panel: Panel, contender: str) -> list[dict[str, Any]]:
    year = np.floor(panel.age)
    error = seed_mean(panel, contender, "mae")
    rows = [_balanced(panel, contender, error)]
    for sex, words in ((1.0, "women"), (0.0, "men")):
        rows.append(_mean(panel, contender, f"MAE, {words}", error, panel.female == sex))
    minors = (year >= 14) & (year <= 17)
    rows.append(
        _share(
            panel, contender, "challenge 25: 14-17 estimated 25 or older",
            _over(panel, contender, 25), minors,
        )
    )  # fmt: skip
    adults = year >= 25
    rows.append(
        _share(
            panel, contender, "challenge 25: 25 or older, estimated younger",
            1 - _over(panel, contender, 25), adults,
        )
    )  # fmt: skip
    teens = (year >= 13) & (year <= 16)
    inside = _between(panel, contender, 13, 17)
    rows.append(_share(panel, contender, "13-16 recognised as 13-16", inside, teens))
    rows.append(_share(panel, contender, "others taken for 13-16", inside, ~teens))
    young = (year >= 13) & (year <= 17)
    rows.append(_mean(panel, contender, "MAE, 13-17", error, young))
    rows.append(_mean(panel, contender, "bias, 13-17", seed_mean(panel, contender, "bias"), young))
    everyone = np.ones(len(year), bool)
    for k in YEARS:
        rows.append(
            _share(
                panel,
                contender,
                f"within {k} year{'s' * (k > 1)}",
                _within(panel, contender, k),
                everyone,
            )
        )
    return [row for row in rows if row]


def _over(panel: Panel, contender: str, age: float) -> np.ndarray:
    return _average(panel.answers[contender].age, lambda a: a >= age)


def _between(panel: Panel, contender: str, low: float, high: float) -> np.ndarray:
    return _average(panel.answers[contender].age, lambda a: (a >= low) & (a < high))


def _within(panel: Panel, contender: str, years: float) -> np.ndarray:
    return _average(panel.answers[contender].age, lambda a: np.abs(a - panel.age) <= years)


def _average(ages: np.ndarray, condition: Any) -> np.ndarray:
    """Average a condition over seeds; NaN where no seed answered."""
    known = np.isfinite(ages)
    met = np.where(known, condition(ages), 0).sum(axis=0)
    with np.errstate(invalid="ignore"):
        return met / known.sum(axis=0)


def _balanced(panel: Panel, contender: str, error: np.ndarray) -> dict[str, Any]:
    year = np.floor(panel.age)
    member = (year >= 18) & (year <= 30) & np.isfinite(error)
    if not member.any():
        return {}
    cell = (year * 2 + panel.female).astype(int)[member]
    _, code, counts = np.unique(cell, return_inverse=True, return_counts=True)
    weights = 1 / counts[code] / len(counts)
    rng = generator("balanced", contender)
    column = error[member].reshape(-1, 1)
    found = mean_interval(column, panel.group[member], rng, weights).take(0)
    label = f"age-balanced MAE, 18-30 ({len(counts)} of 26 cells)"
    return _row(label, contender, found, "years")


def _mean(
    panel: Panel, contender: str, question: str, values: np.ndarray, member: np.ndarray
) -> dict[str, Any]:
    member = member & np.isfinite(values)
    if not member.any():
        return {}
    rng = generator(question, contender)
    found = mean_interval(values[member].reshape(-1, 1), panel.group[member], rng).take(0)
    return _row(question, contender, found, "years")


def _share(
    panel: Panel, contender: str, question: str, values: np.ndarray, member: np.ndarray
) -> dict[str, Any]:
    member = member & np.isfinite(values)
    if not member.any():
        return {}
    found = share_interval(values[member].reshape(-1, 1), panel.group[member]).take(0)
    return _row(question, contender, found, "share")


def _row(question: str, contender: str, found: Any, unit: str) -> dict[str, Any]:
    return {
        "question": question,
        "contender": contender,
        "n": found.n,
        "value": found.value,
        "value_low": found.low,
        "value_high": found.high,
        "unit": unit,
    }
