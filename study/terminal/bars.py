"""What the terminal shows: progress bars while a study runs, a table when it is done."""

from __future__ import annotations

import json
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from rich.progress import Progress

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
        # the name of a file may be no text: it must not cost the answers
        stream.buffer.write(text.encode("utf-8", "backslashreplace"))
        stream.buffer.flush()
    else:
        stream.write(text)


def _plain(value: Any) -> Any:
    """Return what JSON can hold: numbers that are none become null."""
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def print_json(content: Any) -> None:
    """Print JSON for programs."""
    print_machine_text(json.dumps(_plain(content), indent=1, allow_nan=False) + "\n")


class Bars:
    """Progress bars keyed by what is being done; made on first use."""

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


class Lines:
    """What a log gets instead of bars: a line when a stage begins, ends, and now and then."""

    def __init__(
        self,
        write: Callable[[str], None],
        every: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write, self._every, self._clock = write, every, clock
        self._begun = clock()
        self._told: dict[str, float] = {}
        self._finished: set[str] = set()
        self._lock = threading.Lock()

    def stage(self, stage: str, done: int, total: int) -> None:
        """Tell how far a stage is, if it is time to."""
        with self._lock:
            now = self._clock()
            begins, ends = stage not in self._told, done >= total
            due = now - self._told.get(stage, -math.inf) >= self._every
            if stage in self._finished or not (begins or ends or due):
                return
            self._told[stage] = now
            if ends:
                self._finished.add(stage)
            self._write(f"[{now - self._begun:6.0f} s] {stage} {done:,}/{total:,}")

    def cell(self, cell: str, stage: str, done: int, total: int) -> None:
        """Tell how far a stage of a cell is."""
        self.stage(f"{cell}: {stage}", done, total)


@contextmanager
def bars() -> Iterator[Bars | Lines]:
    """Show progress on standard error for the duration of the block.

    A terminal gets bars; a file or a pipe gets a line with the time where a stage begins and ends.
    """
    if not console.is_terminal:
        yield Lines(lambda line: console.print(line, markup=False, soft_wrap=True))
        return
    # only here: the help of a command would wait for it
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

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
