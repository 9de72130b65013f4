"""Alignment: the crop of UTKFace for a face in any picture."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from skimage.transform import estimate_transform

from .crop import as_rgb, crop
from .mesh import N_LANDMARKS
from .models import MODELS

TEMPLATE_SIZE = 200  # px, the side of a UTKFace chip


@cache
def utkface_template() -> tuple[np.ndarray, np.ndarray]:
    """Return the 43 inner landmarks and where they lie in a UTKFace chip.

    Brows, bridge and base of the nose, lids and lips: the points of dlib's crop that a face mesh
    also has. Their positions are medians over UTKFace, which contain no image.

    Returns
    -------
    landmarks : ndarray of int64, shape (43,)
        Indices into the face mesh.
    positions : ndarray of float64, shape (43, 2)
        x, y in px of a 200 px chip.
    """
    table = np.loadtxt(MODELS / "utkface_template.csv", delimiter=",", skiprows=1)
    return table[:, 0].astype(int), table[:, 1:]


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the least-squares similarity that takes points to points.

    Parameters
    ----------
    source, target : ndarray, shape (n, 2)

    Returns
    -------
    ndarray of float64, shape (2, 3)
        Rotation with uniform scale, and translation; never a reflection.

    Raises
    ------
    ValueError
        If the points are not finite or lie in one place.

    References
    ----------
    .. [1] Umeyama, "Least-squares estimation of transformation parameters between two point
       patterns", IEEE TPAMI 13(4), 1991.
    """
    if np.isfinite(source).all() and np.isfinite(target).all():
        found = estimate_transform("similarity", source, target)
        # Newer versions return an estimate that is false, older ones a matrix of NaN.
        if found and np.isfinite(found.params).all() and np.linalg.det(found.params) > 1e-12:
            return found.params[:2]
    raise ValueError("landmarks must be finite and not all in one place")


def chip_to_image(landmarks: np.ndarray, size: int = TEMPLATE_SIZE) -> np.ndarray:
    """Return the 2x3 similarity from coordinates of the aligned chip to those of the image."""
    if np.ndim(landmarks) != 2 or len(landmarks) != N_LANDMARKS:
        raise ValueError(
            f"landmarks must have shape (468, 2) or (468, 3), not {np.shape(landmarks)}"
        )
    inner, positions = utkface_template()
    found = np.asarray(landmarks, dtype=np.float64)[inner, :2]
    # Pixel centres lie at half-integers of the area that is scaled.
    return similarity((positions + 0.5) * (size / TEMPLATE_SIZE) - 0.5, found)


def align(image: Any, landmarks: np.ndarray, size: int = TEMPLATE_SIZE) -> np.ndarray:
    """Crop a face as UTKFace crops it: what the models were trained on.

    Parameters
    ----------
    image : array-like, shape (H, W, 3)
        Anything :func:`data.pose.crop.as_rgb` reads.
    landmarks : ndarray, shape (468, 3) or (468, 2)
        Face mesh in px of the image, as :meth:`data.pose.mesh.FaceMesh.landmarks` returns it.
    size : int, default 200
        Side of the chip, px.

    Returns
    -------
    ndarray of uint8, shape (size, size, 3)
        RGB; what lies outside the image is black, as in UTKFace.

    Raises
    ------
    ValueError
        Landmarks of another shape, not finite, or all in one place.

    Examples
    --------
    >>> import data
    >>> import numpy as np
    >>> picture = np.full((400, 300, 3), 128, np.uint8)
    >>> landmarks = 10 * data.FaceLandmarks().canonical + [150, 200, 0]
    >>> data.align(picture, landmarks, size=64).shape
    (64, 64, 3)
    """
    return crop(as_rgb(image), chip_to_image(landmarks, size), size, cv2.BORDER_CONSTANT)
