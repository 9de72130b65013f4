"""The readers: one module a kind of data set, found by walking this folder.

A reader turns a folder (archives are unpacked before) or a table file into a plain frame, one row
an image. To add a data set, add a module here that defines ``READER``; nothing else changes.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..cache import Progress
from ..errors import DataError


@dataclass(frozen=True)
class Reader:
    """How one kind of data set is recognised and read.

    Attributes
    ----------
    name : str
        Short name, used in messages; with ``source``, the name under which it is loaded.
    summary : str
        One line for people.
    recognises : callable
        ``recognises(source)`` tells whether a folder or table file is of this kind.
    read : callable
        ``read(source)`` returns one row an image with the columns ``path`` (relative to the
        folder), ``age`` (years, NaN unknown), ``gender`` ('male', 'female' or missing),
        optionally ``face_id`` (where base names do not tell faces apart), ``age_low``,
        ``age_high`` (completed years, where only a range is known), ``ethnicity``, ``identity``,
        ``yaw``, ``pitch``, ``roll``; and
        ``problem``, ``detail`` (empty, or what is wrong with the name or the labels) and
        ``usable`` (whether the labels can be used in spite of it). ``attrs["notes"]`` may hold
        ``(problem, detail)`` about the whole data set, for the audit.
    licence : str
        The sentence shown to whoever uses the data.
    needs_acceptance : bool
        Whether ``study data add`` insists that the licence be accepted.
    thumbnails_allowed : bool
        Whether faces may be shown in a report that others will see.
    source : Path or None
        Where the data set ships inside the package.
    unpack : callable or None
        ``unpack(source, cache, progress)`` returns the folder to read, for data sets that are
        more than one archive.
    why_not : callable or None
        ``why_not(source)`` says what kept the reader from recognising a source, '' if nothing
        there was for it.
    """

    name: str
    summary: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path], pd.DataFrame]
    licence: str = "The licence of these images is not known to this package: ask their owner."
    needs_acceptance: bool = False
    thumbnails_allowed: bool = False
    source: Path | None = None
    unpack: Callable[[Path, Path, Progress], Path] | None = None
    why_not: Callable[[Path], str] | None = None


def readers() -> dict[str, Reader]:
    """Return every reader by name, in alphabetical order of their modules."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = (importlib.import_module(f"{__name__}.{name}").READER for name in names)
    return {reader.name: reader for reader in found}


def find_reader(source: Path, called: str | Path | None = None) -> Reader:
    """Return the first reader that recognises ``source``; messages name it as it was ``called``."""
    known = readers()
    for reader in known.values():
        if reader.recognises(source):
            return reader
    kinds = "; ".join(reader.summary for reader in known.values())
    reasons = [reader.why_not(source) for reader in known.values() if reader.why_not is not None]
    told = "".join(f" {reason}." for reason in reasons if reason)
    raise DataError(
        f"{called or source} holds no faces this package can read.{told} It reads: {kinds}"
    )
