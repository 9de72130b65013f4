"""Fetch a file with progress and checksum."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import urlsplit

import pooch

from data.cache import Progress
from data.errors import DataError


class _Bar:
    """What pooch's downloader expects of a progress bar."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.total = 0
        self.done = 0

    def update(self, n: int) -> None:
        self.done += n
        self._progress("download", self.done, max(self.total, self.done))

    def reset(self) -> None:
        self.done = 0

    def close(self) -> None:
        pass


def fetch(url: str, folder: Path, *, sha256: str | None, progress: Progress) -> Path:
    """Return the local copy of ``url``, fetched if it is absent.

    The file arrives under a temporary name and is renamed when it is complete and its checksum
    right (pooch does that).
    """
    name = Path(urlsplit(url).path).name or "download"
    try:
        found = pooch.retrieve(
            url,
            known_hash=f"sha256:{sha256}" if sha256 else None,
            fname=f"{hashlib.sha256(url.encode()).hexdigest()[:12]}-{name}",
            path=folder,
            downloader=pooch.HTTPDownloader(progressbar=_Bar(progress), timeout=30),
        )
    except ValueError as error:
        raise DataError(f"{url} has another sha256 than expected ({error})") from error
    except OSError as error:  # requests' exceptions are OSErrors
        raise DataError(f"{url} cannot be fetched ({error})") from error
    return Path(found)
