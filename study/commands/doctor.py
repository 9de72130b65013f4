"""``study doctor``: what this machine has, and what is missing."""

from __future__ import annotations

from typing import Annotated

import typer

from study.terminal.bars import print_json, table

HELP = """Show versions, weights, caches, threads, devices and write access, for a bug report.

Examples:

    study doctor

    study doctor --json > machine.json
"""


def add(app: typer.Typer) -> None:
    """Add ``doctor`` to the command line."""
    app.command("doctor", help=HELP)(doctor)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Print what is there; exit code 1 where something keeps a study from running."""
    from study.machine.examine import examine

    found, problems = examine()
    if as_json:
        print_json({**found, "problems": problems})
    else:
        for title, facts in found.items():
            rows = [[name, str(value)] for name, value in facts.items()]
            table(title, ["what", "found"], rows, text=True)
        table("problems", ["what to mend"], [[p] for p in problems] or [["none"]], text=True)
    if problems:
        raise typer.Exit(1)
