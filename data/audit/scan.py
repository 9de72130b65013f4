"""Labels and fingerprints of every file of a data set, the latter remembered in the cache."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd

from data.cache import Progress, build_once
from data.errors import DataError
from data.files.listing import image_files, list_files
from data.readers import Reader

from .findings import Findings
from .fingerprints import VERSION, fingerprint_files


def scan(
    source: Path,
    reader: Reader,
    cache: Path,
    findings: Findings,
    *,
    n_jobs: int | None,
    progress: Progress,
) -> pd.DataFrame:
    """Return the reader's rows beside the fingerprints of their files.

    Files that are in the folder but not among the reader's rows, and rows whose file does not
    exist, are noted: nothing is skipped silently.

    Raises
    ------
    DataError
        If no row is left.
    """
    base = source if source.is_dir() else source.parent
    listing = reader.read(source).reset_index(drop=True)
    if source.is_dir():
        _note_files_without_labels(source, set(listing["path"]), findings)
    names = listing["path"].tolist()
    exists = pd.Series([bool(name) and (base / name).is_file() for name in names], dtype=bool)
    # Where the reader knows why there is no file, that is the better reason.
    gone = listing[~exists]
    detail = gone["detail"].where(gone["detail"] != "", "listed, but not there")
    findings.add(gone["path"], "missing file", "excluded", detail)
    listing = listing[exists].reset_index(drop=True)
    if listing.empty:
        raise DataError(f"{source} holds no image that its labels name")
    found = _fingerprints(base, listing["path"].tolist(), cache, n_jobs, progress)
    return listing.join(found.rename(columns={"problem": "file_problem", "detail": "file_detail"}))


def _note_files_without_labels(folder: Path, listed: set[str], findings: Findings) -> None:
    others = set(list_files(folder)) - listed
    if not others:
        return
    images = set(image_files(folder))
    printable = {name: name.encode(errors="replace").decode() for name in sorted(others)}
    unlabelled = pd.Series([printable[name] for name in printable if name in images], dtype="str")
    findings.add(unlabelled, "no label", "excluded", "the table of labels does not name it")
    ignored = pd.Series([printable[name] for name in printable if name not in images], dtype="str")
    findings.add(ignored, "not an image", "ignored", "")


def _fingerprints(
    base: Path, names: list[str], cache: Path, n_jobs: int | None, progress: Progress
) -> pd.DataFrame:
    """Return the fingerprints; files that changed their size or time are looked at again."""
    key = hashlib.sha256(f"{VERSION} {base.resolve()}".encode())
    paths = [base / name for name in names]
    for name, path in zip(names, paths, strict=True):
        status = path.stat()
        key.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    target = cache / "fingerprints" / f"{key.hexdigest()[:24]}.parquet"
    build_once(
        target,
        lambda temporary: fingerprint_files(paths, n_jobs=n_jobs, progress=progress).to_parquet(
            temporary
        ),
    )
    return pd.read_parquet(target)
