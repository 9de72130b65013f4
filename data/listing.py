"""What lies in a folder: which files are images, and which are something else."""

from __future__ import annotations

import os
from pathlib import Path

from .decode import looks_like_an_image

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif")


def list_files(folder: Path) -> list[str]:
    """Return the relative path of everything below ``folder`` that is not a folder, sorted."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders.sort()
        found += [os.path.relpath(Path(parent, name), folder) for name in names]
    return sorted(found)


def is_image_file(folder: Path, name: str) -> bool:
    """Tell whether a file is meant to be an image.

    A telling suffix is enough (the decoder will find the text file named ``.jpg``); without one
    the first bytes decide, so that ``..._20170116232725357jpg`` is not lost. Sockets and pipes are
    never opened: reading one would wait forever.
    """
    path = folder / name
    if path.name.startswith("._") or not path.is_file() or not name.isprintable():
        return False
    if path.suffix.strip().lower() in IMAGE_SUFFIXES:
        return True
    try:
        with path.open("rb") as file:
            return looks_like_an_image(file.read(16))
    except OSError:
        return False


def image_files(folder: Path) -> list[str]:
    """Return the relative paths of all image files below ``folder``, sorted."""
    return [name for name in list_files(folder) if is_image_file(folder, name)]
