"""Where caches lie: ours, and those of the libraries, which follow it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import MutableMapping
from pathlib import Path

import platformdirs

VARIABLE = "AGE_GENDER_STUDY_CACHE"

LIBRARIES = {
    "NUMBA_CACHE_DIR": "numba",
    "MPLCONFIGDIR": "matplotlib",
    "TORCH_HOME": "torch",
    "HF_HOME": "huggingface",
    "TORCHINDUCTOR_CACHE_DIR": "torchinductor",
    "TRITON_CACHE_DIR": "triton",
    "CUDA_CACHE_PATH": "cuda",
    "XDG_CACHE_HOME": "others",
}
"""Variables by which libraries are told where to write, and our folder for each."""


def chosen_folder(cache: str | Path | None = None) -> Path:
    """Return the cache folder, which need not exist yet.

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
    OSError
        Nobody named a folder, and the user has no home.

    Examples
    --------
    >>> from basis.caches import chosen_folder
    >>> chosen_folder("some/folder").is_absolute()
    True
    """
    chosen = cache or os.environ.get(VARIABLE)
    try:
        folder = Path(chosen or platformdirs.user_cache_dir("age-gender-study", appauthor=False))
        return folder.expanduser().absolute()
    except RuntimeError as error:  # neither HOME nor an entry for this user
        raise OSError(
            f"no folder for caches, because this user has no home ({error}): set {VARIABLE} to a "
            "folder that can be written"
        ) from error


def is_writable(folder: Path) -> bool:
    """Tell whether files can be made in a folder.

    Parameters
    ----------
    folder : Path
        Created if need be.

    Returns
    -------
    bool
        False also where the folder cannot be created.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from basis.caches import is_writable
    >>> is_writable(Path(tempfile.mkdtemp()) / "new")
    True
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def settle_libraries(environment: MutableMapping[str, str] | None = None) -> None:
    """Let the caches of libraries follow ours, in this process and in those it starts.

    Parameters
    ----------
    environment : mutable mapping, optional
        Default: that of this process. A variable that is set already is left alone.

    Notes
    -----
    Where nobody set ``AGE_GENDER_STUDY_CACHE``, libraries keep their own places: the weights a
    user has already downloaded stay found.

    Examples
    --------
    >>> from basis.caches import settle_libraries
    >>> environment = {"AGE_GENDER_STUDY_CACHE": "some/folder", "HF_HOME": "mine"}
    >>> settle_libraries(environment)
    >>> environment["HF_HOME"], environment["TORCH_HOME"].endswith("torch")
    ('mine', True)
    """
    environment = os.environ if environment is None else environment
    if not environment.get(VARIABLE):
        return
    folder = Path(environment[VARIABLE]).expanduser().absolute()
    for variable, name in LIBRARIES.items():
        environment.setdefault(variable, str(folder / name))


def compiler_folder(package: Path) -> Path | None:
    """Return where numba may keep what it compiled for a package of ours, None for nowhere.

    Parameters
    ----------
    package : Path
        Folder of the package; numba writes beside the source where it may.

    Returns
    -------
    Path or None
        ``NUMBA_CACHE_DIR`` where it is set, whether or not it can be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from basis.caches import compiler_folder
    >>> compiler_folder(Path(tempfile.mkdtemp()))    # doctest: +SKIP
    """
    if named := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(named)
    if not os.environ.get(VARIABLE) and is_writable(package / "__pycache__"):
        return package / "__pycache__"
    try:
        folder = chosen_folder() / "numba"
    except OSError:
        return None
    return folder if is_writable(folder) else None
