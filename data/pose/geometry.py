"""Rotation of a head from its face mesh: Procrustes fit and angles.

Camera frame: x right, y down, z into the scene. ``R = Rz(roll) Ry(-yaw) Rx(-pitch)``, so that
yaw > 0 turns the nose to larger x, pitch > 0 lifts it to smaller y, and roll > 0 turns the head
clockwise in the image.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.transform import Rotation

from .canonical import canonical_face


def rotation(yaw: ArrayLike, pitch: ArrayLike, roll: ArrayLike) -> np.ndarray:
    """Return rotation matrices (..., 3, 3), for column vectors, of angles in degrees."""
    turns = np.stack(np.broadcast_arrays(roll, np.negative(yaw), np.negative(pitch)), axis=-1)
    matrices = Rotation.from_euler("ZYX", turns.reshape(-1, 3), degrees=True).as_matrix()
    return matrices.reshape(*turns.shape, 3)


def angles(rotations: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return yaw, pitch and roll in degrees of rotation matrices, shape (..., 3, 3).

    Unique for yaw between -90 and 90. NaN where a matrix has NaN.
    """
    flat = rotations.reshape(-1, 3, 3)
    known = np.isfinite(flat).all(axis=(-2, -1))
    turns = np.full((len(flat), 3), np.nan)
    if known.any():
        turns[known] = Rotation.from_matrix(flat[known]).as_euler("ZYX", degrees=True)
    roll, yaw, pitch = np.moveaxis(turns.reshape(*rotations.shape[:-2], 3), -1, 0)
    return -yaw, -pitch, roll


def fit_rotation(landmarks: np.ndarray) -> np.ndarray:
    """Return proper rotations (..., 3, 3) that take the canonical face to meshes (..., 468, 3).

    Weighted orthogonal Procrustes (Kabsch) over the 33 points of MediaPipe's basis; x right, y
    down, z into the scene. SciPy's ``Rotation.align_vectors`` gives the same one mesh at a time;
    this takes all of a data set at once.
    """
    face = canonical_face()
    weight = (face.weights / face.weights.sum())[:, None]
    model = face.points[face.basis]
    found = np.asarray(landmarks, dtype=np.float64)[..., face.basis, :]
    model = model - (weight * model).sum(0)
    found = found - (weight * found).sum(-2, keepdims=True)
    u, _, vt = np.linalg.svd(np.swapaxes(found * weight, -1, -2) @ model)
    # A mirror image fits a symmetric face equally well: force a proper rotation.
    u[..., :, 2] *= np.sign(np.linalg.det(u @ vt))[..., None]
    return u @ vt
