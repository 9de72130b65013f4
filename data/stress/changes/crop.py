"""The crop: a detector that cuts the face off centre, too near or far, or tilted.

What the chip does not hold (a real crop would show more of the photograph) continues its edge.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from ..chip import eyes
from ..condition import condition, octaves_from


def _warped(image: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Move content by a 2x3 matrix (cubic, edges continued)."""
    size = (image.shape[1], image.shape[0])
    return cv2.warpAffine(
        image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )


def _about_centre(image: np.ndarray, degrees: float, factor: float) -> np.ndarray:
    centre = (image.shape[1] - 1) / 2, (image.shape[0] - 1) / 2
    # OpenCV counts anticlockwise
    return _warped(image, cv2.getRotationMatrix2D(centre, -degrees, factor))


@condition(
    "shift",
    title="Crop off centre",
    unit="% of the pupil distance",
    summary="moved in a random direction",
    levels=(10, 20, 40),
    within=(0, 100),
)
def shift(image: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """Move the face; to whole pixels, so that nothing is softened."""
    angle = rng.uniform(0, 2 * math.pi)
    way = level / 100 * eyes()[2] * image.shape[0]
    right, down = round(way * math.cos(angle)), round(way * math.sin(angle))
    return _warped(image, np.array([[1.0, 0, right], [0, 1, down]]))


@condition(
    "scale",
    title="Crop too near or too far",
    unit="times the size of the face",
    summary="enlarged or shrunk about the centre",
    levels=(0.7, 0.85, 1.2, 1.4),
    within=(0.3, 3),
    identity=1,
    harm=octaves_from(1),
)
def scale(image: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """Enlarge (above 1) or shrink the face within the crop."""
    return _about_centre(image, 0, level) if level != 1 else image.copy()


@condition(
    "rotation",
    title="Tilted crop",
    unit="degrees",
    summary="turned clockwise or anticlockwise, at random",
    levels=(10, 20, 40),
    within=(0, 180),
)
def rotation(image: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """Turn the face in the plane of the picture."""
    way = 1 if rng.random() < 0.5 else -1
    return _about_centre(image, way * level, 1) if level else image.copy()
