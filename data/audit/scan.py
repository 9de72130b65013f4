"""Labels and fingerprints of every file of a data set, the latter remembered in the cache."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path, PurePosixPath

import pandas as pd

from basis import pictures
from data.cache import Progress, build_once, cache_key
from data.errors import NothingUsableError
from data.files.archives import safe_name
from data.files.listing import file_states, image_files, list_files
from data.files.source import ARCHIVE_SUFFIXES
from data.readers import Reader

from .findings import Findings
from .fingerprints import VERSION, fingerprint_files

States = list[os.stat_result | None]


def scan(
    source: Path,
    reader: Reader,
    cache: Path,
    findings: Findings,
    *,
    n_jobs: int | None,
    progress: Progress,
) -> pd.DataFrame:
    """Return the reader's rows beside the fingerprints of their files and when these changed.

    Files that are in the folder but not among the reader's rows, and rows whose file does not
    exist, are noted: nothing is skipped silently.

    Raises
    ------
    DataError
        If no row is left.
    """
    base = source if source.is_dir() else source.parent
    listing = reader.read(source)
    for problem, detail in listing.attrs.get("notes", ()):
        findings.add(pd.Series([source.name]), problem, "reported", detail)
    listing, states = _with_names_on_disk(listing.reset_index(drop=True), base, findings)
    if source.is_dir():
        _note_files_without_labels(source, set(listing["path"]), findings)
    exists = pd.Series([state is not None for state in states], dtype=bool)
    # Where the reader knows why there is no file, that is the better reason.
    gone = listing[~exists]
    detail = gone["detail"].where(gone["detail"] != "", "listed, but not there")
    findings.add(gone["path"], "missing file", "excluded", detail)
    listing = listing[exists].reset_index(drop=True)
    if listing.empty:
        raise NothingUsableError(f"{source} holds no image that its labels name", findings.frame())
    there = [state for state in states if state is not None]
    found = _fingerprints(base, listing["path"].tolist(), there, cache, n_jobs, progress)
    found = found.rename(columns={"problem": "file_problem", "detail": "file_detail"})
    return listing.join(found).assign(changed=[state.st_ctime_ns for state in there])


def _with_names_on_disk(
    listing: pd.DataFrame, base: Path, findings: Findings
) -> tuple[pd.DataFrame, States]:
    """Return the listing with paths as they stand on this disk, where that is certain.

    And what the system knows of each file, None where there is none.

    Tables come from other systems: their separators are backslashes, their accents are composed
    in another way, or upper and lower case differ. A path is changed only if nothing has its name
    and exactly one file has the one it must mean.
    """
    paths = listing["path"]
    known = file_states(base, paths.tolist())
    lost = paths[[bool(name) and state is None for name, state in zip(paths, known, strict=True)]]
    if lost.empty:
        return listing, known
    files: dict[str, list[str]] = {}
    for name in list_files(base):
        files.setdefault(_same_name(name), []).append(name)
    found = lost.map(
        # an archive's names were made safe when it was unpacked, those in its table were not
        lambda name: files.get(_same_name(name)) or files.get(_same_name(f"{safe_name(name)}"), [])
    )
    certain = found[found.map(len) == 1].map(lambda names: names[0])
    findings.add(
        certain, "name written otherwise", "noted", "the table says " + lost[certain.index]
    )
    mended = listing.assign(path=certain.reindex(paths.index).fillna(paths))
    return mended, file_states(base, mended["path"].tolist())


def _same_name(name: str) -> str:
    plain = PurePosixPath(name.replace("\\", "/")).as_posix()
    return unicodedata.normalize("NFC", plain).casefold()


def _note_files_without_labels(folder: Path, listed: set[str], findings: Findings) -> None:
    others = set(list_files(folder)) - listed
    if not others:
        return
    images = set(image_files(folder))
    printable = {name: name.encode(errors="replace").decode() for name in sorted(others)}
    unlabelled = pd.Series([printable[name] for name in printable if name in images], dtype="str")
    findings.add(unlabelled, "no label", "excluded", "the table of labels does not name it")
    ignored = pd.Series([printable[name] for name in printable if name not in images], dtype="str")
    archive = ignored.str.lower().str.endswith(ARCHIVE_SUFFIXES)
    findings.add(
        ignored[archive],
        "archive not opened",
        "ignored",
        "pictures lie beside it: load it by itself",
    )
    link = pd.Series([(folder / name).is_dir() for name in ignored], ignored.index, dtype=bool)
    findings.add(ignored[link], "link to a folder", "ignored", "links are not followed")
    findings.add(ignored[~archive & ~link], "not an image", "ignored", "")


def _fingerprints(
    base: Path,
    names: list[str],
    states: list[os.stat_result],
    cache: Path,
    n_jobs: int | None,
    progress: Progress,
) -> pd.DataFrame:
    """Return the fingerprints; files that have changed are looked at again.

    A program can set the time of last modification back (``cp -p``, ``rsync -t``), but not
    ``st_ctime``: whoever writes to a file, or puts another in its place, changes it.
    """
    key = cache_key(
        "fingerprints",
        version=VERSION,
        decoders=pictures.DECODERS,
        folder=str(base.resolve()),
        files=names,
        states=[[s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns] for s in states],
    )
    target = cache / "fingerprints" / f"{key}.parquet"
    build_once(
        target,
        lambda temporary: fingerprint_files(
            [base / name for name in names], n_jobs=n_jobs, progress=progress
        ).to_parquet(temporary),
    )
    found = pd.read_parquet(target)
    if (found["sha256"] == "").any():  # not read at all: the disk may be in a better mood next time
        target.unlink(missing_ok=True)
    return found
