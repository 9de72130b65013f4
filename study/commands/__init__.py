"""The commands of ``study``, one module each; a module with ``add(app)`` is found by itself.

What a command needs is imported when it runs, so that ``study --help`` answers at once.
"""

from __future__ import annotations

import importlib
import pkgutil

import typer


def add_all(app: typer.Typer) -> None:
    """Add every command module of this folder to ``app``."""
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}").add(app)
