"""Arrays too large for memory, written as ``.npy`` files that never exist half-finished."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike


@contextmanager
def open_for_writing(
    path: str | Path, shape: tuple[int, ...], dtype: DTypeLike
) -> Iterator[np.memmap]:
    """Yield a writable memory map that becomes ``path`` when the block ends without an error.

    The space is reserved first, because writing to a map on a full disk kills the process
    instead of raising.

    Raises
    ------
    OSError
        Not enough space, or a folder that does not exist; nothing is left behind.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        out = np.lib.format.open_memmap(temporary, mode="w+", dtype=dtype, shape=shape)
        if hasattr(os, "posix_fallocate"):
            with temporary.open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, temporary.stat().st_size)
        yield out
        out.flush()
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
