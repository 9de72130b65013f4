"""MediaPipe's canonical face: the model that a mesh is compared with to get the pose."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np

from .models import model_path


class CanonicalFace(NamedTuple):
    """MediaPipe's metric face in our camera frame: x right, y down, z into the scene.

    Attributes
    ----------
    points : ndarray of float64, shape (468, 3)
        Vertex positions in centimetres of the neutral, frontal face.
    basis : ndarray of int64, shape (33,)
        Landmarks that move little with expression, used for the pose.
    weights : ndarray of float64, shape (33,)
        Their weights in the Procrustes fit.
    """

    points: np.ndarray
    basis: np.ndarray
    weights: np.ndarray


def _varint(data: bytes, i: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[i]
        i += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, i


def _messages(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield (field number, value) of a protocol buffer; fixed-width and nested values as bytes."""
    i = 0
    while i < len(data):
        key, i = _varint(data, i)
        wire = key & 7
        if wire == 0:
            value, i = _varint(data, i)
            yield key >> 3, value
            continue
        if wire == 2:
            length, i = _varint(data, i)
        else:
            length = {1: 8, 5: 4}[wire]
        yield key >> 3, data[i : i + length]
        i += length


@cache
def canonical_face() -> CanonicalFace:
    """Read the canonical mesh and the Procrustes basis from MediaPipe's geometry metadata.

    The file is a ``GeometryPipelineMetadata`` message: field 1 a ``Mesh3d`` (its field 3 the
    vertex buffer, five floats a vertex: x, y, z, u, v), field 2 the repeated
    ``{landmark_id, weight}``.
    """
    data = model_path("geometry_pipeline_metadata_landmarks.binarypb").read_bytes()
    floats: list[bytes] = []
    basis: dict[int, float] = {}
    for field, message in _messages(data):
        if not isinstance(message, bytes):
            continue
        if field == 1:
            floats = [v for f, v in _messages(message) if f == 3 and isinstance(v, bytes)]
        else:
            entry = dict(_messages(message))
            identifier, weight = entry.get(1, 0), entry[2]
            assert isinstance(identifier, int) and isinstance(weight, bytes)
            basis[identifier] = struct.unpack("<f", weight)[0]
    vertices = np.frombuffer(b"".join(floats), "<f4").reshape(-1, 5)[:, :3].astype(np.float64)
    return CanonicalFace(
        points=vertices * (1, -1, -1),  # the file's y points up and its z to the viewer
        basis=np.array(list(basis)),
        weights=np.array(list(basis.values())),
    )
