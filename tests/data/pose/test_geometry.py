"""Angles and rotations: each turn by hand, all of them back and forth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.pose.canonical import canonical_face
from data.pose.geometry import angles, fit_rotation, rotation

TOP, NOSE = np.array([0, -1.0, 0]), np.array([0, 0, -1.0])


def test_signs_of_the_three_turns():
    """x to the right, y down, z into the scene: the nose of a frontal face points to -z."""
    half = np.sqrt(0.5)
    np.testing.assert_allclose(rotation(0, 0, 0), np.eye(3), atol=1e-12)
    np.testing.assert_allclose(rotation(45, 0, 0) @ NOSE, [half, 0, -half], atol=1e-12)
    np.testing.assert_allclose(rotation(0, 45, 0) @ NOSE, [0, -half, -half], atol=1e-12)
    np.testing.assert_allclose(rotation(0, 0, 45) @ TOP, [half, -half, 0], atol=1e-12)
    np.testing.assert_allclose(rotation(0, 0, 45) @ NOSE, NOSE, atol=1e-12)


def test_roll_is_last_and_pitch_first():
    first = rotation(0, 20, 0)
    second = rotation(30, 0, 0)
    third = rotation(0, 0, 10)
    np.testing.assert_allclose(rotation(30, 20, 10), third @ second @ first, atol=1e-12)


@given(st.floats(-89, 89), st.floats(-179, 179), st.floats(-179, 179))
def test_there_and_back(yaw, pitch, roll):
    assert np.allclose(angles(rotation(yaw, pitch, roll)), (yaw, pitch, roll), atol=1e-6)


def test_shapes_and_unknown_ones():
    turns = rotation(np.array([[10.0], [20]]), np.array([1.0, 2, 3]), 5.0)
    assert turns.shape == (2, 3, 3, 3)
    turns[1, 2, 0, 0] = np.nan
    yaw, pitch, roll = angles(turns)
    np.testing.assert_allclose(yaw, [[10, 10, 10], [20, 20, np.nan]])
    np.testing.assert_allclose(pitch, [[1, 2, 3], [1, 2, np.nan]])
    np.testing.assert_allclose(roll, [[5, 5, 5], [5, 5, np.nan]])
    assert all(np.isnan(a).all() for a in angles(np.full((2, 3, 3), np.nan)))


@pytest.mark.parametrize("scale", [0.5, 30.0])
def test_the_fit_finds_the_turn_whatever_place_and_size(scale):
    turns = rotation([0.0, 40, -70], [0.0, -25, 10], [0.0, 15, -60])
    meshes = scale * canonical_face().points @ np.swapaxes(turns, -1, -2) + [100, -50, 7]
    found = fit_rotation(meshes)
    np.testing.assert_allclose(found, turns, atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(found), 1)


def test_points_count_by_their_weights_and_others_not_at_all():
    face = canonical_face()
    turn = rotation(20.0, 5.0, -8.0)
    mesh = face.points @ turn.T
    outside = np.setdiff1d(np.arange(len(mesh)), face.basis)
    mesh[outside] += 99
    np.testing.assert_allclose(fit_rotation(mesh), turn, atol=1e-9)
    errors = []
    for place in (face.weights.argmin(), face.weights.argmax()):
        moved = mesh.copy()
        moved[face.basis[place], 0] += 1
        errors.append(np.abs(fit_rotation(moved) - turn).max())
    assert 0 < errors[0] < errors[1]


def test_a_flat_mesh_gets_a_proper_rotation():
    flat = canonical_face().points * (1, 1, 0)
    assert np.linalg.det(fit_rotation(flat)) == pytest.approx(1)
    mirrored = canonical_face().points * (1, 1, -1)
    assert np.linalg.det(fit_rotation(mirrored)) == pytest.approx(1)
