"""The contact sheet: one face under every condition and level, for looking at."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from . import change, conditions, get_condition

_GAP, _LINE, _NAME = 6, 16, 120  # px
_INK, _GROUND = (40, 40, 40), 255


def contact_sheet(
    image: np.ndarray, face_id: str, names: Sequence[str] | None = None, *, side: int = 120
) -> np.ndarray:
    """Draw one face under conditions (rows) and levels (columns, mildest first).

    ``image`` is an aligned RGB chip, the result RGB; the first picture of each row is the unchanged
    one.
    """
    chosen = [get_condition(name) for name in (conditions() if names is None else names)]
    columns = 1 + max(len(c.levels) for c in chosen)
    height, width = side + _LINE + _GAP, _NAME + columns * (side + _GAP)
    sheet = np.full((len(chosen) * height, width, 3), _GROUND, np.uint8)
    for row, c in enumerate(chosen):
        top = row * height
        _write(sheet, c.name, 4, top + _LINE + side // 2)
        pictures = [("unchanged", image)]
        pictures += [
            (f"{level:g}", change(image[None], c.name, level, [face_id])[0])
            for level in c.mild_first(c.levels)
        ]
        for column, (label, picture) in enumerate(pictures):
            left = _NAME + column * (side + _GAP)
            _write(sheet, label, left, top + _LINE - 4)
            small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
            sheet[top + _LINE : top + _LINE + side, left : left + side] = small
    return sheet


def _write(sheet: np.ndarray, text: str, left: int, bottom: int) -> None:
    cv2.putText(sheet, text, (left, bottom), cv2.FONT_HERSHEY_SIMPLEX, 0.42, _INK, 1, cv2.LINE_AA)
