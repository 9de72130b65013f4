"""Faces in any photograph: found, checked by their mesh, posed and aligned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from basis.faces import MIN_PRESENCE

from .align import TEMPLATE_SIZE, align
from .boxes import MIN_SHARE, shared_area
from .crop import as_rgb
from .estimate import head_pose
from .mesh import FaceMesh
from .models import one_opencv_thread

MIN_SIZE = 0.06
MIN_WIDTH = 12.0  # px: the mesh finds nothing in smaller faces
# What is no face (a lapel pin, a knot) has a doubtful mesh and a doubtful detection; a face seen
# from the side or a very old one has at most one of the two.
SURE_PRESENCE, SURE_SCORE = 0.99, 0.75


@dataclass(frozen=True)
class FoundFace:
    """A face in a photograph, ready for a contender.

    Parameters
    ----------
    box : ndarray of float64, shape (4,)
        x0, y0, x1, y1 of the mesh in px of the image: forehead to chin, cheek to cheek.
    score : float
        Confidence of the detector in 0..1.
    landmarks : ndarray of float32, shape (468, 3)
        Face mesh, px of the image.
    presence : float
        Probability in 0..1 that the mesh lies on a face.
    yaw, pitch, roll : float
        Head pose in degrees (convention of :mod:`data.pose.geometry`). Beyond 45 degrees of yaw
        the mesh loses the far half of the face: the numbers then mean "far" and no more.
    chip : ndarray of uint8, shape (size, size, 3)
        The face cropped as UTKFace crops it, RGB.

    Examples
    --------
    >>> import data
    >>> from PIL import Image
    >>> largest = data.find_faces(Image.open("people.jpg"))[0]     # doctest: +SKIP
    >>> largest.yaw, largest.chip.shape                            # doctest: +SKIP
    """

    __module__ = "data"

    box: np.ndarray
    score: float
    landmarks: np.ndarray
    presence: float
    yaw: float
    pitch: float
    roll: float
    chip: np.ndarray


def window_sides(height: int, width: int, min_size: float) -> list[float]:
    """Return the sides of the windows in which a picture is searched, px, largest first.

    The smallest window is so small that a face of ``min_size`` times the picture's shorter side
    fills enough of it to be seen; from one size to the next the side at most halves. The largest
    covers the picture, or twice the shorter side of a panorama: no face is wider than that. Faces
    narrower than 12 px are not searched for.
    """
    shorter, longer = sorted((height, width))
    largest = float(min(longer, 2 * shorter))
    smallest = min(max(min_size * shorter, MIN_WIDTH) / MIN_SHARE, largest)
    levels = 1 + int(np.ceil(np.log2(largest / smallest)))
    return list(np.geomspace(largest, smallest, levels)) if levels > 1 else [largest]


def find_faces(
    image: Any,
    *,
    size: int = TEMPLATE_SIZE,
    min_size: float = MIN_SIZE,
    mesh: FaceMesh | None = None,
) -> list[FoundFace]:
    """Find all faces of a photograph, largest first.

    Parameters
    ----------
    image : array-like, shape (H, W, 3)
        Anything :func:`data.pose.crop.as_rgb` reads, of any size, the right way up.
    size : int, default 200
        Side of the aligned chips, px.
    min_size : float, default 0.06
        Least width of a face, as a share of the picture's shorter side. Smaller values search
        more windows: halving it makes the search about four times as long.
    mesh : FaceMesh, optional
        Settings of the networks.

    Returns
    -------
    list of FoundFace
        Empty where there is no face: that is not an error.

    Raises
    ------
    ValueError
        The array is not an image, or ``min_size`` is not in 0..1.

    Notes
    -----
    The detector proposes boxes in overlapping windows of halving size; each proposal is tracked
    by the face mesh and kept where the mesh reports a face. Proposals whose meshes lie on the
    same face are one face. One core works at a time: the networks are so small that OpenCV's
    threads cost more than they gain; search many photographs in threads of your own.

    Examples
    --------
    >>> import data
    >>> import numpy as np
    >>> data.find_faces(np.full((120, 160, 3), 128, np.uint8))
    []
    """
    if not 0 < min_size <= 1:
        raise ValueError(f"min_size must be above 0 and at most 1, not {min_size}")
    with one_opencv_thread():
        return _find_faces(as_rgb(image), size, min_size, FaceMesh() if mesh is None else mesh)


def _find_faces(pixels: np.ndarray, size: int, min_size: float, mesh: FaceMesh) -> list[FoundFace]:
    faces: list[FoundFace] = []
    sides = window_sides(pixels.shape[0], pixels.shape[1], min_size)
    for proposal in mesh.detect(pixels, sides):
        points, presence = mesh.landmarks(pixels, proposal)
        sure = presence >= SURE_PRESENCE or proposal.score >= SURE_SCORE
        box = _extent(points)
        if presence < MIN_PRESENCE or not sure or _seen(box, faces):
            continue
        yaw, pitch, roll = (float(angle) for angle in head_pose(points))
        chip = align(pixels, points, size)
        faces.append(FoundFace(box, proposal.score, points, presence, yaw, pitch, roll, chip))
    return sorted(faces, key=lambda face: float(face.box[0] - face.box[2]))


def _extent(points: np.ndarray) -> np.ndarray:
    return np.concatenate([points[:, :2].min(0), points[:, :2].max(0)]).astype(np.float64)


def _seen(box: np.ndarray, faces: list[FoundFace], max_shared: float = 0.5) -> bool:
    """Tell whether a mesh lies on a face already found.

    The share of the smaller box counts, not the union: a second mesh that slipped to the neck or
    to half of a face is a part of the first. Real faces cheek to cheek share far less.
    """
    return any(shared_area(box, face.box) > max_shared for face in faces)
