"""From what a user names to a folder or table that a reader can look at.

Archives and tables with images inside are unpacked into the cache, once; so are archives inside an
archive, and the archives of a folder that holds no picture of its own (UTKFace in the wild comes as
three parts). Nothing is ever written beside the user's own files.
"""

from __future__ import annotations

import lzma
import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path

from basis.files import sha256_of
from data.cache import Progress, build_once, cache_key
from data.errors import DataError

from .archives import unpack_archive
from .listing import image_files, list_files
from .parquet import have_images, write_parquet_images

ARCHIVE_SUFFIXES = (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz")
UNPACKING = 2  # part of the keys of unpacked folders: raise it when the same files unpack otherwise
_DEPTH = 2  # an archive in an archive; more is no data set


def open_source(source: Path, cache: Path, progress: Progress) -> Path:
    """Return a folder or table file that a reader can look at; unpack what needs it.

    What is unpacked lies in ``cache/unpacked``, named by its content; ``source`` itself comes back
    where nothing had to be. ``DataError`` for what is neither folder, archive nor table, and for a
    damaged or unsafe archive.
    """
    if not source.exists():
        raise DataError(f"{source} does not exist: check the path (or `study list` for names)")
    if source.is_dir():
        return _open_folder(source, cache, progress)
    if not source.is_file():
        raise DataError(f"{source} is neither a file nor a folder")
    if source.suffix.lower() == ".parquet" and have_images([source]):
        return _unpack_parquet(source.parent, [source], cache, progress)
    if _is_archive(source):
        key = cache_key("archive", sha256=sha256_of(source), version=UNPACKING)

        def build(folder: Path) -> None:
            unpack_archive(source, folder, progress)
            _unpack_inner(folder, progress)

        return build_once(cache / "unpacked" / key, build)
    if source.suffix.lower() in (".csv", ".tsv", ".parquet"):
        return source
    raise DataError(
        f"{source} is not a folder, tar, zip, parquet or CSV file: "
        "if it is a damaged archive, fetch it again"
    )


def _is_archive(path: Path) -> bool:
    try:
        return tarfile.is_tarfile(path) or zipfile.is_zipfile(path)
    except (EOFError, lzma.LZMAError, zlib.error):  # packed and damaged: unpacking says so
        return True


def inner_archives(folder: Path) -> list[Path]:
    """Return the archives below a folder, by name and by content, in the order of their names."""
    named = (folder / n for n in list_files(folder) if n.lower().endswith(ARCHIVE_SUFFIXES))
    return [path for path in named if path.is_file() and _is_archive(path)]


def _open_folder(source: Path, cache: Path, progress: Progress) -> Path:
    parquets = sorted(source.rglob("*.parquet"))
    if have_images(parquets):
        return _unpack_parquet(source, parquets, cache, progress)
    if next(image_files(source), None) is not None:
        return source  # pictures lie here: archives beside them are noted by the audit
    archives = inner_archives(source)
    if not archives:
        return source
    names = [path.relative_to(source).as_posix() for path in archives]
    # The tables beside the archives are read with them: part of the content as well.
    tables = [n for n in list_files(source) if n.lower().endswith((".csv", ".tsv", ".txt"))]
    content = {name: sha256_of(source / name) for name in names + tables}
    key = cache_key("folder of archives", files=content, version=UNPACKING)

    def build(folder: Path) -> None:
        folder.mkdir(parents=True)
        for name in tables:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, folder / name)
        for name in names:
            target = _free_folder(folder, name)
            unpack_archive(source / name, target, progress)
        _unpack_inner(folder, progress)

    return build_once(cache / "unpacked" / key, build)


def _unpack_inner(folder: Path, progress: Progress) -> None:
    """Replace every archive inside an unpacked folder by a folder of its content."""
    for _ in range(_DEPTH):
        archives = inner_archives(folder)
        for archive in archives:
            name = archive.relative_to(folder).as_posix()
            unpack_archive(archive, _free_folder(folder, name), progress)
            archive.unlink()
        if not archives:
            return


def _free_folder(folder: Path, archive: str) -> Path:
    """Return ``folder/name`` for ``name.tar.gz``, numbered where that is taken."""
    lower = archive.lower()
    suffix = max((s for s in ARCHIVE_SUFFIXES if lower.endswith(s)), key=len)
    target, number = folder / archive[: -len(suffix)], 1
    while target.exists():
        number += 1
        target = folder / f"{archive[: -len(suffix)]} {number}"
    return target


def _unpack_parquet(base: Path, tables: list[Path], cache: Path, progress: Progress) -> Path:
    """Unpack tables with images; names of tables are part of the key, as they name the images."""
    content = {table.relative_to(base).as_posix(): sha256_of(table) for table in tables}
    key = cache_key("tables of images", files=content, version=UNPACKING)
    return build_once(
        cache / "unpacked" / key,
        lambda folder: write_parquet_images(base, tables, folder, progress),
    )
