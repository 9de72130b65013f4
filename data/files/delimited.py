"""Text tables as people have them: any common separator, and rows that do not fit the heading."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

SEPARATORS = ",;\t|"


def read_text_table(
    table: Path, *, separator: str | None = None, heading: list[str] | None = None
) -> pd.DataFrame:
    """Read a delimited text file in UTF-8, every cell as text.

    The separator is by default the most frequent in the first line of comma, semicolon, tab and bar
    (a tab for ``.tsv``); ``heading`` names the columns of a file that has none. Cells are text or
    None. The column ``malformed`` is empty, or says what is wrong with a row of more cells than the
    heading: its columns have shifted, and nobody knows where. In a row of fewer the last cells are
    taken as empty; ``attrs["short_rows"]`` says how many there are and how the first one is read,
    '' where there is none. ``ValueError`` if the file is empty or not UTF-8.
    """
    with table.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        if separator is None:
            tabs = table.suffix.lower() == ".tsv"
            separator = "\t" if tabs else max(SEPARATORS, key=first.count)
        file.seek(0)
        numbered = list(enumerate(csv.reader(file, delimiter=separator), 1))
    if heading is None:
        if not numbered:
            raise ValueError("the file is empty")
        heading = [name.strip() for name in numbered.pop(0)[1]]
    rows, malformed, short = [], [], []
    for number, row in numbered:
        if any(cell.strip() for cell in row):
            malformed.append(_shifted(number, row, heading) if len(row) > len(heading) else "")
            short += [_shifted(number, row, heading)] if len(row) < len(heading) else []
            whole = (row + [""] * len(heading))[: len(heading)]
            rows.append([cell.strip() or None for cell in whole])
    frame = pd.DataFrame(rows, columns=heading, dtype="object").assign(malformed=malformed)
    frame.attrs["short_rows"] = f"{len(short):,} rows, such as: {short[0]}" if short else ""
    return frame


def _shifted(number: int, row: list[str], heading: list[str]) -> str:
    if len(row) > len(heading) and not any(cell.strip() for cell in row[len(heading) :]):
        return ""  # empty cells at the end shift nothing
    read = ", ".join(f"{name} = {cell}" for name, cell in zip(heading, row, strict=False))
    how = "it would be read" if len(row) > len(heading) else "it is read"
    return f"row {number} has {len(row)} cells, not {len(heading)}: {how} as {read}"
