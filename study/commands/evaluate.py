"""``study evaluate``: a saved model on another data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from study.terminal.bars import bars, console, print_json
from study.terminal.results import show_results

HELP = """Measure a saved model on any labelled data set and write the same report.

Examples:

    study evaluate runs/utkface portraits.csv

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
        bool | None,
        typer.Option(
            "--align/--no-align",
            help="Find and align faces first; default: where they are not cropped already.",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Begin anew; deletes what --out holds.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print every number as JSON.")] = False,
) -> None:
    """Evaluate a model and render the report."""
    from study.models.evaluate import evaluate as evaluate_model
    from study.models.model import load
    from study.record.directory import RunDirectory
    from study.report import write_report

    chosen = load(model)
    name = Path(source).resolve().name.split(".")[0]  # "." has none
    where = out or Path("runs") / f"evaluate-{chosen.card['contender']}-on-{name}"
    with bars() as shown:
        facts = evaluate_model(
            chosen, source, where, align=align, overwrite=overwrite, progress=shown.stage
        )
    report, summary = write_report(RunDirectory(where))
    if as_json:
        print_json({"report": str(report), **summary})
        return
    contender = str(chosen.card["contender"])
    show_results(summary, f"{contender} on {name}", [contender])
    console.print(left_out(facts), markup=False, soft_wrap=True)
    console.print(f"report: {report}", markup=False, soft_wrap=True)


def left_out(facts: Mapping[str, Any]) -> str:
    """Say which pictures were left out, and what could not be looked for."""
    seen, near = facts["n_seen"], facts["n_near"]
    said = [
        *([] if seen is None else [f"{seen:,} training faces"]),
        *([] if near is None else [f"{near:,} near duplicates of training faces"]),
        f"{facts['n_without_face']:,} pictures without a face",
        f"{facts['n_without_age']:,} faces without an age",
    ]
    text = "left out: " + ", ".join(said)
    if seen is None:
        text += "; which faces the model was trained on is not known (its run is not at hand)"
    elif near is None:
        text += "; near duplicates of training faces were not looked for (their pictures are not "
        text += "at hand)"
    return text
