"""One crop rule and one resize: pictures become squares of a given side."""

from __future__ import annotations

import cv2
import numpy as np


def to_square(pixels: np.ndarray, size: int) -> np.ndarray:
    """Return the central square of an image, resized.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
        RGB.
    size : int
        Side in pixels.

    Returns
    -------
    ndarray of uint8, shape (size, size, 3)
        Averaged over areas where the picture shrinks, bicubic where it grows; a view of
        ``pixels`` where it has the size already.

    Examples
    --------
    >>> import numpy as np
    >>> from basis.pictures import to_square
    >>> to_square(np.zeros((40, 60, 3), np.uint8), 32).shape
    (32, 32, 3)
    """
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = pixels[top : top + side, left : left + side]
    if side == size:
        return square
    method = cv2.INTER_AREA if side > size else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(square), (size, size), interpolation=method)
