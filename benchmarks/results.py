"""Publish a run: summary and charts into ``docs/results``, the headline into the README.

    python benchmarks/results.py runs/utkface utkface
    python benchmarks/results.py runs/learning-curve learning-curve --charts curves

The README's table stands between two comments and is only ever written here, so that its numbers
cannot drift from a run. Galleries are left out: no face of a licensed data set is published.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

import reports
from reports.drawing.figures import style
from reports.drawing.svg import standalone, to_svg
from study.record.directory import RunDirectory, write_text

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- results:{name}:begin -->", "<!-- results:{name}:end -->"
COLUMNS = {
    "age MAE, years": ("mae", 1, 2),
    "CS@5, %": ("cs5", 100, 1),
    "gender accuracy, %": ("accuracy", 100, 1),
    "coverage of the 90% interval, %": ("coverage", 100, 1),
}


def publish_charts(run: reports.RunTables, folder: Path, wanted: str) -> None:
    """Write the charts of the page whose name begins with ``wanted`` as SVG files."""
    page = reports._page(run)
    for old in folder.glob("*.svg"):
        old.unlink()
    for key, (module, variant, title, frame) in page.frames.items():
        if not key.startswith(wanted):
            continue
        with style():
            figure = module.plot(frame, page.looks, variant)
            svg = to_svg(figure, key, title, module.NOTE)
        write_text(folder / f"{key}.svg", standalone(svg, title, page.looks))


def headline(summary: dict[str, Any], costs: dict[str, Any]) -> str:
    """Return the headline as a Markdown table, intervals in brackets."""
    found = {(row["contender"], row["metric"]): row for row in summary["headline"]}
    lines = [
        f"| contender | {' | '.join(COLUMNS)} | training |",
        "|---" * (len(COLUMNS) + 2) + "|",
    ]
    names = dict.fromkeys(row["contender"] for row in summary["headline"])
    for name in names:
        cells = [
            _cell(found.get((name, metric)), scale, digits)
            for metric, scale, digits in COLUMNS.values()
        ]
        lines.append(f"| `{name}` | {' | '.join(cells)} | {_minutes(costs.get(name))} |")
    return "\n".join(lines)


def _cell(row: dict[str, Any] | None, scale: float, digits: int) -> str:
    if row is None:
        return "-"
    value = f"{row['value'] * scale:.{digits}f}"
    if row["low"] is None:
        return value
    return f"{value} [{row['low'] * scale:.{digits}f}, {row['high'] * scale:.{digits}f}]"


def _minutes(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def update_readme(name: str, text: str) -> None:
    """Replace what stands between the README's comments of this name."""
    path = ROOT / "README.md"
    begin, end = BEGIN.format(name=name), END.format(name=name)
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), flags=re.S)
    page = path.read_text(encoding="utf-8")
    if not pattern.search(page):
        raise SystemExit(f"README.md has no place for {name}: add {begin} and {end}")
    write_text(path, pattern.sub(lambda _: f"{begin}\n{text}\n{end}", page))


def main() -> None:
    """Publish one run under a name."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("name")
    parser.add_argument("--charts", default="", help="only charts whose name begins so")
    arguments = parser.parse_args()
    run = RunDirectory(arguments.run).read()
    run.thumbnails = run.explanations = None
    # where somebody keeps the data is nobody's business
    words = run.provenance["command"].split()
    run.provenance["command"] = " ".join(Path(word).name for word in words)
    summary = reports.summary(run)
    folder = ROOT / "docs" / "results" / arguments.name
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "summary.json", json.dumps(summary, indent=1, sort_keys=True) + "\n")
    publish_charts(run, folder, arguments.charts)
    machine = run.provenance["machine"]
    cores = f"{machine['cores']} core{'s' if machine['cores'] != 1 else ''}"
    seconds = {row["contender"]: row["fit_seconds"] for row in summary["costs"]}
    text = (
        f"{summary['n_faces']:,} test faces, protocol `{summary['protocol']}`, seeds "
        f"{', '.join(map(str, run.provenance['seeds']))}, {cores} "
        f"({machine['processor']}). 95% intervals in brackets. Charts and every number: "
        f"[docs/results/{arguments.name}](docs/results/{arguments.name}).\n\n"
        f"{headline(summary, seconds)}"
    )
    update_readme(arguments.name, text)


if __name__ == "__main__":
    main()
