"""Files that are either complete or absent, and what identifies a file."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that takes its place when the block ends well.

    No two blocks share a temporary name, whatever process or thread they run in: the last one to
    end wins, and readers see all of one content or all of the other. After an error the old file
    stands and the temporary one is gone.

    Parameters
    ----------
    path : str or Path
        The file to be; its folder must exist.

    Yields
    ------
    Path
        Write the content here. It keeps the suffixes of ``path``, for writers that look at them.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from basis.files import replacing
    >>> folder = Path(tempfile.mkdtemp())
    >>> with replacing(folder / "answer.txt") as temporary:
    ...     _ = temporary.write_text("42")
    >>> [p.name for p in folder.iterdir()]
    ['answer.txt']
    """
    path = Path(path)
    temporary = path.with_name(f".{uuid.uuid4().hex[:12]}.{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write a UTF-8 text file whole, its line ends as they stand on every system.

    Parameters
    ----------
    path : str or Path
        The file; its folder must exist.
    text : str
        All of its content.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from basis.files import write_text
    >>> file = Path(tempfile.mkdtemp()) / "answer.txt"
    >>> write_text(file, "42")
    >>> file.read_bytes()
    b'42'
    """
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def write_json(path: str | Path, content: Any) -> None:
    """Write JSON whole: sorted keys, NumPy numbers as numbers.

    Parameters
    ----------
    path : str or Path
        The file; its folder must exist.
    content : object
        What JSON can hold, and numbers of NumPy.

    Raises
    ------
    TypeError
        A key is of a type that JSON does not know, or a value is neither known nor a number.

    Examples
    --------
    >>> import json, tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from basis.files import write_json
    >>> file = Path(tempfile.mkdtemp()) / "answer.json"
    >>> write_json(file, {"answer": np.float32(42)})
    >>> json.loads(file.read_text())
    {'answer': 42.0}
    """
    write_text(path, json.dumps(content, indent=1, sort_keys=True, default=float) + "\n")


def sha256_of(path: str | Path) -> str:
    """Return the sha256 of a file's bytes in hexadecimal.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    str of 64 characters
        Lower case.

    Raises
    ------
    OSError
        If it cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from basis.files import sha256_of
    >>> file = Path(tempfile.mkdtemp()) / "empty"
    >>> file.touch()
    >>> sha256_of(file)[:12]
    'e3b0c44298fc'
    """
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
