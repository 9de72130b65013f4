"""Faces warped to one pose: the picture under a face mesh, drawn onto the neutral frontal face."""

from __future__ import annotations

from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.spatial import Delaunay

#: Of the drawn face around its hull, as a share of the side.
_MARGIN = 0.02
#: Cosine between a triangle and the viewer from which it is fully seen; at 0 it is hidden.
_SEEN = 0.5


class Mesh(Protocol):
    """Where landmarks come from; :class:`data.FaceLandmarks` is one."""

    canonical: NDArray
    """The neutral frontal face, ``(k, 3)``, symmetric about x = 0."""

    def __call__(self, images: NDArray, n_jobs: int | None = None) -> tuple[NDArray, NDArray]:
        """Return points ``(n, k, 3)`` in px of the images, and presence ``(n,)``."""


class MeshWarp:
    """Piecewise affine warp of pictures to the neutral frontal face, ``size`` px a side.

    Which triangle a pixel of the result lies in, and where in it, is the same for every face: one
    matrix of three weights a pixel turns landmarks into the map that OpenCV samples by.
    """

    def __init__(self, canonical: NDArray, size: int = 128) -> None:
        flat = np.asarray(canonical, dtype=np.float64)
        self.size = size
        self.canonical = flat
        middle = (flat[:, :2].min(0) + flat[:, :2].max(0)) / 2
        middle[0] = 0.0
        reach = np.abs(flat[:, :2] - middle).max()
        self.scale = (0.5 - _MARGIN) * size / reach
        self.places = (flat[:, :2] - middle) * self.scale + (size - 1) / 2
        mesh = Delaunay(self.places)
        self.triangles = mesh.simplices
        grid = np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1).reshape(-1, 2)
        inside = mesh.find_simplex(grid)
        self.hull = (inside >= 0).reshape(size, size)
        self.pixels = np.flatnonzero(inside >= 0)
        self.of_pixel = inside[self.pixels]
        into = mesh.transform[self.of_pixel]
        two = np.einsum("nij,nj->ni", into[:, :2], grid[self.pixels] - into[:, 2])
        self.weights = np.column_stack([two, 1 - two.sum(1)]).astype(np.float32)
        self.corners = self.triangles[self.of_pixel]

    def __call__(self, image: NDArray[np.uint8], points: NDArray) -> NDArray[np.uint8]:
        """Return one face warped, uint8 ``(size, size[, 3])``, black outside the mesh.

        What is turned away from the viewer is taken from the other half of the face.
        """
        where = np.einsum("nk,nkd->nd", self.weights, points[self.corners, :2])
        sampled = np.zeros((2, self.size**2), dtype=np.float32)
        sampled[:, self.pixels] = where.T
        columns, rows = sampled.reshape(2, self.size, self.size)
        warped = cv2.remap(image, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        own = self._own_share(points)
        other = cv2.flip(warped, 1).reshape(warped.shape)
        own = own if warped.ndim == 2 else own[..., None]
        mixed = own * warped + (1 - own) * other
        mixed[~self.hull] = 0
        return np.rint(mixed).astype(np.uint8)

    def _own_share(self, points: NDArray) -> NDArray[np.float32]:
        """Return how much of every pixel comes from its own half, ``(size, size)``."""
        seen = np.clip(self._facing(points) / _SEEN, 0, 1)
        picture = np.ones(self.size**2, dtype=np.float32)
        picture[self.pixels] = seen[self.of_pixel]
        picture = gaussian_filter(picture.reshape(self.size, self.size), self.size / 40)
        return np.clip(1 - 2 * (picture[:, ::-1] - picture), 0, 1).astype(np.float32)

    def _facing(self, points: NDArray) -> NDArray:
        """Return the cosine between every triangle's normal and the direction to the viewer."""
        a, b, c = (points[self.triangles[:, k]].astype(np.float64) for k in range(3))
        normal = np.cross(b - a, c - a)
        u, v, w = (self.places[self.triangles[:, k]] for k in range(3))
        frontal = (v - u)[:, 0] * (w - u)[:, 1] - (v - u)[:, 1] * (w - u)[:, 0]
        length = np.linalg.norm(normal, axis=1)
        return np.sign(frontal) * normal[:, 2] / np.maximum(length, 1e-12)


def warp_all(warp: MeshWarp, images: NDArray, points: NDArray) -> NDArray[np.uint8]:
    """Return every picture warped, uint8 ``(n, size, size[, 3])``."""
    out = np.empty((len(images), warp.size, warp.size, *images.shape[3:]), dtype=np.uint8)
    for row, (image, found) in enumerate(zip(images, points, strict=True)):
        out[row] = warp(np.ascontiguousarray(image), found)
    return out


def mirror_pairs_of(canonical: NDArray) -> NDArray[np.int64]:
    """Return for every point the one that lies where its mirror image would."""
    points = np.asarray(canonical, dtype=np.float64)
    distance = np.linalg.norm(points[:, None] * (-1, 1, 1) - points[None], axis=2)
    partner = distance.argmin(1)
    if not (partner[partner] == np.arange(len(points))).all():
        raise ValueError("the canonical face is not symmetric about x = 0")
    return partner


def neutral_shapes(points: NDArray, canonical: NDArray) -> NDArray[np.float64]:
    """Return the faces turned to the front and scaled, minus the neutral one: ``(n, points, 3)``.

    Each is the least-squares similarity onto the canonical face (Umeyama, 1991), in its unit.
    """
    target = np.asarray(canonical, dtype=np.float64)
    centred = target - target.mean(0)
    out = np.empty((len(points), *target.shape))
    for row, found in enumerate(np.asarray(points, dtype=np.float64)):
        own = found - found.mean(0)
        u, s, vt = np.linalg.svd(own.T @ centred)
        sign = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
        turned = own @ (u * sign) @ vt
        out[row] = turned * ((s * sign).sum() / max((own**2).sum(), 1e-12)) - centred
    return out


def stand_in(points: NDArray, presence: NDArray, shape: tuple[int, int], canonical: NDArray) -> Any:
    """Return the landmarks that stand in where no face was found.

    The median of those that were found, and without any the neutral face over the whole picture.
    """
    found = presence >= 0.5
    if found.any():
        return np.median(points[found], axis=0)
    flat = np.asarray(canonical, dtype=np.float64)
    side = min(shape)
    reach = np.abs(flat[:, :2] - flat[:, :2].mean(0)).max()
    placed = (flat - flat.mean(0)) * (0.45 * side / reach)
    return placed + np.array([shape[1] / 2, shape[0] / 2, 0])


def shape_halves(canonical: NDArray, shapes: NDArray) -> tuple[NDArray, NDArray]:
    """Return even and odd parts of shapes ``(n, k, 3)`` under mirroring, each ``(n, 3 k)``."""
    turned = shapes[:, mirror_pairs_of(canonical)] * np.array([-1, 1, 1])
    even, odd = (shapes + turned) / 2, (shapes - turned) / 2
    return even.reshape(len(shapes), -1), odd.reshape(len(shapes), -1)
