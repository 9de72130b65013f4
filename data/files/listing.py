"""What lies in a folder: which files are images, and which are something else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from basis.pictures import IMAGE_SUFFIXES, looks_like_an_image


def walk(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """Yield everything below ``folder`` that is not a folder, in the order of its names.

    Links to folders are not followed: one that leads upwards would never end.
    """
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_dir(follow_symlinks=False):
            yield from walk(entry.path)
        else:
            yield entry


def list_files(folder: Path) -> list[str]:
    """Return the relative path of everything below ``folder`` that is not a folder."""
    return [_relative(entry, folder) for entry in walk(folder)]


def image_files(folder: Path) -> Iterator[str]:
    """Yield the relative paths of all image files below ``folder``."""
    return (_relative(entry, folder) for entry in walk(folder) if is_image(entry))


def _relative(entry: os.DirEntry[str], folder: Path) -> str:
    return entry.path[len(os.fspath(folder)) :].lstrip("/")


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
