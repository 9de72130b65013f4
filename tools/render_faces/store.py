"""Files of an unfinished set: one picture and one line of JSON per index, or neither.

A picture is written under a temporary name and renamed; its line of truth follows in the same way
and marks the index as done. A render that is killed at any point loses one face at most.
"""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path


class StoreError(RuntimeError):
    """The output folder cannot take (or does not hold) what it should."""


class Store:
    """Output folder of one design.

    Parameters
    ----------
    folder : Path
    design : dict
        Everything that defines the set; a folder of another design is refused.
    """

    def __init__(self, folder: Path, design: dict) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        stamp = folder / "design.json"
        text = json.dumps(design, sort_keys=True)
        if stamp.exists() and stamp.read_text() != text:
            raise StoreError(
                f"{folder} holds faces of another design:\n  there {stamp.read_text()}\n"
                f"  now   {text}\nName another folder with --out."
            )
        self._write(stamp, text.encode())

    def done(self, index: int) -> bool:
        """Whether a face is there, picture and truth."""
        return self.truth_path(index).exists() and self.picture_path(index).exists()

    def picture_path(self, index: int) -> Path:
        """Where the picture of an index lies."""
        return self.folder / f"{index:05d}.jpg"

    def truth_path(self, index: int) -> Path:
        """Where the line of truth of an index lies."""
        return self.folder / f"{index:05d}.json"

    def save(self, index: int, picture: bytes, truth: dict) -> None:
        """Write one face; truth last."""
        self._write(self.picture_path(index), picture)
        self._write(self.truth_path(index), (json.dumps(truth) + "\n").encode())

    def load(self, index: int) -> tuple[bytes, dict]:
        """Read one face back."""
        return self.picture_path(index).read_bytes(), json.loads(self.truth_path(index).read_text())

    def _write(self, path: Path, content: bytes) -> None:
        draft = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            draft.write_bytes(content)
            draft.replace(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreError(
                    f"The disk of {path.parent} is full. The faces written so far are whole; "
                    "free some space and run the same command again."
                ) from error
            raise
