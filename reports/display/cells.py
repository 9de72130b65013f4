"""Tables for people: cells with a text to read and a number to sort and export by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from reports.drawing.figures import SMALL_N

from .words import DASH, finite, interval, number, p_value

NAMES = {
    "n": "faces",
    "mae": "MAE",
    "cs5": "CS@5",
    "accuracy": "gender accuracy",
    "p": "p",
    "p_family": "p (Holm within the breakdown)",
    "p_page": "p (adjusted for the page)",
    "detectable": "smallest detectable",
    "value": "value",
    "raw": "as measured",
    "false_positive_rate": "men taken for women",
    "true_positive_rate": "women recognised",
    "p05": "5%",
    "p25": "25%",
    "p75": "75%",
    "p95": "95%",
    "answered": "share answered",
    "yaw_bin": "|yaw|",
    "middle": "mean of both ages",
    "first": "first",
    "second": "second",
}


@dataclass(frozen=True)
class Cell:
    """One cell: ``text`` and ``interval`` as printed, ``value`` with ``low``, ``high`` to export.

    ``mark`` is '', 'best' or 'tied', ``note`` small print below the number, ``contender`` ties the
    cell to the filter. ``unit`` is that of ``value``: a share is a fraction there.
    """

    text: str
    value: float | str | None = None
    low: float | None = None
    high: float | None = None
    interval: str = ""
    mark: str = ""
    note: str = ""
    contender: int | None = None
    unit: str = ""


@dataclass(frozen=True)
class Column:
    """A column heading; ``hint`` explains it, ``contender`` ties it to the filter."""

    label: str
    numeric: bool = True
    hint: str = ""
    contender: int | None = None


@dataclass(frozen=True)
class Row:
    """Cells, the contender they are about (its index, for the filter), and whether n is small.

    ``heading`` starts a new body of rows with this title.
    """

    cells: list[Cell]
    contender: int | None = None
    faint: bool = False
    heading: str = ""


@dataclass(frozen=True)
class Table:
    """A table with a caption; ``key`` names its CSV file."""

    key: str
    title: str
    columns: list[Column]
    rows: list[Row]
    note: str = ""
    sortable: bool = True

    def records(self) -> list[dict[str, Any]]:
        """Return rows as dicts: heading -> value, and ``heading low``, ``heading high``."""
        out = []
        for row in self.rows:
            record: dict[str, Any] = {}
            for k, (column, cell) in enumerate(zip(self.columns, row.cells, strict=True)):
                name = column.label or ("name" if k == 0 else f"column {k}")
                name = f"{name} {k}" if name in record else name
                record[name] = cell.value
                if cell.low is not None:
                    record |= {f"{name} low": cell.low, f"{name} high": cell.high}
            out.append(record)
        return out


def measured(value: float, low: float, high: float, unit: str, **more: Any) -> Cell:
    """Return a cell with a number and its interval."""
    span = interval(low, high, unit)
    ends = (finite(value), finite(low), finite(high))
    return Cell(number(value, unit), *ends, span, unit=exported(unit), **more)


def exported(unit: str) -> str:
    """Return the unit of an exported number: points are printed, shares are exported."""
    return "share" if unit == "points" else unit


def text_cell(value: Any) -> Cell:
    """Return a cell of text."""
    return Cell(DASH if value is None or value == "" else str(value), str(value))


def from_frame(
    frame: pd.DataFrame,
    key: str,
    title: str,
    contenders: Sequence[str],
    *,
    units: Mapping[str, str] | None = None,
    note: str = "",
) -> Table:
    """Turn any frame into a table; ``x_low`` and ``x_high`` join their column ``x``.

    Columns of lists are left out; ``contenders`` are all of the page, for the filter; ``units``
    maps columns to 'years', 'share', 'points'.
    """
    units = units or {}
    shown = [c for c in frame.columns if _is_shown(frame, c)]
    columns = [
        Column(NAMES.get(c, str(c).replace("_", " ")), pd.api.types.is_numeric_dtype(frame[c]))
        for c in shown
    ]
    rows = []
    for record in frame.to_dict("records"):
        cells = [_cell(record, c, units.get(c, "")) for c in shown]
        name = record.get("contender")
        index = contenders.index(name) if name in contenders else None
        faint = "n" in record and "level" in record and record["n"] < SMALL_N
        rows.append(Row(cells, index, bool(faint)))
    return Table(key, title, columns, rows, note)


def _is_shown(frame: pd.DataFrame, column: str) -> bool:
    base = column.removesuffix("_low").removesuffix("_high")
    if base != column and base in frame.columns:
        return False
    return not (len(frame) and isinstance(frame[column].iloc[0], list | dict | bytes))


def _cell(record: Mapping[str, Any], column: str, unit: str) -> Cell:
    value = record[column]
    if isinstance(value, str) or value is None:
        return text_cell(value)
    if isinstance(value, bool | np.bool_):
        return text_cell("yes" if value else "no")
    if column in ("p", "p_family", "p_page") or column.startswith("p "):
        return Cell(p_value(float(value)), finite(value))
    if f"{column}_low" in record:
        return measured(value, record[f"{column}_low"], record[f"{column}_high"], unit)
    return Cell(number(value, unit), finite(value), unit=exported(unit))
