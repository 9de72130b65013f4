"""What lies in a folder: which files are images, and which are something else."""

from __future__ import annotations

import fnmatch
import os
import stat
import warnings
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path

from basis.pictures import IMAGE_SUFFIXES, looks_like_an_image


def walk(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """Yield everything below ``folder`` that is not a folder, in the order of its names.

    Links to folders are not followed: one that leads upwards would never end. A folder inside that
    may not be read (``lost+found``) is left out with a warning.
    """
    yield from _walk(sorted(os.scandir(folder), key=attrgetter("name")))


def _walk(entries: list[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
    for entry in entries:
        if not entry.is_dir(follow_symlinks=False):
            yield entry
            continue
        try:
            below = sorted(os.scandir(entry.path), key=attrgetter("name"))
        except PermissionError:
            warnings.warn(f"{entry.path} may not be read and is left out", stacklevel=3)
            continue
        yield from _walk(below)


def list_files(folder: Path) -> list[str]:
    """Return the relative path of everything below ``folder`` that is not a folder."""
    start = _length(folder)
    return [entry.path[start:] for entry in walk(folder)]


def image_files(folder: Path) -> Iterator[str]:
    """Yield the relative paths of all image files below ``folder``."""
    start = _length(folder)
    return (entry.path[start:] for entry in walk(folder) if is_image(entry))


def named_files(source: Path, pattern: str) -> list[Path]:
    """Return the files of a name in a folder, or else in the folders right below it, sorted."""
    if not source.is_dir():
        return []
    below = [e.path for e in os.scandir(source) if e.is_dir(follow_symlinks=False)]
    for folders in ([os.fspath(source)], below):
        found = [Path(f, name) for f in folders for name in fnmatch.filter(os.listdir(f), pattern)]  # noqa: PTH208
        if files := sorted(path for path in found if path.is_file()):
            return files
    return []


def file_states(folder: Path, names: list[str]) -> list[os.stat_result | None]:
    """Return what the system knows of each file of a folder, None where there is no such file.

    Works on text: making 20,000 paths takes longer than asking the disk.
    """
    place = os.fspath(folder)
    # os.path.join: a table that the user names may hold absolute paths, which stand for themselves
    return [_file_state(os.path.join(place, name)) if name else None for name in names]  # noqa: PTH118


def _file_state(path: str) -> os.stat_result | None:
    try:
        state = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return None
    return state if stat.S_ISREG(state.st_mode) else None


def _length(folder: Path) -> int:
    """Return where the relative part begins in the paths that :func:`walk` yields."""
    return len(os.path.join(folder, ""))  # noqa: PTH118 - with the separator, which "/" has already


def is_image(entry: os.DirEntry[str]) -> bool:
    """Tell whether a file is meant to be an image.

    A telling suffix is enough (the decoder will find the text file named ``.jpg``); without one
    the first bytes decide, so that ``..._20170116232725357jpg`` is not lost. Sockets and pipes are
    never opened: reading one would wait forever.
    """
    if entry.name.startswith("._") or not entry.name.isprintable() or not entry.is_file():
        return False
    if entry.name.strip().lower().endswith(IMAGE_SUFFIXES):
        return True
    try:
        with Path(entry.path).open("rb") as file:
            return looks_like_an_image(file.read(16))
    except OSError:
        return False
