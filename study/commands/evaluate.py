"""``study evaluate``: a saved model on another data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..terminal import bars, console

HELP = """Measure a saved model on any labelled data set and write the same report.

Examples:

    study evaluate runs/utkface portraits.csv --align

    study evaluate runs/demo/models/hog-linear embedded
"""


def add(app: typer.Typer) -> None:
    """Add ``evaluate`` to the command line."""
    app.command("evaluate", help=HELP)(evaluate)


def evaluate(
    model: Annotated[Path, typer.Argument(help="Run or model folder.")],
    source: Annotated[str, typer.Argument(metavar="DATA", help="Labelled faces.")],
    out: Annotated[Path | None, typer.Option(help="Run directory to write.")] = None,
    align: Annotated[
        bool, typer.Option("--align", help="Find and align faces first (uncropped portraits).")
    ] = False,
) -> None:
    """Evaluate a model and render the report."""
    from ..evaluate import evaluate as evaluate_model
    from ..model import load
    from ..run import write_report
    from ..run_directory import RunDirectory

    chosen = load(model)
    name = Path(source).name.split(".")[0]
    where = out or Path("runs") / f"evaluate-{chosen.card['contender']}-on-{name}"
    with bars() as shown:
        evaluate_model(chosen, source, where, align=align, progress=shown.stage)
    report, _ = write_report(RunDirectory(where))
    console.print(f"report: {report}", markup=False)
