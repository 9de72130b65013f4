"""Numbers that documents quote, each with the place it comes from.

    python benchmarks/quotes.py            write every quoted number anew
    python benchmarks/quotes.py --check    say which differ from their run, and change nothing

A quote stands between two comments; readers see only the number:

    <!-- utkface headline contender=cnn metric=mae -->4.33 [4.20, 4.48]<!-- / -->

The first word is a folder of ``docs/results``, the second a list of its ``summary.json`` (for a
chart: ``charts/`` and its title with underscores for spaces; for the headline of another protocol
or data set: ``other_panels/`` and its key). ``column=value`` picks the row, which must be one.
``show=`` names the column if it is not ``value``, ``scale=100`` makes a share percent, ``digits=``
overrides two digits for years and one for percent, ``only=value`` leaves the interval out. Where a
run has three trainings the interval is the recipe's (other faces and another training).
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

from basis.files import write_text

ROOT = Path(__file__).parents[1]
QUOTE = re.compile(r"(<!-- ([\w-]+ [^ =>]+(?: [^ =>]+=[^ >]+)*) -->)(.*?)(<!-- / -->)", re.S)


def documents() -> list[Path]:
    """Return every page that may quote a run."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def quoted(spec: str, root: Path = ROOT) -> str:
    """Return the words for one quote.

    Parameters
    ----------
    spec : str
        What stands in the opening comment.
    root : Path

    Raises
    ------
    ValueError
        No such run, list, row or column, or several rows; the message holds ``spec``.
    """
    run, place, *conditions = spec.split(" ")
    options = dict(condition.split("=", 1) for condition in conditions)
    show, only = options.pop("show", "value"), options.pop("only", None)
    scale, digits = float(options.pop("scale", 1)), options.pop("digits", None)
    row = _row(spec, _list(spec, root / "docs" / "results" / run / "summary.json", place), options)
    if show not in row:
        raise ValueError(f"{spec}: no column {show!r}, there are {', '.join(sorted(row))}")
    places = int(digits) if digits is not None else (1 if scale == 100 else 2)
    value = _number(row[show], scale, places)
    low, high = _ends(row, show)
    if only == "value" or low is None or high is None:
        return value
    return f"{value} [{_number(low, scale, places)}, {_number(high, scale, places)}]"


def _list(spec: str, file: Path, place: str) -> list[dict[str, Any]]:
    if not file.is_file():
        raise ValueError(f"{spec}: {file.name} of this run is not published")
    found = json.loads(file.read_text(encoding="utf-8"))
    for part in place.split("/"):
        names = {part, part.replace("_", " ")} & found.keys()
        if not names:
            raise ValueError(f"{spec}: no {part!r} among {', '.join(sorted(found))}")
        found = found[names.pop()]
    return [found] if isinstance(found, dict) else found


def _row(spec: str, rows: list[dict[str, Any]], options: dict[str, str]) -> dict[str, Any]:
    wanted = {name: value.replace("_", " ") for name, value in options.items()}
    found = [
        row
        for row in rows
        if all(str(row.get(k)).replace("_", " ") == v for k, v in wanted.items())
    ]
    if len(found) != 1:
        raise ValueError(f"{spec}: {len(found)} rows, not one")
    return found[0]


def _ends(row: dict[str, Any], show: str) -> tuple[float | None, float | None]:
    """Return the interval of a column: ``x_low`` and ``x_high``, or that of the row."""
    if f"{show}_low" in row:
        return row[f"{show}_low"], row[f"{show}_high"]
    stem = show.removesuffix("_value")
    if show != "value" and f"{stem}_low" in row:
        return row[f"{stem}_low"], row[f"{stem}_high"]
    if show in ("value", "advantage", "difference"):
        return widest(row)
    return None, None


def widest(row: dict[str, Any]) -> tuple[float | None, float | None]:
    """Return the recipe's interval, over faces and trainings, or that over faces alone."""
    kind = "recipe_" if row.get("recipe_low") is not None else ""
    return row.get(f"{kind}low"), row.get(f"{kind}high")


def _number(value: float, scale: float, digits: int) -> str:
    return f"{value * scale:,.{digits}f}".replace("-0.00", "0.00")


def renewed(text: str, root: Path = ROOT) -> str:
    """Return a page with every quoted number as its run has it."""
    return QUOTE.sub(lambda m: f"{m[1]}{quoted(m[2], root)}{m[4]}", text)


def main() -> None:
    """Renew the quotes of every page, or say which are out of date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check, stale = parser.parse_args().check, []
    for page in documents():
        text = page.read_text(encoding="utf-8")
        new = renewed(text)
        if new != text and check:
            stale.append(str(page.relative_to(ROOT)))
        elif new != text:
            write_text(page, new)
    if stale:
        raise SystemExit(f"numbers differ from their runs in {', '.join(stale)}")


if __name__ == "__main__":
    main()
