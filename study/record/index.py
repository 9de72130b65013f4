"""``runs/index.html``: every run of a folder on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import reports
from basis.files import write_text
from study.errors import StudyFailed

from .files import finished_files, read_json


def write_index(folder: Path) -> Path:
    """List every run directory of ``folder`` in ``folder/index.html``; return its path."""
    entries = [_entry(path.parent) for path in sorted(folder.glob("*/provenance.json"))]
    path = folder / "index.html"
    write_text(path, reports.index(entries))
    return path


def _entry(run: Path) -> dict[str, Any]:
    summary, page = run / "summary.json", run / "report.html"
    try:
        provenance = read_json(run / "provenance.json")
        numbers = read_json(summary) if summary.is_file() else None
    except StudyFailed:  # a damaged neighbour must not cost a finished run its last line
        return {
            "name": run.name,
            "href": f"{run.name}/report.html" if page.is_file() else None,
            "started": None,
            "data_set": "",
            "state": "damaged",
            "summary": None,
        }
    finished = len(finished_files(run / "predictions", "*.parquet"))
    return {
        "name": run.name,
        "href": f"{run.name}/report.html" if page.is_file() else None,
        "started": provenance.get("started"),
        "data_set": ", ".join(provenance.get("data_sets", {})),
        "state": "finished" if provenance.get("finished") else f"{finished} cells finished",
        "summary": numbers,
    }
