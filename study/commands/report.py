"""``study report``: render the report of a run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from study.terminal.bars import console


def add(app: typer.Typer) -> None:
    """Add ``report`` to the command line."""
    app.command("report", help="Render RUN/report.html again.\n\nExample: study report runs/demo")(
        report
    )


def report(run: Annotated[Path, typer.Argument(help="Run directory, such as runs/demo.")]) -> None:
    """Render the report of a run directory from its tables."""
    from study.record.directory import RunDirectory
    from study.report import write_report

    path, _ = write_report(RunDirectory(run))
    console.print(f"report: {path}", markup=False)
