"""``study model``: look at a saved model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ..terminal import output


def add(app: typer.Typer) -> None:
    """Add ``model`` to the command line."""
    group = typer.Typer(help="Look at saved models.", no_args_is_help=True)
    group.command("card", help="Print a model's card.\n\nExample: study model card runs/demo")(card)
    app.add_typer(group, name="model")


def card(
    model: Annotated[Path, typer.Argument(help="Run or model folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Print what a model was trained on, how it errs, and what it is not for."""
    from ..model import load
    from ..model_card import to_markdown

    found = load(model).card
    if as_json:
        output.print_json(json.dumps(found))
    else:
        output.print(to_markdown(found), markup=False)
