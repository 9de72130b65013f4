"""Rotation of a head from its face mesh: Procrustes fit and angles.

Camera frame: x right, y down, z into the scene. ``R = Rz(roll) Ry(-yaw) Rx(-pitch)``, so that
yaw > 0 turns the nose to larger x, pitch > 0 lifts it to smaller y, and roll > 0 turns the head
clockwise in the image.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .canonical import canonical_face


def rotation(yaw: ArrayLike, pitch: ArrayLike, roll: ArrayLike) -> np.ndarray:
    """Return rotation matrices of angles in degrees.

    Parameters
    ----------
    yaw, pitch, roll : array-like, shapes that broadcast to S
        Degrees.

    Returns
    -------
    ndarray of float64, shape S + (3, 3)
        Applied to column vectors ``(x, y, z)``.
    """
    y, p, r = np.broadcast_arrays(
        np.radians(yaw) * -1.0, np.radians(pitch) * -1.0, np.radians(roll)
    )
    cy, sy, cp, sp, cr, sr = np.cos(y), np.sin(y), np.cos(p), np.sin(p), np.cos(r), np.sin(r)
    rows = [
        [cr * cy, cr * sy * sp - sr * cp, cr * sy * cp + sr * sp],
        [sr * cy, sr * sy * sp + cr * cp, sr * sy * cp - cr * sp],
        [-sy, cy * sp, cy * cp],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def angles(rotations: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return yaw, pitch and roll in degrees of rotation matrices, shape (..., 3, 3).

    Exact for yaw between -90 and 90; there pitch and roll describe the same motion.
    """
    yaw = -np.degrees(np.arcsin(np.clip(-rotations[..., 2, 0], -1, 1)))
    pitch = -np.degrees(np.arctan2(rotations[..., 2, 1], rotations[..., 2, 2]))
    roll = np.degrees(np.arctan2(rotations[..., 1, 0], rotations[..., 0, 0]))
    return yaw, pitch, roll


def fit_rotation(landmarks: np.ndarray) -> np.ndarray:
    """Fit the canonical face to meshes by weighted orthogonal Procrustes (Kabsch).

    Parameters
    ----------
    landmarks : ndarray, shape (..., 468, 3)
        x right, y down, z into the scene, all in px.

    Returns
    -------
    ndarray of float64, shape (..., 3, 3)
        Proper rotations (determinant 1) minimising the weighted squared distance over the 33
        points of MediaPipe's Procrustes basis.
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
