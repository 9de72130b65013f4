"""MediaPipe's canonical face: the model that a mesh is compared with to get the pose."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from .models import model_path


class CanonicalFace(NamedTuple):
    """MediaPipe's metric face in our camera frame: x right, y down, z into the scene.

    ``points`` (468, 3) are centimetres of the neutral, frontal face; ``basis`` (33,) the landmarks
    that move little with expression, ``weights`` theirs in the Procrustes fit.
    """

    points: np.ndarray
    basis: np.ndarray
    weights: np.ndarray


@cache
def canonical_face() -> CanonicalFace:
    """Return the canonical mesh and the Procrustes basis.

    ``canonical_face.csv`` holds the vertices and weights of MediaPipe's geometry metadata in its
    own frame, every number as the shortest text that reads back to the same float32.
    """
    path = model_path("canonical_face.csv")
    table = np.genfromtxt(path, delimiter=",", skip_header=1, dtype=np.float32)
    weights = table[:, 4].astype(np.float64)
    basis = np.flatnonzero(np.isfinite(weights))
    return CanonicalFace(
        points=table[:, 1:4] * np.array((1, -1, -1.0)),  # the file's y points up, its z to us
        basis=basis,
        weights=weights[basis],
    )
