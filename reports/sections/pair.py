"""The tested pair: two contenders, on the same faces, group by group."""

from __future__ import annotations

import pandas as pd

from reports.display.blocks import Block, Prose
from reports.display.cells import SMALL_N, Cell, Column, Row, Table, measured, text_cell
from reports.display.words import finite, minus, number, p_value
from reports.evaluation import Evaluation
from reports.statistics import breakdowns
from reports.statistics.pairs import ALPHA

TITLE = "The tested pair"
ORDER = 40


def lead(evaluation: Evaluation) -> str:
    """Name the pair and how it was chosen."""
    pair = evaluation.pair
    return f"{pair.second} against {pair.first}, on the same faces. {pair.reason}" if pair else ""


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
    open_ = tests[
        (tests["breakdown"] != "") & ~((tests["p_holm"] < ALPHA) & (tests["advantage"] > 0))
    ]
    return _test_table(
        evaluation,
        open_,
        "not-better",
        f"Where {pair.second} is not clearly better than {pair.first}",
        "Groups whose test does not reject, or rejects the other way.",
    )


def tests_table(evaluation: Evaluation) -> Table:
    """All tests of the pair."""
    return _test_table(
        evaluation,
        evaluation.tests,
        "tests",
        "All tests of the pair",
        "Advantage: years less error, or points more right, of the second over the first; its "
        "95% interval is not adjusted. p: group sign-flips, 10,000 draws. Holm: adjusted within "
        "breakdown and target.",
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
                    measured(test["advantage"], test["low"], test["high"], scale),
                    Cell(p_value(test["p"]), test["p"]),
                    Cell(p_value(test["p_holm"]), test["p_holm"]),
                    text_cell(_winner(evaluation, test)),
                ],
                faint=test["n"] < SMALL_N,
            )
        )
    return Table(key, title, columns, rows, note)


def _winner(evaluation: Evaluation, test: dict[str, float]) -> str:
    pair = evaluation.pair
    assert pair is not None
    if test["p_holm"] >= ALPHA:
        return "undecided"
    return pair.second if test["advantage"] > 0 else pair.first
