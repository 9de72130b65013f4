"""What the terminal shows: progress bars while a study runs, a table when it is done."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

NARROWEST = 70  # columns: in fewer, numbers would break into several lines


def _console(*, stderr: bool) -> Console:
    """Return a console that wraps by the terminal, if that is wide enough for a table of numbers.

    What is no terminal (a file, a pipe) gets lines as long as the text, up to 160.
    """
    made = Console(stderr=stderr, highlight=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = 160
    made.width = max(made.width, NARROWEST)
    return made


console = _console(stderr=True)
output = _console(stderr=False)


def print_machine_text(text: str) -> None:
    """Print what programs read: UTF-8 on standard output, whatever the console is."""
    stream = sys.stdout
    if hasattr(stream, "buffer"):
        stream.flush()
        stream.buffer.write(text.encode("utf-8"))
        stream.buffer.flush()
    else:
        stream.write(text)


def print_json(content: Any) -> None:
    """Print JSON for programs."""
    print_machine_text(json.dumps(content, indent=1, default=str) + "\n")


class Bars:
    """Progress bars keyed by what is being done; made on first use.

    Parameters
    ----------
    progress : rich.progress.Progress
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, Any] = {}

    def stage(self, stage: str, done: int, total: int) -> None:
        """Show ``done`` of ``total`` for a named stage."""
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)

    def cell(self, cell: str, stage: str, done: int, total: int) -> None:
        """Show a stage of a cell."""
        self.stage(f"{cell}: {stage}", done, total)


@contextmanager
def bars() -> Iterator[Bars]:
    """Show bars on standard error for the duration of the block; silent when redirected."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=console) as progress:
        yield Bars(progress)


def table(title: str, columns: list[str], rows: list[list[str]], text: bool = False) -> None:
    """Print a table on standard output; numbers stand right, ``text`` stands left."""
    shown = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        shown.add_column(
            column, justify="left" if text or number == 0 else "right", overflow="fold"
        )
    for row in rows:
        shown.add_row(*row)
    output.print(shown)
