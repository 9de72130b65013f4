"""Faces warped to one pose, the mesh's shape, and their mirror pairs."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data.pose.canonical import canonical_face
from data.pose.geometry import rotation
from pipelines.classical.mesh_pairs import MeshPairs
from pipelines.classical.mesh_warp import (
    MeshWarp,
    mirror_pairs_of,
    neutral_shapes,
    stand_in,
)

CANONICAL = canonical_face().points


class PlacedMesh:
    """A mesh that finds the same face, turned by some degrees, in the middle of every picture."""

    canonical = CANONICAL

    def __init__(self, yaw: float = 0.0, presence: float = 1.0) -> None:
        self.yaw = yaw
        self.presence = presence
        self.asked = 0

    def __call__(self, images, n_jobs=None):
        self.asked += 1
        side = images.shape[2]
        points = placed(self.yaw, side)
        return np.tile(points, (len(images), 1, 1)), np.full(len(images), self.presence)


def placed(yaw: float = 0.0, side: int = 96) -> np.ndarray:
    """Return the neutral face in the middle of a picture."""
    turned = CANONICAL @ rotation(yaw, 0.0, 0.0).T
    return turned * (0.045 * side) + ((side - 1) / 2, (side - 1) / 2, 0)


def pictures(n: int = 24, side: int = 96, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    grain = rng.normal(size=(n, side, side, 3))
    soft = np.stack([cv2.GaussianBlur(g, (0, 0), 2) for g in grain])
    return np.clip(128 + 300 * soft, 0, 255).astype(np.uint8)


def test_a_plane_stays_a_plane_under_a_similarity():
    """Grey values linear in x and y are sampled exactly, whichever triangle a pixel lies in."""
    warp = MeshWarp(CANONICAL, 64)
    columns, rows = np.meshgrid(np.arange(200.0), np.arange(200.0))
    picture = np.rint(0.5 * columns + 0.4 * rows).astype(np.uint8)
    points = placed(0.0, 200)
    found = warp(picture, points).astype(float)
    factor = 0.045 * 200 / warp.scale
    offset = points[:, :2] - warp.places * factor
    np.testing.assert_allclose(offset, np.broadcast_to(offset[0], offset.shape), atol=1e-9)
    x, y = np.meshgrid(np.arange(64.0), np.arange(64.0))
    expected = 0.5 * (x * factor + offset[0, 0]) + 0.4 * (y * factor + offset[0, 1])
    inner = cv2.erode(warp.hull.astype(np.uint8), np.ones((3, 3))) > 0
    assert inner.sum() > 1500
    assert np.abs(found - expected)[inner].max() <= 1.01
    assert (found[~warp.hull] == 0).all()


def test_the_neutral_face_fills_the_warped_picture():
    places = MeshWarp(CANONICAL, 64).places
    np.testing.assert_allclose(places.min(0) + places.max(0), 63)
    assert np.abs(places - 31.5).max() == pytest.approx(0.48 * 64)


def test_the_turned_away_half_comes_from_the_other_one():
    warp = MeshWarp(CANONICAL, 64)
    frontal, turned = (warp._own_share(placed(yaw)) for yaw in (0.0, 55.0))
    assert frontal[warp.hull].min() > 0.9
    half = warp.hull & (np.arange(64) > 44)  # the nose points to larger x: that side is hidden
    other = warp.hull & (np.arange(64) < 20)
    assert turned[half].mean() < 0.4
    assert turned[other].min() > 0.95
    bright = np.full((96, 96), 40, dtype=np.uint8)
    bright[:, :48] = 200  # only the half that is seen is bright
    filled = warp(bright, placed(55.0))
    assert filled[half].mean() > 120


def test_the_warp_of_the_mirror_image_is_the_mirror_image_of_the_warp():
    warp = MeshWarp(CANONICAL, 64)
    picture, points = pictures(1)[0], placed(30.0)
    partner = mirror_pairs_of(CANONICAL)
    mirrored = points[partner].copy()
    mirrored[:, 0] = 95 - mirrored[:, 0]
    first = warp(picture, points)
    second = warp(np.ascontiguousarray(picture[:, ::-1]), mirrored)[:, ::-1]
    difference = np.abs(first.astype(int) - second)
    assert np.quantile(difference, 0.99) <= 8  # Delaunay cuts some quadrilaterals the other way
    assert difference.mean() < 0.6


def test_shapes_forget_pose_place_and_size():
    moved = np.stack(
        [
            1.7 * CANONICAL @ Rotation.from_euler("xyz", angles, degrees=True).as_matrix().T + 30
            for angles in ([0, 0, 0], [20, -35, 10])
        ]
    )
    np.testing.assert_allclose(neutral_shapes(moved, CANONICAL), 0, atol=1e-9)
    wide = CANONICAL * (1.1, 1, 1)
    shape = neutral_shapes(wide[None] @ rotation(25, 10, 5).T, CANONICAL)[0]
    cheek = CANONICAL[:, 0].argmax()
    assert shape[cheek, 0] > 0.3  # cm wider
    partner = mirror_pairs_of(CANONICAL)
    np.testing.assert_allclose(shape[partner] * (-1, 1, 1), shape, atol=1e-3)
    point = neutral_shapes(np.zeros((1, *CANONICAL.shape)), CANONICAL)[0]
    np.testing.assert_allclose(point, CANONICAL.mean(0) - CANONICAL)


def test_mirror_partners():
    partner = mirror_pairs_of(CANONICAL)
    assert (partner[33], partner[263], partner[1]) == (263, 33, 1)
    with pytest.raises(ValueError, match="not symmetric"):
        mirror_pairs_of(np.random.default_rng(0).normal(size=(20, 3)))


@pytest.fixture(scope="module")
def fitted():
    X = pictures()
    mesh = PlacedMesh()
    pairs = MeshPairs(mesh, size=64, n_even=8, n_odd=6, n_shape=4, random_state=0)
    return pairs, pairs.fit_transform(X), X, mesh


def test_even_columns_are_shared_with_the_mirror_image_and_odd_ones_change_sign(fitted):
    pairs, found, X, _ = fitted
    turned = pairs.transform(np.ascontiguousarray(X[:, :, ::-1]))
    odd = pairs.n_odd_columns
    assert found.shape == (24, 2 * 8 + 4 + odd)
    assert odd == 2 * 6 + 2
    scale = found.std()
    np.testing.assert_allclose(turned[:, :-odd], found[:, :-odd], atol=0.1 * scale)
    chip_odd = slice(20, 26)
    np.testing.assert_allclose(turned[:, chip_odd], -found[:, chip_odd], atol=1e-3 * scale)
    assert np.abs(turned[:, 26:32] + found[:, 26:32]).max() < 0.2 * scale


def test_the_mesh_is_asked_once_a_call_and_fit_transform_is_transform(fitted):
    pairs, found, X, mesh = fitted
    before = mesh.asked
    np.testing.assert_allclose(pairs.transform(X), found, rtol=1e-5, atol=1e-5)
    assert mesh.asked == before + 1


def test_pictures_to_look_at(fitted):
    pairs, _, X, _ = fitted
    chips, warped = pairs.pictures(X[:3])
    assert chips.shape == warped.shape == (3, 64, 64, 3)
    assert (warped[:, 0, 0] == 0).all()


def test_pixels_of_other_types(fitted):
    pairs, _, X, _ = fitted
    np.testing.assert_array_equal(pairs.transform(np.clip(X + 0.25, 0, 255)), pairs.transform(X))
    with pytest.raises(ValueError, match="0 to 255"):
        pairs.transform(X + 10.0)


def test_where_no_face_is_found_the_median_stands_in():
    X = pictures(20)
    lost = MeshPairs(PlacedMesh(30.0, presence=0.1), size=64, n_even=4, n_odd=3, n_shape=0)
    assert np.isfinite(lost.fit_transform(X)).all()
    centre, reach = lost.stand_in_[:, :2].mean(0), lost.stand_in_[:, :2] - 0.5
    np.testing.assert_allclose(centre, 0.5)
    assert np.abs(reach).max() == pytest.approx(0.45)
    points, presence = PlacedMesh(10.0)(X)
    presence[5:] = 0
    points[5:] += 50
    np.testing.assert_allclose(stand_in(points, presence, (96, 96), CANONICAL), placed(10.0))


def test_without_a_mesh_it_says_what_to_give():
    with pytest.raises(ValueError, match=r"data\.FaceLandmarks"):
        MeshPairs().fit(pictures(4))
