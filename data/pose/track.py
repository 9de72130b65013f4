"""Tracking a face mesh: detected faces, squares for the landmark network, and when to stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

# Outer eye corners: the line between them gives the rotation of the next crop.
EYE_SMALLER_X, EYE_LARGER_X = 33, 263
MARGIN = 1.5  # the landmark network was trained on squares 1.5 times the face's extent
# Where tracking ends, in the median, on a UTKFace chip (measured on 310 of them): starting there
# saves a pass. Share of the chip's longer side, and of its width and height.
CHIP_SIDE, CHIP_CENTRE = 1.5, (0.49, 0.47)
# Landmarks whose means are the detector's keypoints: eye, eye, nose tip, mouth.
DETECTOR_KEYPOINTS = ((33, 133), (362, 263), (1, 4), (13, 14))
CERTAIN = 0.999  # presence above which a mesh that settled is not questioned
# Share of the mesh's width. On a real face the third pass moves the mesh by 0.2% (99%: 0.6%), on
# an upside-down one by 2.5% (5%: 1.0%).
SETTLED = 0.008


@dataclass(frozen=True)
class Face:
    """One detected face: box x0, y0, x1, y1 (may reach beyond the image) and keypoints, px."""

    box: np.ndarray
    score: float
    keypoints: np.ndarray


@dataclass(frozen=True)
class Square:
    """A rotated square of the image: centre and side in px, clockwise angle in radians."""

    x: float
    y: float
    side: float
    angle: float


def square_of_face(face: Face) -> Square:
    """Return the first landmark crop of a detected face: its box enlarged, eyes level."""
    (x0, y0, x1, y1), (first, second) = face.box, face.keypoints[:2]
    dx, dy = second - first
    side = max(x1 - x0, y1 - y0) * MARGIN
    return Square((x0 + x1) / 2, (y0 + y1) / 2, side, float(np.arctan2(dy, dx)))


def square_of_chip(shape: tuple[int, ...]) -> Square:
    """Return the first landmark crop of an image that shows one face, as UTKFace crops it."""
    height, width = shape[:2]
    x, y = CHIP_CENTRE
    return Square(width * x, height * y, max(height, width) * CHIP_SIDE, 0.0)


def square_of_landmarks(points: np.ndarray) -> Square:
    """Return the tracked crop: extent of the mesh along and across the line of the eyes."""
    dx, dy = (points[EYE_LARGER_X] - points[EYE_SMALLER_X])[:2]
    angle = float(np.arctan2(dy, dx))
    c, s = np.cos(angle), np.sin(angle)
    level = points[:, :2] @ np.array([[c, -s], [s, c]])
    low, high = level.min(0), level.max(0)
    x, y = np.array([[c, -s], [s, c]]) @ ((low + high) / 2)
    return Square(float(x), float(y), float((high - low).max()) * MARGIN, angle)


class Track(NamedTuple):
    """Landmarks after the last pass, their presence, and how far that pass moved them.

    ``moved`` is the mean shift in x and y as a share of the mesh's width.
    """

    points: np.ndarray
    presence: float
    moved: float

    @property
    def settled(self) -> bool:
        """Whether the last pass only confirmed the one before."""
        return self.moved <= SETTLED

    @property
    def certain(self) -> bool:
        """Whether there is nothing to ask the detector."""
        return self.settled and self.presence >= CERTAIN


def most_central(faces: list[Face], shape: tuple[int, ...]) -> Face:
    """Return the face nearest to the centre of a picture, larger ones preferred."""
    centre = np.array(shape[1::-1]) / 2

    def from_centre(face: Face) -> float:
        middle = (face.box[:2] + face.box[2:]) / 2
        return float(np.hypot(*(middle - centre)) - (face.box[2] - face.box[0]) / 2)

    return min(faces, key=from_centre)


def disagreement(points: np.ndarray, face: Face) -> float:
    """Return the largest distance between mesh and detector at eyes, nose tip and mouth.

    As a share of the mesh's width. Below 0.11 on upright faces; above 0.17 in 95% of
    upside-down ones, on which the mesh alone is often sure of an upright face that is not there.
    """
    mesh = np.stack([points[list(corners), :2].mean(0) for corners in DETECTOR_KEYPOINTS])
    apart = np.linalg.norm(mesh - face.keypoints[: len(mesh)], axis=1).max()
    return float(apart / max(np.ptp(points[:, 0]), 1e-6))
