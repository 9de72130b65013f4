"""Names on axes and in legends: cut to what fits, and still told apart."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


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
