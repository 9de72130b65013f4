"""Age assurance: whom a contender passes, refuses, or takes for a child."""

from __future__ import annotations

import pandas as pd

from reports.display.blocks import Block, Prose
from reports.display.cells import Cell, Column, Row, Table, measured
from reports.display.words import minus, spanned
from reports.evaluation import Evaluation
from reports.statistics.age_assurance import NEAR

TITLE = "Age assurance"
ORDER = 80


def lead(evaluation: Evaluation) -> str:
    """Say how a threshold is judged."""
    return (
        "Is this person 18? Each threshold is judged by the faces whose true age is within "
        f"{NEAR} years of it, for easy ages would dilute the answer. The faces here are no sample "
        "of any shop's customers."
    )


def finding(evaluation: Evaluation) -> str:
    """Say whom the contender with the smallest error passes and refuses at 18."""
    table = evaluation.age_assurance
    rows = table[(table["threshold"] == 18) & (table["group"] == "")]
    rows = rows[rows["contender"] == evaluation.leader]
    rows = rows[~rows["question"].str.startswith("challenge")]
    if len(rows) < 2:
        return "Too few faces near 18 years to judge that threshold."
    said = [
        f"{r['question']}: {spanned(r['value'], r['value_low'], r['value_high'], 'share')} of "
        f"{r['n']} faces"
        for r in rows.to_dict("records")
    ]
    return f"{evaluation.leader}, {'; '.join(said)}."


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return a table for each threshold, with its groups, and one of errors at young ages."""
    frame = evaluation.age_assurance
    if frame.empty:
        return [Prose(["No test face is asked any of these questions."], "missing")]
    found: list[Block] = []
    for threshold, part in frame.groupby("threshold", sort=True):
        key = f"assurance-{threshold}" if threshold else "assurance-error"
        title = f"Threshold {threshold} years" if threshold else "Error of age from 13 to 30 years"
        found.append(_table(evaluation, part, key, title))
    order = sorted(range(len(found)), key=lambda k: getattr(found[k], "key", "") != "assurance-18")
    return [*(found[k] for k in order), *charts]


def _table(evaluation: Evaluation, frame: pd.DataFrame, key: str, title: str) -> Table:
    names = evaluation.panel.contenders
    columns = [Column("faces of", numeric=False), Column("n")]
    columns += [Column(c, contender=k) for k, c in enumerate(names)]
    rows = []
    for question, part in frame.groupby("question", sort=False):
        heading = str(question)
        for group, few in part.groupby("group", sort=False):
            n = int(few["n"].max())
            words = str(group) or "all"
            cells = [Cell(words, f"{question}, {words}"), Cell(minus(n, 0), n)]
            by_name = few.set_index("contender")
            for k, contender in enumerate(names):
                row = by_name.loc[contender]
                ends = (row["value"], row["value_low"], row["value_high"])
                cells.append(measured(*ends, row["unit"], contender=k))
            rows.append(Row(cells, faint=n < 30, heading=heading))
            heading = ""
    note = "95% intervals; faint: fewer than 30 faces."
    if key == "assurance-18":
        note += " Challenge 25 as in NIST FATE AEV: who looks younger than 25 shows a passport."
    if key == "assurance-error":
        note += (
            " Errors in years. Age-balanced: mean over sex x single year, so that frequent ages "
            "weigh no more."
        )
    return Table(key, title, columns, rows, note, sortable=False)
