"""What a condition is: a change of pictures with levels in a physical unit."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import DataError

Change = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Condition:
    """A way in which a picture gets worse, or better than what training saw.

    Parameters
    ----------
    name : str
        Key in plans and tables.
    title : str
        Heading on the page.
    unit : str
        What a level counts, such as ``degrees``.
    summary : str
        What is done, in a line.
    levels : tuple of float
        Those a study measures unless it names others.
    low, high : float
        Closed range of the levels that make sense.
    identity : float
        The level that leaves a picture as it is.
    change : callable
        ``change(image, level, rng)``: uint8 ``(H, W, 3)`` in, a new array of that shape out.
    harm : callable
        ``harm(level)`` grows with how much is done; 0 at ``identity``.

    Examples
    --------
    >>> from data import stress
    >>> brightness = stress.get_condition("brightness")
    >>> brightness.mild_first((2.0, -1.0, 0.5))
    (0.5, -1.0, 2.0)
    """

    name: str
    title: str
    unit: str
    summary: str
    levels: tuple[float, ...]
    low: float
    high: float
    identity: float
    change: Change
    harm: Callable[[float], float]

    def check(self, level: float) -> float:
        """Return a level as a float.

        Parameters
        ----------
        level : float
            In ``unit``.

        Returns
        -------
        float
            The same level.

        Raises
        ------
        DataError
            It is no number, or not in ``low`` to ``high``.
        """
        number = isinstance(level, int | float)
        if not (number and self.low <= level <= self.high):
            shown = f"{level:g}" if number else repr(level)
            raise DataError(
                f"{self.name}: level {shown} is out of range: choose from {self.low:g} to "
                f"{self.high:g} {self.unit}"
            )
        return float(level)

    def mild_first(self, levels: tuple[float, ...]) -> tuple[float, ...]:
        """Return levels in order of what they do to a picture; equal harm by level.

        Parameters
        ----------
        levels : tuple of float
            In ``unit``.

        Returns
        -------
        tuple of float
            The same levels, the mildest first.
        """
        return tuple(sorted(levels, key=lambda level: (round(self.harm(level), 9), level)))


_CONDITIONS: dict[str, Condition] = {}


def condition(
    name: str,
    *,
    title: str,
    unit: str,
    summary: str,
    levels: tuple[float, ...],
    within: tuple[float, float],
    identity: float = 0.0,
    harm: Callable[[float], float] | None = None,
) -> Callable[[Change], Change]:
    """Register the decorated function as the change of a condition.

    Arguments are the attributes of :class:`Condition`; ``within`` is ``(low, high)``, and ``harm``
    by default the distance of the level from ``identity``.
    """

    def distance(level: float) -> float:
        return abs(level - identity)

    def decorate(change: Change) -> Change:
        _CONDITIONS[name] = Condition(
            name, title, unit, summary, levels, *within, identity, change, harm or distance
        )
        return change

    return decorate


def octaves_from(identity: float) -> Callable[[float], float]:
    """Return a harm for ratios: doublings or halvings away from ``identity``."""
    return lambda level: abs(math.log2(level / identity))


def registered() -> dict[str, Condition]:
    """Return the conditions of the modules imported so far."""
    return _CONDITIONS


def face_generator(condition: str, face_id: str) -> np.random.Generator:
    """Return the random numbers of one face under one condition.

    They hang on these two names alone: neither the order of the faces nor the choice of a subset
    moves them, and all levels of a condition share them (the same direction, a longer way).
    """
    digest = hashlib.sha256(f"{condition}\0{face_id}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))
