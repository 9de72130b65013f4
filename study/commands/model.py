"""``study model``: look at a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from study.terminal.bars import output, print_json

EXPORT = """Write a network as ONNX: several times faster for single faces, without PyTorch.

Examples:

    study model export runs/quick-UTKFace

Afterwards: study predict PHOTO --model runs/quick-UTKFace --engine onnx
"""


def add(app: typer.Typer) -> None:
    """Add ``model`` to the command line."""
    group = typer.Typer(help="Look at saved models.", no_args_is_help=True)
    group.command("card", help="Print a model's card.\n\nExample: study model card runs/demo")(card)
    group.command("export", help=EXPORT)(export)
    app.add_typer(group, name="model")


def card(
    model: Annotated[Path, typer.Argument(help="Run or model folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Print what a model was trained on, how it errs, and what it is not for."""
    from study.models.card import to_markdown
    from study.models.model import load

    found = load(model).card
    if as_json:
        print_json(found)
    else:
        output.print(to_markdown(found), markup=False)


def export(
    model: Annotated[Path, typer.Argument(help="Run or model folder.")],
    out: Annotated[Path | None, typer.Option(help="File; default: in the model folder.")] = None,
) -> None:
    """Write ``model.onnx`` beside the model's card."""
    from study.models.export import export as write
    from study.models.model import load

    path = write(load(model), out)
    output.print(f"{path}: {path.stat().st_size / 1e6:.1f} MB", markup=False, soft_wrap=True)
