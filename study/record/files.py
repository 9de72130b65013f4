"""Files of a run: whole or absent when written, named in a sentence when damaged."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd

from basis.files import replacing
from study.errors import StudyFailed

UNFINISHED = re.compile(r"\.[0-9a-f]{12}\..+")
"""Temporary names of ``basis.files.replacing``: what a killed process leaves behind."""


def write_parquet(path: Path, frame: pd.DataFrame) -> None:
    """Write a table that has no contract, whole."""
    with replacing(path) as temporary:
        frame.to_parquet(temporary, index=False)


def read_json(path: Path) -> Any:
    """Read JSON; ``StudyFailed`` names a damaged file and says what to do."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise StudyFailed(f"{path} is damaged ({error}): {_remedy(path)}") from error


def read_parquet(path: Path) -> pd.DataFrame:
    """Read a table that has no contract; ``StudyFailed`` names a damaged file."""
    try:
        return pd.read_parquet(path)
    except FileNotFoundError:
        raise
    except Exception as error:  # pyarrow raises many types for a damaged file
        raise StudyFailed(f"{path} is damaged ({error}): {_remedy(path)}") from error


def _remedy(path: Path) -> str:
    if path.name == "card.json":
        return "`study report` on its run writes it again"
    return "delete it and run the study again; finished cells are not repeated"


def finished_files(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a folder that match, sorted; files still being written are left out."""
    return sorted(p for p in folder.glob(pattern) if not p.name.startswith("."))


def remove_unfinished(folder: Path) -> None:
    """Remove what killed processes were writing anywhere below ``folder``."""
    for path in folder.rglob(".*"):
        if UNFINISHED.fullmatch(path.name) and path.is_file():
            path.unlink(missing_ok=True)
