"""The tested pair: two contenders, on the same faces, group by group."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from reports.display.blocks import Block, Prose
from reports.display.cells import SMALL_N, Cell, Column, Row, Table, measured, text_cell
from reports.display.words import finite, interval, listed, minus, number, p_value
from reports.evaluation import Evaluation
from reports.statistics import breakdowns

TITLE = "The tested pair"
ORDER = 40


def lead(evaluation: Evaluation) -> str:
    """Name the pair and how it was chosen."""
    pair = evaluation.pair
    return f"{pair.second} against {pair.first}, on the same faces. {pair.reason}" if pair else ""


def finding(evaluation: Evaluation) -> str:
    """Count the groups that were decided, and say what could have been seen."""
    tests = evaluation.tests
    groups = tests[(tests["breakdown"] != "") & tests["breakdown"].isin(evaluation.drawn_columns)]
    groups = groups[groups["level"] != "unknown"]  # as in the verdict
    if evaluation.pair is None or groups.empty:
        return ""
    names = {"first": evaluation.pair.first, "second": evaluation.pair.second}
    counts = [
        f"{names[side]} in {int((groups['claim'] == side).sum())}" for side in ("second", "first")
    ]
    return f"Of {len(groups)} group tests, ahead: {listed(counts)}. {power(groups)}"


def power(tests: pd.DataFrame) -> str:
    """Say which differences these tests would have found, in the middle one of the groups."""
    large = tests[tests["n"] >= SMALL_N]
    middle = large.groupby("target")["detectable"].median()
    parts = [
        f"{number(middle[target], unit)} {words}"
        for target, unit, words in (("age", "years", "years"), ("gender", "points", "points"))
        if target in middle and np.isfinite(middle[target])
    ]
    if not parts:
        return ""
    return f"The middle one finds a true difference of {' or '.join(parts)} in 4 of 5 cases."


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return where the second is not clearly better, the charts by group, and all tests."""
    pair = evaluation.pair
    if pair is None:
        missing = "This run has one contender only: there is no pair to test."
        return [Prose([missing], "missing")]
    found: list[Block] = []
    table = not_better_table(evaluation)
    if table is not None and table.rows:
        found.append(table)
    elif table is not None:
        found.append(Prose([f"{pair.second} is clearly better in every group."]))
    return [*found, *charts, tests_table(evaluation)]


def not_better_table(evaluation: Evaluation) -> Table | None:
    """Return the groups where the second of the pair is not clearly better, or None."""
    pair, tests = evaluation.pair, evaluation.tests
    if pair is None or tests.empty:
        return None
    open_ = tests[(tests["breakdown"] != "") & (tests["claim"] != "second")]
    return _test_table(
        evaluation,
        open_,
        "not-better",
        f"Where {pair.second} is not clearly better than {pair.first}",
        "Undecided is not equal: the smallest detectable difference says what the test could see.",
    )


def tests_table(evaluation: Evaluation) -> Table:
    """All tests of the pair."""
    return _test_table(
        evaluation,
        evaluation.tests,
        "tests",
        "All tests of the pair",
        "Age: years of error; gender: share right. "
        "Advantage: years less error, or points more right, of the second over the first, with its "
        "95% interval for these fitted models; recipe: for another training as well. p: sign flips "
        "of groups, 10,000 draws. Holm: adjusted within breakdown and target. Page: adjusted for "
        "all tests of the page; only this decides the verdict, together with the interval. "
        "Smallest detectable: a true difference that is found in 4 of 5 such test parts.",
    )


def _test_table(
    evaluation: Evaluation, tests: pd.DataFrame, key: str, title: str, note: str
) -> Table:
    pair = evaluation.pair
    assert pair is not None
    columns = [
        Column("breakdown", numeric=False),
        Column("group", numeric=False),
        Column("target", numeric=False),
        Column("faces"),
        Column(pair.first),
        Column(pair.second),
        Column("advantage"),
        Column("p"),
        Column("p (Holm)"),
        Column("p (page)"),
        Column("smallest detectable"),
        Column("verdict", numeric=False),
    ]
    rows = []
    for test in tests.to_dict("records"):
        age = test["target"] == "age"
        unit, scale = ("years", "years") if age else ("share", "points")
        rows.append(
            Row(
                [
                    text_cell(breakdowns.label(test["breakdown"]) or "all faces"),
                    text_cell(test["level"]),
                    text_cell(test["target"]),
                    Cell(minus(test["n"], 0), test["n"]),
                    Cell(number(test["first"], unit), finite(test["first"])),
                    Cell(number(test["second"], unit), finite(test["second"])),
                    measured(
                        test["advantage"],
                        test["low"],
                        test["high"],
                        scale,
                        note=_recipe(test, scale),
                    ),
                    Cell(p_value(test["p"]), test["p"]),
                    Cell(p_value(test["p_family"]), test["p_family"]),
                    Cell(p_value(test["p_page"]), test["p_page"]),
                    Cell(number(test["detectable"], scale), finite(test["detectable"])),
                    text_cell(_winner(evaluation, test)),
                ],
                faint=test["n"] < SMALL_N,
            )
        )
    return Table(key, title, columns, rows, note)


def _recipe(test: Mapping[str, float], unit: str) -> str:
    span = interval(test["recipe_low"], test["recipe_high"], unit)
    return f"recipe {span}" if span else ""


def _winner(evaluation: Evaluation, test: Mapping[str, str]) -> str:
    pair = evaluation.pair
    assert pair is not None
    return {"first": pair.first, "second": pair.second}.get(test["claim"], test["claim"])
