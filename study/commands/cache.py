"""``study cache``: what lies in the cache folder, and making room."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from study.errors import UsageError
from study.terminal.bars import console, print_json, table

LIST = """Show what lies in the cache folder, with sizes and days since it was used.

Examples:

    study cache list

    study cache list --json
"""
CLEAR = """Delete what was not used for some days.

The names of data sets stay; everything else is made again, downloads by `study data add`.

Examples:

    study cache clear --older-than 30

    study cache clear --older-than 0
"""


def add(app: typer.Typer) -> None:
    """Add ``cache`` to the command line."""
    group = typer.Typer(help="Look at the cache folder and make room.", no_args_is_help=True)
    group.command("list", help=LIST)(list_entries)
    group.command("clear", help=CLEAR)(clear)
    app.add_typer(group, name="cache")


def list_entries(
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Print every entry of the cache folder."""
    import data
    from study.machine.cache import DAY, folder_sizes

    folder = data.cache_folder()
    found = {
        name: (size, round(max(time.time() - used, 0) / DAY, 2))
        for name, (size, used) in folder_sizes(folder).items()
    }
    if as_json:
        entries = [{"entry": name, "bytes": b, "days": d} for name, (b, d) in found.items()]
        print_json({"folder": str(folder), "entries": entries})
        return
    total = sum(size for size, _ in found.values())
    rows = [[name, f"{size / 1e6:,.1f}", f"{days:.0f}"] for name, (size, days) in found.items()]
    columns = ["entry", "MB", "days since it was used"]
    table(f"{folder}: {total / 1e9:.2f} GB", columns, rows)


def clear(
    older_than: Annotated[float, typer.Option(help="Days since it was last used.")],
) -> None:
    """Delete old entries and say what that freed."""
    import data
    from study.machine.cache import clear as clear_folder

    if older_than < 0:
        raise UsageError(f"--older-than {older_than}: days are not negative")
    freed = clear_folder(data.cache_folder(), days=older_than)
    console.print(f"{len(freed)} entries, {sum(freed.values()) / 1e9:.2f} GB freed", markup=False)
