"""The cache folder: everything in it is either complete or absent.

The name of an entry is a hash of everything that determines its content (:func:`cache_key`):

============================  ====================================================================
``unpacked/<key>``            sha256 and relative path of every archive or table that is unpacked,
                              and the version of the unpacking. Content in, content out.
``fingerprints/<key>``        for every file its place, size, inode, and times of last change of
                              content and of anything (which no program can set back), and the
                              versions of decoder and fingerprint
``near_duplicates/<key>``     sha256 of the pixels of each distinct picture, in order, the largest
                              distance asked for, version of the comparison. The value holds
                              positions in that sequence, never in a larger table.
``pixels/<content>-<size>``   sha256 over the decoded pixels in row order, side in pixels, version
                              of crop and resize. Files and labels have no say.
``pixels/<content>-pose``     the same content, sha256 of the networks and of the canonical face,
                              versions of the arithmetic and of OpenCV, side in pixels
``aligned/<key>``             sha256 of the pixels of each picture, in order, code and networks that
                              find and align faces, side in pixels
``landmarks/<models>/``       sha256 of the networks that find them; in it, of each picture's pixels
``downloads/<address>``       sha256 of the address; the file is checked against its own sha256
============================  ====================================================================

Entries are built under a temporary name under a lock and renamed (:func:`build_once`), and may be
deleted any time. The list of registered data sets, ``data_sets.json``, is the one file that changes
and that nothing makes again: it is read and written under a lock.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock

from basis.caches import VARIABLE as ENVIRONMENT_VARIABLE
from basis.caches import chosen_folder

from .errors import DataError

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

Progress = Callable[[str, int, int], None]
"""Called as ``progress(stage, done, total)``; ``stage`` is a short text such as "decode"."""


def no_progress(stage: str, done: int, total: int) -> None:
    """Report nothing: the default of every ``progress`` parameter."""


def print_progress(stage: str, done: int, total: int) -> None:
    """Print one line a stage: what ``verbose=1`` does when no ``progress`` is given."""
    if done >= total:
        print(f"{stage}: {total:,}")


def cache_folder(cache: str | Path | None = None) -> Path:
    """Return the cache folder, created if need be.

    Parameters
    ----------
    cache : str, Path or None
        Wins over the environment variable ``AGE_GENDER_STUDY_CACHE``, which wins over the
        operating system's folder for caches of a user.

    Returns
    -------
    Path
        Absolute.

    Raises
    ------
    DataError
        If the folder can be neither found nor created, or not be written.

    Examples
    --------
    >>> import tempfile
    >>> import data
    >>> data.cache_folder(tempfile.mkdtemp()).is_dir()
    True
    """
    try:
        folder = chosen_folder(cache)
    except OSError as error:
        raise DataError(str(error)) from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"the cache folder {folder} cannot be created ({error.strerror}): "
            f"choose another one with cache= or {ENVIRONMENT_VARIABLE}"
        ) from error
    if not os.access(folder, os.W_OK):
        raise DataError(
            f"the cache folder {folder} cannot be written: "
            f"choose another one with cache= or {ENVIRONMENT_VARIABLE}"
        )
    return folder


def cache_key(what: str, **ingredients: Any) -> str:
    """Return the name of a cache entry: a hash of everything its content depends on.

    ``what`` is the kind of content: two kinds never share a key. ``ingredients`` are everything
    that decides the content, with the version of what computes it.
    """
    text = json.dumps([what, ingredients], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:24]


def build_once(target: Path, build: Callable[[Path], None]) -> Path:
    """Return ``target``, built by ``build(temporary)`` if it does not exist yet.

    The work happens under a temporary name beside the target and is renamed at the end, so a crash
    leaves nothing that looks finished. A second process that wants the same target waits for the
    first one and then finds it.
    """
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_name(f".{target.name}.lock")):
        if target.exists():
            return target
        # Under the lock every other temporary name is what a killed process left behind.
        for stale in target.parent.glob(f".{target.name}.*.part"):
            _remove(stale)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            build(temporary)
            temporary.rename(target)
        except OSError as error:
            if error.errno in _NO_ROOM:
                free = shutil.disk_usage(target.parent).free / 1e9
                raise DataError(
                    f"no room for {target} ({free:.1f} GB free): make room, or choose another "
                    f"disk with cache= or {ENVIRONMENT_VARIABLE}"
                ) from error
            raise
        finally:
            _remove(temporary)
    return target


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
