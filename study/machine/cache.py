"""The cache folder as ``study cache`` shows it: entries, sizes, ages."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

DAY = 86_400.0  # seconds
NAMES = "data_sets.json"  # what the user called data sets: nothing can make it again


def folder_sizes(folder: Path) -> dict[str, tuple[int, float]]:
    """Return bytes and time of last use (since 1970) of what lies two levels deep in a folder.

    Locks are left out, and the user's names of data sets: they cannot be made again.
    """
    found = {}
    for kind in sorted(folder.iterdir()):
        entries = sorted(kind.iterdir()) if kind.is_dir() else [kind]
        for entry in entries:
            if entry.name.endswith(".lock") or entry.name == NAMES:
                continue
            files = [p for p in entry.rglob("*") if p.is_file()] if entry.is_dir() else [entry]
            states = [p.stat() for p in files]
            used = max((max(s.st_atime, s.st_mtime) for s in states), default=entry.stat().st_mtime)
            name = entry.relative_to(folder).as_posix()
            found[name] = (sum(s.st_size for s in states), used)
    return found


def clear(folder: Path, *, days: float, now: float | None = None) -> dict[str, int]:
    """Delete what was not used for ``days`` days; return the bytes freed by relative path."""
    now = time.time() if now is None else now
    freed = {}
    for name, (size, used) in folder_sizes(folder).items():
        if now - used >= days * DAY:
            path = folder / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
            freed[name] = size
    return freed
