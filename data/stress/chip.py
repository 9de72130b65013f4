"""Where things are on an aligned chip, so that levels can be told in sizes of the face."""

from __future__ import annotations

from functools import cache

import numpy as np

from data.pose.align import TEMPLATE_SIZE, utkface_template

_RIGHT_EYE = (33, 160, 158, 133, 153, 144)  # of the person: left in the picture
_LEFT_EYE = (362, 385, 387, 263, 373, 380)


@cache
def eyes() -> tuple[float, float, float]:
    """Return the middle between the pupils and their distance, as shares of the chip's side.

    They are .496, .300 and .403: on a 200 px chip the pupils are 81 px apart. Each pupil is taken
    as the mean of six points of its lids in :func:`data.pose.align.utkface_template`.
    """
    landmarks, positions = utkface_template()
    right, left = (
        positions[np.isin(landmarks, points)].mean(axis=0) for points in (_RIGHT_EYE, _LEFT_EYE)
    )
    middle = (right + left) / 2 + 0.5  # pixel centres lie at half-integers
    distance = float(np.hypot(*(left - right)))
    x, y, between = (float(value) / TEMPLATE_SIZE for value in (*middle, distance))
    return x, y, between


def pixels(at_200: float, image: np.ndarray) -> float:
    """Convert a length in px of a 200 px chip to px of this picture."""
    return at_200 * image.shape[0] / TEMPLATE_SIZE
