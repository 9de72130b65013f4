"""For whom: the same numbers by group, and the gaps between groups."""

from __future__ import annotations

import pandas as pd

from reports.display.blocks import Block
from reports.display.cells import Cell, Column, Row, Table, measured, text_cell
from reports.display.words import finite, interval, number, p_is, p_value, spanned
from reports.evaluation import Evaluation
from reports.statistics import breakdowns
from reports.statistics.gaps import worst_cell
from reports.statistics.pairs import ALPHA

TITLE = "For whom"
ORDER = 20
UNITS = {"mae": ("years", "years"), "accuracy": ("share", "points")}
WORDS = {"mae": "age error", "accuracy": "gender accuracy"}


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    return "The same numbers by group. An average hides who pays for it."


def finding(evaluation: Evaluation) -> str:
    """Name the widest gap of each question that is more than chance, or say that none is."""
    gaps = evaluation.gaps
    real = gaps[gaps["p_page"] < ALPHA]
    if gaps.empty:
        return ""
    if real.empty:
        return f"None of {len(gaps)} gaps between groups is more than chance after adjustment."
    said = []
    for metric in ("mae", "accuracy"):
        rows = real[real["metric"] == metric].sort_values("difference", ascending=False)
        if len(rows):
            said.append(gap_words(rows.iloc[0], name=True))
    return f"Widest gaps: {'; '.join(said)}."


def gap_words(gap: pd.Series, name: bool = False) -> str:
    """Return a gap in words: *gender accuracy by gender, male: 95.4%, female: 88.3%, gap ...*."""
    unit, scale = UNITS[str(gap["metric"])]
    word = "points" if scale == "points" else "years"
    who = f"{gap['contender']}, " if name else ""
    return (
        f"{who}{WORDS[str(gap['metric'])]} by {breakdowns.label(str(gap['breakdown']))}, "
        f"{gap['best']}: {number(gap['best_value'], unit)}, "
        f"{gap['worst']}: {number(gap['worst_value'], unit)}, gap "
        f"{spanned(gap['difference'], gap['difference_low'], gap['difference_high'], scale, word)}"
        + (f", p {p_is(gap['p_page'])}" if finite(gap["p_page"]) is not None else "")
    )


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return the table of gaps, the worst crossed cells, and the charts."""
    found: list[Block] = []
    for table in (gap_table(evaluation), worst_table(evaluation)):
        if table.rows:
            found.append(table)
    return [*found, *charts]


def gap_table(evaluation: Evaluation, contenders: list[str] | None = None) -> Table:
    """Return every gap: worst and best group, difference, ratio, joint test."""
    gaps, names = evaluation.gaps, evaluation.panel.contenders
    if contenders is not None:
        gaps = gaps[gaps["contender"].isin(contenders)]
    heads = ("breakdown", "contender", "metric", "worst group", "best group", "gap", "ratio",
             "p (page)")  # fmt: skip
    columns = [Column(h, numeric=h in ("gap", "ratio", "p (page)")) for h in heads]
    rows = []
    for gap in gaps.to_dict("records"):
        unit, scale = UNITS[gap["metric"]]
        sides = [
            Cell(f"{gap[s]}: {number(gap[f'{s}_value'], unit)}", gap[s],
                 note=interval(gap[f"{s}_low"], gap[f"{s}_high"], unit))
            for s in ("worst", "best")
        ]  # fmt: skip
        rows.append(
            Row(
                [
                    text_cell(breakdowns.label(gap["breakdown"])),
                    text_cell(gap["contender"]),
                    text_cell(WORDS[gap["metric"]] + (", years" if unit == "years" else "")),
                    *sides,
                    measured(gap["difference"], gap["difference_low"], gap["difference_high"],
                             scale),
                    Cell(number(gap["ratio"]), finite(gap["ratio"])),
                    _p_cell(gap["p_page"]),
                ],
                names.index(gap["contender"]),
            )
        )  # fmt: skip
    return Table(
        "gaps",
        "Gaps between groups",
        columns,
        rows,
        "Groups of at least 30 faces. The worst and the best are picked after looking, so the gap "
        "is a little too large in expectation, and its interval, which is not adjusted, may leave "
        "out zero by chance. P: all groups of the breakdown are equal, adjusted for all tests of "
        "the page; it decides the words. Ratio: smaller over larger.",
    )


def _p_cell(p: float) -> Cell:
    """Print an adjusted p with what it means in words."""
    known = finite(p) is not None
    note = ("beyond chance" if p < ALPHA else "may be chance") if known else ""
    return Cell(p_value(p), finite(p), note=note)


def worst_table(evaluation: Evaluation) -> Table:
    """Return the worst cell of each crossed breakdown with at least 30 faces."""
    names, rows = evaluation.panel.contenders, []
    for a, b in evaluation.crossings:
        for contender in evaluation.shown:
            for metric in UNITS:
                cell = worst_cell(evaluation.crossed(a, b), contender, metric)
                if cell is None:
                    continue
                unit = UNITS[metric][0]
                ends = (cell[metric], cell[f"{metric}_low"], cell[f"{metric}_high"])
                where = f"{cell['row']}, {cell['column']}"
                rows.append(
                    Row(
                        [
                            text_cell(f"{breakdowns.label(a)} and {breakdowns.label(b)}"),
                            text_cell(contender),
                            text_cell(WORDS[metric] + (", years" if unit == "years" else "")),
                            text_cell(where),
                            Cell(f"{cell['n']:,}", int(cell["n"])),
                            measured(*ends, unit),
                        ],
                        names.index(contender),
                    )
                )
    heads = ("crossed", "contender", "metric", "worst cell", "faces", "value")
    columns = [Column(h, numeric=h in ("faces", "value")) for h in heads]
    note = "The worst of all cells with at least 30 faces, picked after looking."
    return Table("worst-cells", "Worst crossed groups", columns, rows, note)
