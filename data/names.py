"""Data sets by name: those that ship with the package, and those a user has added."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from basis.files import sha256_of, write_json
from basis.words import did_you_mean
from data.files.source import open_source

from .cache import Progress, cache_folder, no_progress
from .errors import DataError
from .readers import find_reader, readers


@dataclass(frozen=True)
class Registered:
    """A data set that was added under a name.

    Parameters
    ----------
    name : str
        What :func:`data.load` takes.
    source : str
        Absolute path of the file or folder.
    reader : str
        Name of the reader that recognised it.
    licence : str
        One sentence.

    Examples
    --------
    >>> import data
    >>> data.Registered("mine", "/faces/mine.zip", "utkface", "Ask the owner.").reader
    'utkface'
    """

    __module__ = "data"

    name: str
    source: str
    reader: str
    licence: str


def find_source(source: str | Path, cache: Path) -> tuple[str, Path]:
    """Return the name of a data set and the path where it lies."""
    text = str(source)
    shipped = readers().get(text)
    if shipped is not None and shipped.source is not None:
        return text, shipped.source
    added = registered(cache)
    if text in added:
        return text, Path(added[text].source)
    path = Path(source).expanduser()
    if path.exists():
        return _name_of(path), path.absolute()
    hint = did_you_mean(text, known_data_sets(cache))
    raise DataError(f"{text} is no existing path and no known data set{hint}")


def _name_of(path: Path) -> str:
    """Return the file name without suffixes: ``UTKFace.tar.gz`` is ``UTKFace``."""
    name = path.absolute().name.split(".")[0]
    return name or path.absolute().name.lstrip(".") or "faces"


def known_data_sets(cache: str | Path | None = None) -> dict[str, str]:
    """Return every name that :func:`data.load` knows, with a line about it.

    Parameters
    ----------
    cache : str, Path or None
        Cache folder; see :func:`data.cache_folder`.

    Returns
    -------
    dict of str to str
        First those that ship with the package, then those a user has added.

    Raises
    ------
    DataError
        If the list of added data sets is damaged, or there is no cache folder.

    Examples
    --------
    >>> import tempfile
    >>> import data
    >>> "embedded" in data.known_data_sets(tempfile.mkdtemp())
    True
    """
    shipped = {r.name: r.summary for r in readers().values() if r.source is not None}
    added = registered(cache)
    return shipped | {name: f"{entry.reader}, {entry.source}" for name, entry in added.items()}


def registered(cache: str | Path | None = None) -> dict[str, Registered]:
    """Return the data sets a user has added, by name.

    Parameters
    ----------
    cache : str, Path or None
        Cache folder; see :func:`data.cache_folder`.

    Returns
    -------
    dict of str to Registered
        Empty where none was added.

    Raises
    ------
    DataError
        If the list of added data sets is damaged, or there is no cache folder.

    Examples
    --------
    >>> import tempfile
    >>> import data
    >>> data.registered(tempfile.mkdtemp())
    {}
    """
    path = cache_folder(cache) / "data_sets.json"
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return {name: Registered(**entry) for name, entry in entries.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path} is damaged ({error}): delete it and add the data sets again"
        ) from error


def add_data_set(
    name: str,
    source: str | Path,
    *,
    sha256: str | None = None,
    accept_licence: bool = False,
    cache: str | Path | None = None,
    progress: Progress = no_progress,
) -> Registered:
    """Register a data set under a name, so that ``data.load(name)`` finds it.

    Parameters
    ----------
    name : str
        New or already added; names that ship with the package are taken.
    source : str or Path
        A path, or an ``http(s)://`` address that is fetched into the cache folder.
    sha256 : str or None
        Expected checksum of the file.
    accept_licence : bool
        Must be true where the licence restricts use (UTKFace).
    cache : str, Path or None
        Cache folder; see :func:`data.cache_folder`.
    progress : callable
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    Registered
        The entry as it was written.

    Raises
    ------
    DataError
        If the name is taken or unusable, the download fails or has another checksum, nothing
        reads the source, or the licence was not accepted.

    Examples
    --------
    >>> import data
    >>> data.add_data_set("mine", "faces/mine.zip")     # doctest: +SKIP
    >>> faces = data.load("mine")                       # doctest: +SKIP
    """
    folder = cache_folder(cache)
    shipped = readers().get(name)
    if shipped is not None and shipped.source is not None:
        raise DataError(f"{name!r} ships with this package: choose another name")
    if not name or name != name.strip() or any(c in name for c in "/\\\0") or name.startswith("."):
        raise DataError(f"{name!r} cannot be a name: use letters, digits, '-' and '_'")
    if str(source).startswith(("http://", "https://")):
        from data.files.download import fetch

        path = fetch(str(source), folder / "downloads", sha256=sha256, progress=progress)
    else:
        path = Path(source).expanduser().absolute()
        _check_sum(path, sha256)
    reader = find_reader(open_source(path, folder, progress), source)
    if reader.needs_acceptance and not accept_licence:
        raise DataError(f"{reader.licence} Add it with --accept-licence if you agree.")
    entry = Registered(name, str(path), reader.name, reader.licence)
    # Between reading the list and writing it nobody else may add a name: it would be lost.
    with FileLock(folder / ".data_sets.json.lock"):
        entries = registered(folder) | {name: entry}
        write_json(folder / "data_sets.json", {n: asdict(e) for n, e in entries.items()})
    return entry


def _check_sum(path: Path, sha256: str | None) -> None:
    """Refuse a file that is another one than expected."""
    if sha256 is None:
        return
    if not path.is_file():
        raise DataError(f"{path} is no file, so that its sha256 cannot be checked: leave it out")
    if (found := sha256_of(path)) != sha256.lower():
        raise DataError(f"{path} has the sha256 {found}, not {sha256}: it is another file")
