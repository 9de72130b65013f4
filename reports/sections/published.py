"""Published results: what others report on the same data and ages."""

from __future__ import annotations

import pandas as pd

from reports.display.blocks import Block
from reports.display.cells import Cell, Column, Row, Table, text_cell
from reports.display.words import finite, number
from reports.evaluation import Evaluation
from reports.published import published

TITLE = "Published results"
ORDER = 130
UNITS = {"mae": "years", "accuracy": "share"}


def lead(evaluation: Evaluation) -> str:
    """Say what is comparable and what is not."""
    return (
        "Numbers that others report on these faces and ages. None of them uses this split, which "
        "keeps copies of a photo together; the last column says what else differs."
    )


def finding(evaluation: Evaluation) -> str:
    """Place the smallest error of age here among the published ones."""
    rows = _rows(evaluation)
    mae = rows[rows["metric"] == "mae"] if len(rows) else rows
    if mae.empty:
        return ""
    leader = evaluation.leader
    ours = evaluation.value(leader, "mae")
    smaller = int((mae["value"] < ours).sum())
    verb = "is" if smaller == 1 else "are"
    return (
        f"{leader} errs by {number(ours, 'years')} years; of {len(mae)} published errors "
        f"({number(mae['value'].min(), 'years')} to {number(mae['value'].max(), 'years')}), "
        f"{smaller} {verb} smaller."
    )


def _rows(evaluation: Evaluation) -> pd.DataFrame:
    facts = evaluation.run.provenance.get("data_sets", {}).get(evaluation.panel.data_set, {})
    name = f"{evaluation.panel.data_set} {facts.get('kind') or ''}"
    return published(name, evaluation.panel.protocol)


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return ours and theirs in one table; nothing where nothing is comparable."""
    rows = _rows(evaluation)
    if rows.empty:
        return charts
    made = []
    for metric, unit in UNITS.items():
        theirs = rows[rows["metric"] == metric].sort_values("value", ascending=metric == "mae")
        if theirs.empty:
            continue
        for k, name in enumerate(evaluation.panel.contenders):
            value = evaluation.value(name, metric)
            cells = [text_cell(f"{name} (this run)"), text_cell(metric),
                     Cell(number(value, unit), finite(value), unit=unit), text_cell("this page"),
                     text_cell("")]  # fmt: skip
            made.append(Row(cells, k))
        for row in theirs.to_dict("records"):
            cells = [text_cell(row["who"]), text_cell(metric),
                     Cell(number(row["value"], unit), finite(row["value"]), unit=unit),
                     text_cell(row["source"]), text_cell(row["difference"])]  # fmt: skip
            made.append(Row(cells))
    heads = ("who", "metric", "value", "source", "difference of protocol")
    columns = [Column(h, numeric=h == "value") for h in heads]
    note = "mae: years; accuracy: share of genders right. Published numbers come without intervals."
    return [Table("published", "Ours and theirs", columns, made, note), *charts]
