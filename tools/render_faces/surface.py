"""The head unrolled: for every texel of the head texture, where it lies on the base head.

Wrinkles, stubble and hairlines are then plain functions of a position in space, the same for both
sides of the face and free of seams.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .mesh import BaseMesh

# The part of the UV square that holds the head, and the texture drawn for it.
LEFT, TOP, RIGHT, BOTTOM = 0.62, 0.15, 1.0, 1.0
HEIGHT, WIDTH = 930, 416


@dataclass(frozen=True)
class Surface:
    """Texel positions on the base head; ``inside`` marks texels that belong to it."""

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    inside: np.ndarray


def head_uv(uv: np.ndarray) -> np.ndarray:
    """Move the UVs of the body into the head texture (Blender's origin: lower left)."""
    u = (uv[:, 0] - LEFT) / (RIGHT - LEFT)
    v = (uv[:, 1] - (1 - BOTTOM)) / (BOTTOM - TOP)
    return np.stack([u, v], 1)


def crop(texture: np.ndarray) -> np.ndarray:
    """Cut the head out of a full body texture."""
    rows, columns = texture.shape[:2]
    return texture[int(TOP * rows) : int(BOTTOM * rows), int(LEFT * columns) : int(RIGHT * columns)]


def unroll(mesh: BaseMesh) -> Surface:
    """Rasterise the base mesh's positions into the head texture."""
    pixels = head_uv(mesh.uv) * [WIDTH, -HEIGHT] + [0, HEIGHT]
    positions = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    inside = np.zeros((HEIGHT, WIDTH), bool)
    limits = np.array([WIDTH, HEIGHT])
    for face, corners in zip(mesh.faces, mesh.face_uvs, strict=True):
        outline = pixels[corners]
        if outline.min() < 0 or (outline > limits).any():
            continue
        for triangle in ((0, 1, 2), (0, 2, 3)):
            t = list(triangle)
            _fill(positions, inside, outline[t], mesh.vertices[face[t]])
    return Surface(positions[..., 0], positions[..., 1], positions[..., 2], inside)


def _fill(
    positions: np.ndarray, inside: np.ndarray, corners: np.ndarray, values: np.ndarray
) -> None:
    """Interpolate ``values`` over the texels of one triangle, edges included."""
    low = np.maximum(np.floor(corners.min(0)).astype(int) - 1, 0)
    high = np.ceil(corners.max(0)).astype(int) + 2
    a, b, c = corners
    area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    if abs(area) < 1e-9:
        return
    window = np.s_[low[1] : high[1], low[0] : high[0]]
    shape = inside[window].shape
    column = np.arange(shape[1])[None] + low[0] + 0.5
    row = np.arange(shape[0])[:, None] + low[1] + 0.5
    wb = ((column - a[0]) * (c[1] - a[1]) - (row - a[1]) * (c[0] - a[0])) / area
    wc = ((b[0] - a[0]) * (row - a[1]) - (b[1] - a[1]) * (column - a[0])) / area
    wa = 1 - wb - wc
    # A small margin closes the hairline gaps between neighbouring triangles.
    hit = (wa > -0.05) & (wb > -0.05) & (wc > -0.05)
    value = wa[..., None] * values[0] + wb[..., None] * values[1] + wc[..., None] * values[2]
    positions[window][hit] = value[hit]
    inside[window][hit] = True


def step(value: np.ndarray, low: float, high: float) -> np.ndarray:
    """Smooth step from 0 at ``low`` to 1 at ``high`` (which may be the smaller)."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def noise(
    rng: np.random.Generator, cells: tuple[int, int], shape: tuple[int, int] = (HEIGHT, WIDTH)
) -> np.ndarray:
    """Smooth noise of unit deviation with about ``cells`` lumps along each axis."""
    coarse = rng.normal(0, 1, cells).astype(np.float32)
    return cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
