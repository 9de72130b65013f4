"""Import times beside those of the libraries that are needed anyway, in fresh processes by turns.

    python benchmarks/import_times.py

prints CPU seconds of each, the least of several runs, and their ratio. Exit code 1: one takes more
than ``LIMIT`` times what its libraries take, and more than ``ALLOWED`` seconds on top of them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

LIMIT, ALLOWED = 1.2, 0.05
HELP = """import typer
app = typer.Typer(rich_markup_mode='markdown')
app.command()(lambda: None)
app.callback()(lambda: None)
app(['--help'])"""
PAIRS = {
    "from pipelines import HogTransformer": "import numba, numpy, sklearn.base",
    "import data": "import numpy, pandas",
    "study --help": HELP,
}
"""What is measured, and the import of what it needs; for the help, the smallest one of typer."""


def cpu_seconds(code: str) -> float:
    """Return the CPU seconds of one fresh process."""
    command = ["-m", *code.split()] if code.startswith("study ") else ["-c", code]
    before = os.times()
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def main() -> int:
    """Measure, print the table, and say whether the limit holds."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    slow = False
    print(f"{'':40}{'seconds':>8}{'libraries':>11}{'ratio':>7}")
    for ours, libraries in PAIRS.items():
        pairs = [(cpu_seconds(ours), cpu_seconds(libraries)) for _ in range(runs + 1)][1:]
        own, needed = (min(times) for times in zip(*pairs, strict=True))
        slow |= own > max(LIMIT * needed, needed + ALLOWED)
        print(f"{ours:40}{own:8.2f}{needed:11.2f}{own / needed:7.2f}")
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
