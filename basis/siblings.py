"""Whether a package of this project found its own siblings: their names are common words."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path


def check_siblings(file: str, siblings: tuple[str, ...]) -> None:
    """Make sure that importing ``siblings`` would import the packages beside ``file``.

    A user's own ``data.py`` or ``reports/`` that stands earlier on the path would be imported in
    their place and fail later, far from the cause. Nothing is imported here.

    Parameters
    ----------
    file : str
        ``__file__`` of a package's ``__init__.py``.
    siblings : tuple of str
        Packages of this project that the package imports.

    Raises
    ------
    ImportError
        Names the file that stands in the way, and what to do.

    Examples
    --------
    >>> import basis
    >>> from basis.siblings import check_siblings
    >>> check_siblings(basis.__file__, ("basis",))
    """
    home = Path(file).resolve().parent.parent
    for sibling in siblings:
        found = _place(sibling)
        if found is not None and found.resolve() == home / sibling / "__init__.py":
            continue
        needed = f"{Path(file).parent.name} needs the package {sibling!r} in {home}"
        if found is None:
            raise ImportError(f"{needed}, which is not there: install age-gender-study again")
        raise ImportError(
            f"{needed}, but 'import {sibling}' finds {found}: rename it, start Python from another "
            "folder, or take its folder off the path (sys.path, PYTHONPATH)"
        )


def _place(name: str) -> Path | None:
    """Return the file behind ``import name``, without importing it."""
    module = sys.modules.get(name)
    if module is not None:
        file = getattr(module, "__file__", None)
        return None if file is None else Path(file)
    spec = importlib.util.find_spec(name)
    return None if spec is None or spec.origin is None else Path(spec.origin)
