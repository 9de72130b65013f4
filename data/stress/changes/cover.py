"""Parts of the face covered: a band over the eyes, a medical mask, a patch anywhere.

Places are those of the aligned chip, not of the single face: a turned head carries its band a
little off.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from ..chip import eyes
from ..condition import condition

_BLACK, _GREY, _CLOTH = 0, 128, (172, 202, 222)
_NO_MASK = 1.75  # the chip ends 1.74 pupil distances below the eyes


@condition(
    "eye-band",
    title="Band over the eyes",
    unit="pupil distances (height)",
    summary="a black bar, as newspapers print it",
    levels=(0.25, 0.5, 1),
    within=(0, 3),
)
def eye_band(image: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """Black out a bar of this height on the line of the eyes, from temple to temple."""
    x, y, between = (value * image.shape[0] for value in eyes())
    half = level * between / 2
    covered = image.copy()
    left, right = round(max(x - 1.05 * between, 0)), round(x + 1.05 * between)
    covered[round(max(y - half, 0)) : round(y + half), left:right] = _BLACK
    return covered


@condition(
    "mask",
    title="Medical mask",
    unit="pupil distances from the eyes down to its edge",
    summary="everything below that edge under cloth",
    levels=(0.8, 0.6, 0.35),
    within=(0.1, _NO_MASK),
    identity=_NO_MASK,
)
def mask(image: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """Cover mouth and chin (.8), the base of the nose too (.6), half of its bridge too (.35)."""
    if level >= _NO_MASK:
        return image.copy()
    x, y, between = (value * image.shape[0] for value in eyes())
    outline = [(-0.95, 0.25), (-0.5, 0.1), (0, 0), (0.5, 0.1), (0.95, 0.25)]  # rises at the nose
    points = [(x + dx * between, y + (level + dy) * between) for dx, dy in outline]
    bottom = image.shape[0] + 1
    points += [(x + 0.75 * between, bottom), (x - 0.75 * between, bottom)]
    covered = image.copy()
    return cv2.fillPoly(covered, [np.rint(points).astype(np.int32)], _CLOTH)


@condition(
    "patch",
    title="Patch anywhere",
    unit="% of the chip",
    summary="a grey square at a random place",
    levels=(5, 15, 30),
    within=(0, 90),
)
def patch(image: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """Cover a square of this share of the picture; larger ones hang at the same place."""
    side = image.shape[0]
    edge = round(side * math.sqrt(level / 100))
    top, left = (round(place * (side - edge)) for place in rng.random(2))
    covered = image.copy()
    covered[top : top + edge, left : left + edge] = _GREY
    return covered
