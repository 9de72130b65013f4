"""Whether and where compiled kernels are kept: decided before the first one is compiled."""

from __future__ import annotations

from pathlib import Path

import numba

from .caches import compiler_folder


def settle(package: Path = Path(__file__).parent) -> bool:
    """Point numba at a folder that can be written; return whether there is one.

    Without one kernels are compiled again in every process, which takes seconds and breaks
    nothing; numba itself would refuse to import them.

    Parameters
    ----------
    package : Path
        Folder of the package whose kernels are kept.

    Returns
    -------
    bool
        For the parameter ``cache`` of ``numba.njit``.

    Examples
    --------
    >>> from basis.compiled import settle
    >>> kept = settle()    # doctest: +SKIP
    """
    folder = compiler_folder(package)
    if folder is None:
        return False
    if folder.name != "__pycache__":
        # numba makes the attributes of its settings when it is imported: no type checker knows them
        vars(numba.config)["CACHE_DIR"] = str(folder)
    return True


KEPT = settle()
"""For the parameter ``cache`` of ``numba.njit``."""
