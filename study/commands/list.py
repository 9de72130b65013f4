"""``study list``: what there is, one line each."""

from __future__ import annotations

import tomllib
from typing import Annotated

import typer

from study.terminal.bars import print_json, table

HELP = """Show contenders, data sets, plans, stress conditions and charts, one line each.

Examples:

    study list

    study list --json
"""


def add(app: typer.Typer) -> None:
    """Add ``list`` to the command line."""
    app.command("list", help=HELP)(list_all)


def list_all(
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Print everything a plan can name."""
    import data
    from data.stress import conditions
    from pipelines.registry import contenders
    from reports import charts
    from study.plan.files import shipped_plans

    everything = {
        "contenders": {name: c.summary for name, c in contenders().items()},
        "data sets": data.known_data_sets(),
        "plans": {
            name: tomllib.loads(path.read_text(encoding="utf-8"))["summary"]
            for name, path in shipped_plans().items()
        },
        "stress conditions": {
            name: f"{c.summary}; {c.low:g} to {c.high:g} {c.unit}"
            for name, c in conditions().items()
        },
        "charts": {
            c.__name__.rsplit(".", 1)[-1]: (c.__doc__ or "").splitlines()[0] for c in charts.find()
        },
    }
    if as_json:
        print_json(everything)
        return
    for title, entries in everything.items():
        table(title, ["name", "what it is"], [[n, s] for n, s in entries.items()], text=True)
