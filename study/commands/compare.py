"""``study compare``: one page over several runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from study.terminal.bars import console

from ..errors import UsageError

HELP = """Put several runs on one page: what changed, paired where faces are shared.

Example: study compare runs/quick-UTKFace runs/utkface --out compare.html
"""


def add(app: typer.Typer) -> None:
    """Add ``compare`` to the command line."""
    app.command("compare", help=HELP)(compare)


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Two or more run directories.")],
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("runs/compare.html"),
) -> None:
    """Render the comparison of at least two runs."""
    if len(runs) < 2:
        raise UsageError("compare needs at least two run directories")
    import reports
    from basis.files import write_text
    from study.record.directory import RunDirectory

    names = _names(runs)
    page = reports.compare(
        {name: RunDirectory(run).read() for name, run in zip(names, runs, strict=True)}
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    write_text(out, page)
    console.print(f"comparison: {out}", markup=False)


def _names(runs: list[Path]) -> list[str]:
    """Return the shortest last parts of the paths that tell all of them apart."""
    parts = [run.resolve().parts for run in runs]
    if len(set(parts)) < len(parts):
        raise UsageError("compare: the same run directory is given twice")
    for length in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-length:]) for part in parts]
        if len(set(names)) == len(names):
            break
    return names
