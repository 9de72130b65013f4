"""The pixel store: all faces of a data set at one size, decoded once and mapped into memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from basis.pictures import UnreadableImageError, read_square
from data.cache import Progress, build_once, no_progress
from data.errors import DataError
from data.threads import in_threads


def open_pixels(
    paths: Sequence[Path],
    size: int,
    target: Path,
    *,
    n_jobs: int | None = None,
    progress: Progress = no_progress,
) -> np.memmap:
    """Return images as a read-only map ``(n, size, size, 3)``, decoded if ``target`` is absent.

    The name of ``target`` must say what is in it (content hash and size), because an existing file
    is taken as it is. ``DataError`` if the disk has no room for it, or a file has changed since the
    audit and is unreadable now.
    """
    if not 8 <= size <= 2048:
        raise DataError(f"images of {size} pixels were asked for: choose a size from 8 to 2048")

    def build(temporary: Path) -> None:
        with temporary.open("wb") as file:
            _write_store(file, paths, size, n_jobs, progress)

    build_once(target, build)
    return np.load(target, mmap_mode="r", allow_pickle=False)


def _write_store(
    file: BinaryIO, paths: Sequence[Path], size: int, n_jobs: int | None, progress: Progress
) -> None:
    """Write header and images in order.

    Plain writes, not a writable map: a full disk is then an error that can be told, not a SIGBUS
    that kills the process, and written pages do not count as our memory. The space is reserved
    first, so that the error comes now and not after ten minutes of decoding.
    """
    shape = (len(paths), size, size, 3)
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    file.flush()
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, file.tell() + int(np.prod(shape)))
    done = 0
    for images in in_threads(lambda part: _load_all(part, size), paths, n_jobs):
        file.write(images.data)
        done += len(images)
        progress(f"decode at {size} px", done, len(paths))


def _load_all(paths: Sequence[Path], size: int) -> np.ndarray:
    images = np.empty((len(paths), size, size, 3), np.uint8)
    for row, path in enumerate(paths):
        images[row] = _load(path, size)
    return images


def _load(path: Path, size: int) -> np.ndarray:
    try:
        return read_square(path, size)
    except (OSError, UnreadableImageError) as error:
        raise DataError(
            f"{path} was readable when the data set was checked and is not now ({error}): "
            "restore the file, or delete the cache and load again"
        ) from error
