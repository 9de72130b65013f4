"""Age assurance: who passes a threshold of age, who is refused, and by how much a buffer helps.

A shop does not ask how old somebody is, it asks whether to check a passport. So each threshold is
judged by the faces whose true age is near it: easy ages would only dilute the numbers. Buffers
("challenge 25") are those of NIST's face analysis evaluation (FATE AEV, NIST IR 8525). The test
faces are no sample of any shop's customers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.panel import Panel

from .breakdowns import per_contender
from .intervals import Estimates, student_interval
from .shares import share_interval

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
THRESHOLDS = (13, 16, 18, 21, 25)
NEAR = 5  # years on either side of a threshold
CHALLENGE = 25
MIN_FACES = 10
GROUPS = ("gender", "ethnicity")
COLUMNS = [
    "threshold", "question", "group", "contender", "n", "value", "value_low", "value_high", "unit",
]  # fmt: skip


@dataclass(frozen=True)
class Question:
    """A question about some faces (``member``), answered for all contenders at once.

    ``threshold`` is 0 if it is about none; ``values`` ``(F, C)`` are a face's contribution to the
    mean, averaged over seeds, in ``unit`` 'years' or 'share'.
    """

    threshold: int
    text: str
    unit: str
    values: Array
    member: Mask
    weights: Array | None = None


def age_assurance(panel: Panel) -> pd.DataFrame:
    """Return one row per question, group of faces and contender.

    Columns ``threshold`` (0 if none), ``question``, ``group`` ('' for all, else such as 'female'),
    ``contender``, ``n``, ``value``, ``value_low``, ``value_high``, ``unit``. A threshold is asked
    where at least ten faces on either side are within five years of it. The age-balanced error is
    the mean over the cells sex x single year from 18 to 30 that hold faces (26 if all do), so that
    it does not depend on the ages at hand.
    """
    rows: list[dict[str, object]] = []
    for question in _questions(panel):
        for group, member in _groups_of(panel, question):
            if member.sum() < (MIN_FACES if group or question.threshold else 1):
                continue
            found = _estimate(panel, question, member)
            for k, contender in enumerate(panel.contenders):
                one = found.take(k)
                rows.append(
                    {
                        "threshold": question.threshold,
                        "question": question.text,
                        "group": group,
                        "contender": contender,
                        "n": one.n,
                        "value": one.value,
                        "value_low": one.low,
                        "value_high": one.high,
                        "unit": question.unit,
                    }
                )
    return pd.DataFrame(rows, columns=COLUMNS)


def _estimate(panel: Panel, question: Question, member: Mask) -> Estimates:
    values, groups = question.values[member], panel.group[member]
    if question.unit == "share":
        return share_interval(values, groups)
    weights = None if question.weights is None else question.weights[member]
    return student_interval(values, groups, positive=True, weights=weights)


def _groups_of(panel: Panel, question: Question) -> Iterator[tuple[str, Mask]]:
    """Yield all faces of a question, then those of each gender and ethnicity."""
    yield "", question.member
    if question.weights is not None:
        return
    for level, member in _levels(panel):
        yield level, question.member & member


def _levels(panel: Panel) -> list[tuple[str, Mask]]:
    """Return name and members of each gender and ethnicity. Kept with the panel.

    Faces whose level is missing or blank are in none; a name that two columns share is given with
    its column.
    """
    if "assurance" not in panel.cache:
        found: dict[str, Mask] = {}
        for column in GROUPS:
            values = panel.faces[column] if column in panel.faces else pd.Series(dtype=str)
            for level in sorted({str(v) for v in values.dropna()} - {""}):
                name = level if level not in found else f"{column} {level}"
                found[name] = np.asarray(values.astype(object).map(str) == level)
        panel.cache["assurance"] = list(found.items())
    levels: list[tuple[str, Mask]] = panel.cache["assurance"]
    return levels


def thresholds(panel: Panel) -> list[int]:
    """Return the thresholds with at least ten faces within five years on either side."""
    year = np.floor(panel.age)
    return [
        t
        for t in THRESHOLDS
        if _between(year, t - NEAR, t).sum() >= MIN_FACES
        and _between(year, t, t + NEAR).sum() >= MIN_FACES
    ]


def _between(year: Array, low: float, high: float) -> Mask:
    """Say which years lie in ``[low, high)``."""
    return np.asarray((year >= low) & (year < high))


def _questions(panel: Panel) -> Iterator[Question]:
    year = np.floor(panel.age)
    for t in thresholds(panel):
        passed = at_least(panel, t)
        below, above = _between(year, t - NEAR, t), _between(year, t, t + NEAR)
        words = f"{t - NEAR} to {t - 1} years, passed as {t} or older"
        yield Question(t, words, "share", passed, below)
        yield Question(t, f"{t} to {t + NEAR - 1} years, refused", "share", 1 - passed, above)
        if t == 18:
            yield from _challenge(panel, year)
        if t == 13:
            yield from _children(panel, year)
    error = per_contender(panel, "mae")
    yield _balanced(panel, year, error)
    yield Question(0, "MAE, 13 to 17 years", "years", error, _between(year, 13, 18))
    yield Question(0, "MAE, 18 to 30 years", "years", error, _between(year, 18, 31))


def _challenge(panel: Panel, year: Array) -> Iterator[Question]:
    """Ask for a passport below 25 to keep out those below 18 (NIST's challenge 25)."""
    older = at_least(panel, CHALLENGE)
    words = "challenge 25, false positives: 14 to 17 years, estimated 25 or older"
    yield Question(18, words, "share", older, _between(year, 14, 18))
    words = "challenge 25, false negatives: 25 to 34 years, estimated younger than 25"
    yield Question(18, words, "share", 1 - older, _between(year, CHALLENGE, CHALLENGE + 10))


def _children(panel: Panel, year: Array) -> Iterator[Question]:
    """Ask whether a face belongs to 13-16, where children have rooms of their own."""
    inside = met(panel, lambda age: (age >= 13) & (age < 17))
    for low, high, words in (
        (13, 17, "13 to 16 years, recognised as 13 to 16"),
        (8, 13, "8 to 12 years, taken for 13 to 16"),
        (17, 21, "17 to 20 years, taken for 13 to 16"),
    ):
        yield Question(13, words, "share", inside, _between(year, low, high))


def _balanced(panel: Panel, year: Array, error: Array) -> Question:
    """Weigh faces so that each sex x single year from 18 to 30 counts the same."""
    member = _between(year, 18, 31)
    cell = np.where(member, 2 * np.nan_to_num(year) + panel.female, 0).astype(int)
    cells, code, counts = np.unique(cell[member], return_inverse=True, return_counts=True)
    weights = np.zeros(len(year))
    weights[member] = 1 / counts[code] if len(cells) else 0
    text = f"age-balanced MAE, 18 to 30 years ({len(cells)} of 26 cells)"
    return Question(0, text, "years", error, member, weights)


def met(panel: Panel, condition: Callable[[Array], Mask]) -> Array:
    """Average a condition on predicted ages over seeds, shape (F, C); NaN where none answered."""
    columns = []
    for answers in panel.answers.values():
        known = np.isfinite(answers.age)
        with np.errstate(invalid="ignore"):
            true = np.where(known, condition(answers.age), 0).sum(axis=0)
            columns.append(true / known.sum(axis=0))
    return np.stack(columns, axis=1)


def at_least(panel: Panel, years: float) -> Array:
    """Return the share of seeds that estimate a face this old or older, shape (F, C)."""
    return met(panel, lambda age: age >= years)


def pass_rates(panel: Panel, threshold: int) -> pd.DataFrame:
    """Return the share estimated ``threshold`` or older by true year of age.

    Columns ``contender``, ``age`` (years, from ten below to ten above), ``n``, ``value``,
    ``value_low``, ``value_high``.
    """
    passed, year = at_least(panel, threshold), np.floor(panel.age)
    rows = []
    for age in range(max(threshold - 10, 0), threshold + 11):
        member = year == age
        if member.any():
            rows += _shares(panel, passed, member, {"age": age})
    return pd.DataFrame(rows)


def buffers(panel: Panel) -> pd.DataFrame:
    """Return false positives of 14-17 and false negatives of 18-30 for every challenge age.

    Columns ``contender``, ``challenge`` (18 to 35 years: a passport is asked of who looks younger),
    ``error`` ('false positives': 14-17 passed without one; 'false negatives': 18-30 asked for one),
    ``n``, ``value``, ``value_low``, ``value_high``.
    """
    year, rows = np.floor(panel.age), []
    young, grown = _between(year, 14, 18), _between(year, 18, 31)
    for challenge in range(18, 36):
        passed = at_least(panel, challenge)
        for error, values, member in (
            ("false positives", passed, young),
            ("false negatives", 1 - passed, grown),
        ):
            if member.sum() >= MIN_FACES:
                rows += _shares(panel, values, member, {"challenge": challenge, "error": error})
    return pd.DataFrame(rows)


def _shares(
    panel: Panel, values: Array, member: Mask, keys: dict[str, object]
) -> list[dict[str, object]]:
    found = share_interval(values[member], panel.group[member])
    rows = []
    for k, contender in enumerate(panel.contenders):
        one = found.take(k)
        numbers = {"n": one.n, "value": one.value, "value_low": one.low, "value_high": one.high}
        rows.append({"contender": contender, **keys, **numbers})
    return rows
