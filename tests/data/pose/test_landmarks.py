"""Landmarks remembered by content."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.data import astronaut

from data.pose.landmarks import FaceLandmarks
from data.pose.mesh import FaceMesh


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    """One face at four brightnesses, and a picture without one."""
    chip = astronaut()[40:220, 135:315]
    dark = [np.rint(chip * share).astype(np.uint8) for share in (1.0, 0.9, 0.8, 0.7)]
    return np.stack([*dark, np.full_like(chip, 128)])


def test_they_are_those_of_the_mesh(faces, tmp_path):
    points, presence = FaceLandmarks(tmp_path)(faces)
    expected, certain = FaceMesh().landmarks_batch(faces)
    np.testing.assert_array_equal(points, expected)
    np.testing.assert_allclose(presence, certain, rtol=1e-6)
    assert (presence[:4] > 0.9).all()
    assert presence[4] < 0.5


def test_the_second_call_asks_only_for_what_is_new(faces, tmp_path, monkeypatch):
    first, _ = FaceLandmarks(tmp_path)(faces[:3])
    asked = []
    real = FaceMesh.landmarks_batch
    monkeypatch.setattr(
        FaceMesh,
        "landmarks_batch",
        lambda self, images, **k: asked.append(len(images)) or real(self, images, **k),
    )
    order = [2, 0, 3, 1, 0]
    points, _ = FaceLandmarks(tmp_path)(faces[order])
    assert asked == [1]
    np.testing.assert_array_equal(points[[1, 3, 0]], first)
    np.testing.assert_array_equal(points[1], points[4])
    FaceLandmarks(tmp_path)(faces[:4])
    assert asked == [1]


def test_nothing_is_written_when_it_shall_not(faces, tmp_path):
    FaceLandmarks(tmp_path, remember=False)(faces[:1])
    assert not list(tmp_path.rglob("*.npy"))


def test_a_half_written_file_is_not_read(faces, tmp_path):
    first, _ = FaceLandmarks(tmp_path)(faces[:2])
    (keys,) = tmp_path.rglob("*.keys.npy")
    keys.rename(keys.with_suffix(".tmp"))  # killed before the keys were there
    again, _ = FaceLandmarks(tmp_path)(faces[:2])
    np.testing.assert_array_equal(again, first)
