"""Age assurance: the questions of NIST's face analysis evaluation (FATE AEV, NIST IR 8525).

A shop does not ask how old somebody is, it asks whether to check a passport. The evaluation uses
the test faces as they are; they are no sample of any shop's customers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.panel import Panel

from .breakdowns import per_contender
from .intervals import mean_interval, share_interval
from .resampling import generator

Array = NDArray[np.float64]
YEARS = (1, 2, 3, 5, 10)


@dataclass(frozen=True)
class Question:
    """A question about some faces, answered for all contenders at once.

    Attributes
    ----------
    text : str
    unit : {'years', 'share'}
    values : ndarray of shape (F, C)
        A face's contribution to the mean, averaged over seeds.
    member : ndarray of bool, shape (F,)
        The faces it is about.
    weights : ndarray of shape (F,), optional
    """

    text: str
    unit: str
    values: Array
    member: NDArray[np.bool_]
    weights: Array | None = None


def age_assurance(panel: Panel) -> pd.DataFrame:
    """Return one row per question and contender.

    Returns
    -------
    DataFrame
        ``question``, ``contender``, ``n``, ``value``, ``value_low``, ``value_high``, ``unit``.
        The age-balanced error is the mean over the cells sex x single year from 18 to 30 that
        hold faces (26 if all do), so that it does not depend on the ages at hand.
    """
    rows = []
    for question in _questions(panel):
        member = question.member
        values, groups = question.values[member], panel.group[member]
        if question.unit == "share":
            found = share_interval(values, groups)
        else:
            weights = None if question.weights is None else question.weights[member]
            found = mean_interval(values, groups, generator(question.text), weights)
        for k, contender in enumerate(panel.contenders):
            one = found.take(k)
            rows.append(
                {
                    "question": question.text,
                    "contender": contender,
                    "n": one.n,
                    "value": one.value,
                    "value_low": one.low,
                    "value_high": one.high,
                    "unit": question.unit,
                }
            )
    columns = ["question", "contender", "n", "value", "value_low", "value_high", "unit"]
    return pd.DataFrame(rows, columns=columns)


def _questions(panel: Panel) -> Iterator[Question]:
    """Yield the questions that some test face is asked."""
    for question in _all_questions(panel):
        if question.member.any():
            yield question


def _all_questions(panel: Panel) -> Iterator[Question]:
    year, everyone = np.floor(panel.age), np.ones(len(panel.age), bool)
    error = per_contender(panel, "mae")
    teens, young = (year >= 13) & (year <= 16), (year >= 13) & (year <= 17)
    yield _balanced(panel, year, error)
    yield Question("MAE, women", "years", error, panel.female == 1)
    yield Question("MAE, men", "years", error, panel.female == 0)
    older = _met(panel, lambda age: age >= 25)
    minors = (year >= 14) & (year <= 17)
    yield Question("challenge 25: 14-17 estimated 25 or older", "share", older, minors)
    yield Question("challenge 25: 25 or older, estimated younger", "share", 1 - older, year >= 25)
    inside = _met(panel, lambda age: (age >= 13) & (age < 17))
    yield Question("13-16 recognised as 13-16", "share", inside, teens)
    yield Question("others taken for 13-16", "share", inside, ~teens)
    yield Question("MAE, 13-17", "years", error, young)
    yield Question("bias, 13-17", "years", per_contender(panel, "bias"), young)
    for k in YEARS:
        near = _met(panel, partial(_within, years=k, true=panel.age))
        yield Question(f"within {k} year{'s' * (k > 1)}", "share", near, everyone)


def _within(age: Array, years: float, true: Array) -> NDArray[np.bool_]:
    return np.asarray(np.abs(age - true) <= years)


def _balanced(panel: Panel, year: Array, error: Array) -> Question:
    """Weigh faces so that each sex x single year from 18 to 30 counts the same."""
    member = (year >= 18) & (year <= 30)
    cell = (2 * year + panel.female).astype(int)
    cells, code, counts = np.unique(cell[member], return_inverse=True, return_counts=True)
    weights = np.zeros(len(year))
    weights[member] = 1 / counts[code] if len(cells) else 0
    text = f"age-balanced MAE, 18-30 ({len(cells)} of 26 cells)"
    return Question(text, "years", error, member, weights)


def _met(panel: Panel, condition: Callable[[Array], NDArray[np.bool_]]) -> Array:
    """Average a condition on predicted ages over seeds, shape (F, C); NaN where none answered."""
    columns = []
    for answers in panel.answers.values():
        known = np.isfinite(answers.age)
        met = np.where(known, condition(answers.age), 0).sum(axis=0)
        with np.errstate(invalid="ignore"):
            columns.append(met / known.sum(axis=0))
    return np.stack(columns, axis=1)
