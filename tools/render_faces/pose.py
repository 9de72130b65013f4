"""Head pose and framing, in the conventions of the study.

Camera frame: x right, y down, z into the scene; yaw > 0 turns the nose to larger x, pitch > 0
lifts it, roll > 0 turns the head clockwise in the image. The mesh has y up and z towards the
camera, so both differ by a half turn about x.
"""

from __future__ import annotations

import math

import numpy as np

from .mesh import EYE_LEFT, EYE_RIGHT, NECK_JOINT, BaseMesh
from .shape import eye_distance

# Lips of the base mesh around (0, 6.6): their mean is the middle of the mouth.
MOUTH_HEIGHT, MOUTH_REACH = 6.6, 0.12
# Where UTKFace's aligned crop has the eyes, as shares of its side; ours is a little wider.
EYES_APART, EYES_TO_MOUTH, LOOSER = 0.395, 0.41, 1.13


def rotation(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Rotation in the mesh frame for a pose in degrees in the camera frame."""
    y, p, r = math.radians(-yaw), math.radians(-pitch), math.radians(roll)
    about_y = [[math.cos(y), 0, math.sin(y)], [0, 1, 0], [-math.sin(y), 0, math.cos(y)]]
    about_x = [[1, 0, 0], [0, math.cos(p), -math.sin(p)], [0, math.sin(p), math.cos(p)]]
    about_z = [[math.cos(r), -math.sin(r), 0], [math.sin(r), math.cos(r), 0], [0, 0, 1]]
    half_turn = np.diag([1.0, -1.0, -1.0])
    return half_turn @ np.array(about_z) @ about_y @ about_x @ half_turn


def mouth_vertices(mesh: BaseMesh) -> np.ndarray:
    """Return the indices of the lip vertices at the middle of the mouth."""
    v = mesh.vertices[:13380]
    near = (np.abs(v[:, 0]) < MOUTH_REACH) & (np.abs(v[:, 1] - MOUTH_HEIGHT) < 0.08)
    return np.flatnonzero(near & (v[:, 2] > 1.2))


def turn(mesh: BaseMesh, vertices: np.ndarray, head: np.ndarray, body: np.ndarray) -> np.ndarray:
    """Turn the head about the neck; the shoulders follow with ``body``."""
    pivot = vertices[NECK_JOINT].mean(0)
    share = mesh.head_weight[:, None]
    centred = vertices - pivot
    return (centred @ head.T) * share + (centred @ body.T) * (1 - share) + pivot


def frame(posed: np.ndarray, mouth: np.ndarray) -> tuple[np.ndarray, float]:
    """Centre and side of a crop like UTKFace's, in mesh units."""
    eyes = (posed[EYE_LEFT].mean(0) + posed[EYE_RIGHT].mean(0)) / 2
    lips = posed[mouth].mean(0)
    apart, down = eye_distance(posed), float(np.linalg.norm(eyes - lips))
    side = (apart / EYES_APART + down / EYES_TO_MOUTH) / 2 * LOOSER
    return (eyes + lips) / 2, side
