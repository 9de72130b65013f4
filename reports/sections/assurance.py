"""Age assurance: whom a contender passes, refuses, or takes for a child."""

from __future__ import annotations

from reports.display.blocks import Block
from reports.display.cells import Cell, Column, Row, Table, measured
from reports.display.words import minus, number
from reports.evaluation import Evaluation

TITLE = "Age assurance"
ORDER = 80


def lead(evaluation: Evaluation) -> str:
    """Say where the questions come from."""
    return (
        "The questions of NIST's evaluation of age estimation: is this person 18, 25, a child? "
        "The faces here are no sample of any shop's customers."
    )


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return the table of questions."""
    return [_assurance(evaluation), *charts]


def _assurance(evaluation: Evaluation) -> Table:
    frame = evaluation.age_assurance
    names = evaluation.panel.contenders
    columns = [Column("question", numeric=False), Column("faces")]
    columns += [Column(c, contender=k) for k, c in enumerate(names)]
    rows = []
    for question, part in frame.groupby("question", sort=False):
        n = int(part["n"].max())
        cells = [Cell(str(question), str(question)), Cell(minus(n, 0), n)]
        by_name = part.set_index("contender")
        for k, contender in enumerate(names):
            if contender not in by_name.index:
                cells.append(Cell(number(None), contender=k))
                continue
            row = by_name.loc[contender]
            cells.append(
                measured(
                    row["value"], row["value_low"], row["value_high"], row["unit"], contender=k
                )
            )
        rows.append(Row(cells, faint=n < 30))
    return Table(
        "assurance",
        "Age assurance",
        columns,
        rows,
        "After NIST FATE AEV. Age-balanced: mean over sex x single year, so that frequent ages "
        "weigh no more than rare ones.",
    )
