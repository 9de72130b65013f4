"""Changed copies of aligned faces: blur, light, cover, crop and more, at levels with a unit.

>>> from data import stress
>>> soft = stress.change(images, "blur", 2, face_ids)        # doctest: +SKIP

Everything here is a pure function of picture, condition, level and ``face_id``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence

import numpy as np

from basis.words import did_you_mean

from ..errors import DataError
from . import changes
from .condition import Condition, face_generator, registered

__all__ = ["Condition", "change", "conditions", "get_condition"]


def conditions() -> dict[str, Condition]:
    """Return every condition by name, in the order of their modules.

    Returns
    -------
    dict of str to Condition
        A new dict each time.

    Examples
    --------
    >>> from data import stress
    >>> stress.conditions()["rotation"].unit
    'degrees'
    """
    for module in sorted(m.name for m in pkgutil.iter_modules(changes.__path__)):
        importlib.import_module(f"{changes.__name__}.{module}")
    return dict(registered())


def get_condition(name: str) -> Condition:
    """Return one condition.

    Parameters
    ----------
    name : str
        Such as ``blur``.

    Returns
    -------
    Condition
        What is done, its unit and its levels.

    Raises
    ------
    DataError
        No such condition; the message has the nearest name.

    Examples
    --------
    >>> from data import stress
    >>> stress.get_condition("blur").identity
    0.0
    """
    known = conditions()
    if name not in known:
        raise DataError(f"unknown stress condition {name!r}{did_you_mean(name, known)}")
    return known[name]


def change(images: np.ndarray, condition: str, level: float, face_ids: Sequence[str]) -> np.ndarray:
    """Return changed copies of aligned faces.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, side, side, 3)
        RGB chips, cropped as UTKFace crops; lengths in px are those of a 200 px chip and scale
        with the side.
    condition : str
        A name in :func:`conditions`.
    level : float
        In the condition's unit.
    face_ids : sequence of str, length n
        Whose faces they are: what is random hangs on this name alone.

    Returns
    -------
    ndarray of uint8, shape (n, side, side, 3)

    Raises
    ------
    DataError
        No such condition, or the level is out of its range.
    ValueError
        The images are no square uint8 RGB pictures, or there is not one name for each.

    Examples
    --------
    >>> import numpy as np
    >>> from data import stress
    >>> faces = np.full((2, 200, 200, 3), 90, np.uint8)
    >>> int(stress.change(faces, "brightness", 1, ["a", "b"])[0, 0, 0, 0])
    125
    """
    chosen = get_condition(condition)
    level = chosen.check(level)
    images = np.asarray(images)
    square = images.ndim == 4 and images.shape[1] == images.shape[2] and images.shape[3] == 3
    if not square or images.dtype != np.uint8:
        raise ValueError(
            f"images must be uint8 of shape (n, side, side, 3), not {images.dtype} {images.shape}"
        )
    if len(face_ids) != len(images):
        raise ValueError(f"{len(images)} images, but {len(face_ids)} names of faces")
    changed = np.empty(images.shape, np.uint8)
    for row, face_id in enumerate(face_ids):
        generator = face_generator(condition, str(face_id))
        changed[row] = chosen.change(images[row], level, generator)
    return changed
