"""Names on axes and in legends: cut to what fits, and still told apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

PLACES = (
    ((0, 8), "center"), ((0, -15), "center"), ((7, -3), "left"), ((-7, -3), "right"),
    ((0, 19), "center"), ((0, -26), "center"), ((7, 9), "left"), ((-7, 9), "right"),
    ((7, -15), "left"), ((-7, -15), "right"), ((0, 30), "center"), ((0, -37), "center"),
)  # fmt: skip
"""Where a name may stand beside its dot: shift in points and alignment, the best first."""
DOT = 8.0  # points: a mark and its rim


def level_labels(frame: pd.DataFrame) -> list[str]:
    """Return ``level (n)`` for each level, n the largest over contenders."""
    counts = frame.groupby("level", sort=False, observed=True)["n"].max()
    names = distinct(list(counts.index))
    return [f"{name}  ({n:,})" for name, n in zip(names, counts, strict=True)]


def short(text: object, length: int = 22) -> str:
    """Cut a label that would push the chart off the page in its middle: ends tell names apart."""
    text = str(text)
    if len(text) <= length:
        return text
    tail = length // 2
    return f"{text[: length - tail - 1]}…{text[-tail:]}"


def distinct(names: Sequence[object], length: int = 22) -> list[str]:
    """Cut labels; those that would become equal get their number."""
    cut = [short(name, length) for name in names]
    return [
        f"{label} ({k + 1})" if cut.count(label) > 1 and str(name) != label else label
        for k, (name, label) in enumerate(zip(names, cut, strict=True))
    ]


def beside(
    points: np.ndarray, texts: Sequence[str], size: float
) -> list[tuple[tuple[int, int], str]]:
    """Place names beside dots so that none lies on another name or dot, as far as that can be.

    Parameters
    ----------
    points : ndarray of float, shape (n, 2)
        Dots, in points (1/72 inch), y upwards.
    texts : sequence of str
        Their names.
    size : float
        Font size in points; a letter is taken to be .6 of it wide.

    Returns
    -------
    list of ((int, int), str)
        Shift of the text in points, and how it is aligned, for each dot.
    """
    dots = [(x - DOT / 2, y - DOT / 2, x + DOT / 2, y + DOT / 2) for x, y in points]
    taken: list[tuple[float, float, float, float]] = []
    found = []
    for (x, y), text in zip(points, texts, strict=True):
        width = 0.6 * size * len(text)
        boxes = []
        for (dx, dy), align in PLACES:
            left = x + dx - {"left": 0.0, "center": width / 2, "right": width}[align]
            boxes.append((left, y + dy, left + width, y + dy + size))
        hits = [sum(_meet(box, other) for other in (*dots, *taken)) for box in boxes]
        best = int(np.argmin(hits))  # the first of the freest
        taken.append(boxes[best])
        found.append(PLACES[best])
    return found


def _meet(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
