"""From an archive to a plain folder in the cache.

An archive is somebody else's file, so nothing in it is trusted: entries that lead out of the
folder, links and devices are refused, sizes are bounded before and while bytes are written, and
names are made safe for the file system.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tarfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO

from data.cache import Progress
from data.errors import DataError

MAX_ENTRY = 256 * 2**20
MAX_ENTRIES = 5_000_000
MAX_RATIO = 100  # photographs hardly compress: 100 times is no archive of photographs
ALWAYS_ALLOWED = 2**30
_LONGEST_NAME = 200  # bytes; file systems allow 255, temporary names want some of them


def unpack_archive(archive: Path, folder: Path, progress: Progress) -> None:
    """Unpack a tar or zip archive into a new folder."""
    folder.mkdir(parents=True)
    unpack = _unpack_zip if zipfile.is_zipfile(archive) else _unpack_tar
    try:
        unpack(archive, _Unpacker(archive, folder, progress))
    except DataError:
        raise
    except Exception as bad:  # tar, gzip, bz2, lzma and zip raise a dozen types between them
        if isinstance(bad, OSError) and bad.errno not in (None, errno.EINVAL):
            raise  # the disk's fault; a place before the start of the file is the archive's
        raise DataError(
            f"{archive} is damaged or encrypted ({bad}): fetch it again or unpack it yourself"
        ) from bad


def _unpack_tar(archive: Path, unpacker: _Unpacker) -> None:
    size = archive.stat().st_size
    with archive.open("rb") as raw, tarfile.open(fileobj=raw, mode="r:*") as tar:
        for entry in tar:
            if entry.isdir():
                unpacker.check_name(entry.name)
                continue
            if not entry.isreg():
                unpacker.refuse(entry.name, "is a link or a device, not a file")
            file = tar.extractfile(entry)
            assert file is not None  # isreg() was true
            unpacker.write(entry.name, entry.size, file)
            unpacker.progress("unpack", min(raw.tell(), size), size)
        unpacker.progress("unpack", size, size)


def _unpack_zip(archive: Path, unpacker: _Unpacker) -> None:
    with zipfile.ZipFile(archive) as zipped:
        entries = zipped.infolist()
        for number, entry in enumerate(entries, 1):
            mode = entry.external_attr >> 16
            if entry.is_dir():
                unpacker.check_name(entry.filename)
                continue
            if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                unpacker.refuse(entry.filename, "is a link or a device, not a file")
            with zipped.open(entry) as file:
                unpacker.write(entry.filename, entry.file_size, file)
            unpacker.progress("unpack", number, len(entries))


class _Unpacker:
    """Write entries below a folder and keep count of them."""

    def __init__(self, archive: Path, folder: Path, progress: Progress) -> None:
        self.archive = archive
        self.folder = folder
        self.progress = progress
        self.room = max(ALWAYS_ALLOWED, MAX_RATIO * archive.stat().st_size)
        self.entries = 0

    def refuse(self, name: str, why: str) -> None:
        raise DataError(
            f"{self.archive}: entry {name[:200]!r} {why}. Nothing was unpacked; if you trust the "
            "archive, unpack it yourself and pass the folder"
        )

    def check_name(self, name: str) -> None:
        # Backslashes and drive letters are paths on Windows, where the archive may go next.
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or has_drive(name):
            self.refuse(name, "leads out of the folder")

    def write(self, name: str, size: int, file: IO[bytes]) -> None:
        """Write one entry, never more than its declared size."""
        self.check_name(name)
        self.entries += 1
        if self.entries > MAX_ENTRIES:
            self.refuse(name, f"is number {MAX_ENTRIES + 1:,}")
        if size > MAX_ENTRY:
            self.refuse(name, f"unpacks to {size / 1e6:,.0f} MB, which is no photograph")
        self.room -= size
        if self.room < 0:
            self.refuse(name, f"makes it unpack to more than {MAX_RATIO} times its size")
        target = self._free_name(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as out:
            out.write(file.read(size))

    def _free_name(self, name: str) -> Path:
        """Return a path nobody has taken: an archive may hold two entries of one name."""
        target = self.folder / safe_name(name)
        copy = 1
        while os.path.lexists(target):
            copy += 1
            target = self.folder / f"copy {copy}" / safe_name(name)
        return target


def has_drive(name: str) -> bool:
    """Tell whether a path begins with a drive of Windows; a colon elsewhere is one of a time."""
    return len(name) > 1 and name[1] == ":" and name[0].isascii() and name[0].isalpha()


def safe_name(name: str) -> PurePosixPath:
    """Return an entry's name with every part printable, not empty and at most 200 bytes long.

    A shortened part keeps its beginning, its last suffix and eight digits of its hash.
    """
    parts = []
    for part in PurePosixPath(name.replace("\\", "/")).parts:
        printable = "".join(c if c.isprintable() else "_" for c in part)
        if len(printable.encode()) > _LONGEST_NAME:
            digest = hashlib.sha256(part.encode(errors="surrogatepass")).hexdigest()[:8]
            start = printable.encode()[: _LONGEST_NAME // 2].decode(errors="ignore")
            suffix = PurePosixPath(printable).suffix
            printable = f"{start}~{digest}{suffix if len(suffix) < 10 else ''}"
        parts.append(printable)
    # A path of thousands of short parts is as unusable as one long part.
    return PurePosixPath(*parts) if len(parts) <= 32 else PurePosixPath(*parts[-32:])
