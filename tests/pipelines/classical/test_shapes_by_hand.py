"""Shapes without pose, their halves, and what stands in for a face that was not found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pipelines.classical.mesh_warp import neutral_shapes, shape_halves, stand_in

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("inside_out", [False, True])
@pytest.mark.parametrize("size", [1.0, 1e-4, 200.0])
def test_a_shape_is_what_the_best_similarity_leaves(inside_out, size):
    """Against SciPy's Kabsch rotation and the scale of least squares; never a reflection."""
    target = RNG.normal(size=(7, 3)) * (1, 2, 3) + (5, 0, -2)
    turn = Rotation.from_euler("xyz", [40, -130, 20], degrees=True).as_matrix()
    noisy = target + 0.3 * RNG.normal(size=target.shape)
    faces = np.stack([noisy, noisy[::-1]]) * ((1, 1, -1) if inside_out else 1)
    faces = size * faces @ turn.T + (80, -30, 4)
    found = neutral_shapes(faces, target)
    centred = target - target.mean(0)
    for face, shape in zip(faces, found, strict=True):
        own = face - face.mean(0)
        best = Rotation.align_vectors(centred, own)[0].apply(own)
        scale = (best * centred).sum() / np.square(best).sum()
        np.testing.assert_allclose(shape, scale * best - centred, atol=1e-9)


def test_even_and_odd_parts_of_a_shape():
    """Of three points. In the mirror left and right change places, and x its sign."""
    canonical = np.array([(-1, 0, 0), (1, 0, 0), (0, 2, 0.0)])
    shapes = np.array([[(1, 2, 3), (4, 6, 8), (5, 7, 9.0)]])
    even, odd = shape_halves(canonical, shapes)
    np.testing.assert_array_equal(even, [[-1.5, 4, 5.5, 1.5, 4, 5.5, 0, 7, 9]])
    np.testing.assert_array_equal(odd, [[2.5, -2, -2.5, 2.5, 2, 2.5, 5, 0, 0]])
    np.testing.assert_array_equal(even + odd, shapes.reshape(1, 9))
    turned = shapes[:, [1, 0, 2]] * (-1, 1, 1)
    again = shape_halves(canonical, turned)
    np.testing.assert_array_equal(again[0], even)
    np.testing.assert_array_equal(again[1], -odd)


def test_the_neutral_face_stands_over_the_middle_of_the_picture():
    """90 % of the shorter side is as far as it reaches, in whichever direction."""
    canonical = RNG.normal(size=(9, 3)) * (3, 1, 2) + (1, 4, 6)
    for shape in ((80, 120), (120, 80)):
        found = stand_in(np.zeros((2, 9, 3)), np.array([0.49, 0.0]), shape, canonical)
        np.testing.assert_allclose(found.mean(0), (shape[1] / 2, shape[0] / 2, 0), atol=1e-9)
        own = canonical - canonical.mean(0)
        assert np.abs(found - found.mean(0))[:, :2].max() == pytest.approx(0.45 * 80)
        factor = 36 / np.abs(own[:, :2]).max()
        np.testing.assert_allclose(found - found.mean(0), factor * own, atol=1e-9)


def test_the_median_of_found_faces_stands_in():
    """A presence of one half is enough; each coordinate has its own median."""
    points = RNG.normal(size=(4, 5, 3))
    found = stand_in(points, np.array([0.5, 0.49, 0.9, 1.0]), (50, 50), points[0])
    expected = np.sort(points[[0, 2, 3]], axis=0)[1]
    np.testing.assert_array_equal(found, expected)
