"""The warp to the neutral face, on meshes of few points whose geometry is worked out by hand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from matplotlib.path import Path
from scipy.interpolate import LinearNDInterpolator
from scipy.ndimage import map_coordinates
from scipy.spatial import ConvexHull
from scipy.special import ndtr

from data.pose.canonical import canonical_face
from data.pose.geometry import rotation
from pipelines.classical.mesh_warp import MeshWarp, mirror_pairs_of, warp_all

FIVE = np.array([(-2, -3, 0), (2, -3, 0), (0, 0.5, -1), (-1.5, 3.4, 0), (1.5, 3.4, 0.0)])
"""Eyes, the tip of the nose and corners of the mouth: y from -3 to 3.4, so its middle is 0.2."""

BOOK = np.array([(x, y, 0.0) for x in (-2.0, 0, 2) for y in (-2.0, 2)])
"""An open book with its spine at x = 0: a left and a right page, two triangles each."""


def flat(points: np.ndarray) -> np.ndarray:
    return points * (1, 1, 0)


def opened(left: float, right: float, px: float = 1.0) -> np.ndarray:
    """The book with pages whose normals have these cosines to the viewer; a page of -1 < 0 < 1."""
    points = BOOK.copy()
    for side, cosine in ((-1, left), (1, right)):
        page = BOOK[:, 0] * side > 0
        points[page, 0] = side * 2 * cosine
        points[page, 2] = 2 * np.sqrt(1 - cosine**2)
    return points * px


def grain(side: int = 90) -> np.ndarray:
    noise = np.random.default_rng(0).normal(size=(side, side + 20, 3))
    soft = cv2.GaussianBlur(noise, (0, 0), 3)
    return np.clip(128 + 400 * soft, 0, 255).astype(np.uint8)


def test_where_the_neutral_face_is_drawn():
    drawn = MeshWarp(FIVE, 65)
    scale = 0.48 * 65 / 3.2  # the mouth and the eyes are 3.2 from the middle: 48% of the side
    expected = (FIVE[:, :2] - (0, 0.2)) * scale + 32
    assert drawn.scale == pytest.approx(scale)
    np.testing.assert_allclose(drawn.places, expected)
    wide = MeshWarp(FIVE * (5, 1, 1), 65)  # now the eyes are, 10 to the side
    np.testing.assert_allclose(wide.places[1], (32 + 31.2, 32 - 3.2 * 3.12))
    assert MeshWarp(FIVE).size == 128


def test_the_hull_is_the_convex_hull_of_the_places():
    for points in (FIVE, BOOK, canonical_face().points):
        drawn = MeshWarp(points, 48)
        corners = drawn.places[ConvexHull(drawn.places).vertices]
        y, x = np.mgrid[:48, :48]
        pixels = np.column_stack([x.ravel(), y.ravel()])
        inner, outer = (Path(corners).contains_points(pixels, radius=r) for r in (1e-3, -1e-3))
        inner, outer = inner & outer, inner | outer
        assert drawn.hull.ravel()[inner].all()
        assert not drawn.hull.ravel()[~outer].any()
        assert inner.sum() > 1000


@pytest.mark.parametrize("channels", [1, 3])
def test_the_warp_is_the_linear_interpolation_of_the_landmarks(channels):
    """Every triangle has a map of its own once the nose and one eye have moved."""
    drawn = MeshWarp(FIVE, 65)
    image = grain() if channels == 3 else np.ascontiguousarray(grain()[..., 0])
    points = flat(FIVE) * (9, 8, 0) + (50, 41, 0)
    points[2] += (5, -4, 0)
    points[0] += (-6, 3, 0)
    y, x = np.mgrid[:65, :65]
    place = LinearNDInterpolator(drawn.places, points[:, :2])(x, y)
    planes = image[..., None] if channels == 1 else image
    sampled = [
        map_coordinates(plane.astype(float), (place[..., 1], place[..., 0]), order=1)
        for plane in np.moveaxis(planes, 2, 0)
    ]
    expected = np.stack(sampled, -1).reshape(65, 65, *image.shape[2:])
    found = drawn(image, points)
    assert found.shape == (65, 65, *image.shape[2:])
    inner = cv2.erode(drawn.hull.astype(np.uint8), np.ones((3, 3))) > 0
    # OpenCV interpolates at 32nds of a pixel
    assert np.abs(found[inner] - expected[inner]).max() < 3
    assert np.abs(found[inner] - expected[inner]).mean() < 0.5
    assert (found[~drawn.hull] == 0).all()
    np.testing.assert_array_equal(warp_all(drawn, image[None], points[None])[0], found)


def test_a_triangle_faces_the_viewer_by_the_cosine_of_its_normal():
    points = flat(canonical_face().points)
    drawn = MeshWarp(points, 48)
    np.testing.assert_allclose(drawn._facing(points), 1)
    np.testing.assert_allclose(drawn._facing(points * (-1, 1, 1)), -1)
    for yaw, pitch in ((30, 0), (0, 40), (-25, 65), (120, 0)):
        turned = points @ rotation(yaw, pitch, 0).T
        expected = np.cos(np.deg2rad(yaw)) * np.cos(np.deg2rad(pitch))
        np.testing.assert_allclose(drawn._facing(turned), expected, atol=1e-9)
        np.testing.assert_allclose(drawn._facing(1e-3 * turned + 7), expected, atol=1e-6)
    np.testing.assert_array_equal(drawn._facing(np.ones_like(points)), 0)  # no area, no side


def test_pages_of_a_book_face_the_viewer_each_by_its_own():
    drawn = MeshWarp(BOOK, 40)
    left = drawn.places[drawn.triangles][:, :, 0].mean(1) < 19.5
    facing = drawn._facing(opened(0.35, -0.8))
    np.testing.assert_allclose(facing[left], 0.35)
    np.testing.assert_allclose(facing[~left], -0.8)


@pytest.mark.parametrize(
    ("left", "right", "own_left", "own_right"),
    [
        (1.0, 1.0, 1.0, 1.0),
        (0.6, 1.0, 1.0, 1.0),  # a cosine of a half is seen as well as one of 1
        (0.5, 0.9, 1.0, 1.0),
        (0.45, 1.0, 0.8, 1.0),  # seen by 0.45 / 0.5 = 0.9, so 2 * 0.1 comes from the other page
        (0.35, 0.9, 0.4, 1.0),
        (0.9, 0.35, 1.0, 0.4),
        (0.30, 0.45, 0.4, 1.0),  # both are oblique: the difference of 0.6 and 0.9 counts
        (0.1, 1.0, 0.0, 1.0),
        (-0.5, 1.0, 0.0, 1.0),
        (-0.5, -0.1, 1.0, 1.0),  # both hidden: neither is better
    ],
)
def test_the_share_that_comes_from_the_own_page(left, right, own_left, own_right):
    drawn = MeshWarp(BOOK, 80)
    share = drawn._own_share(opened(left, right, px=17.0))
    assert share.shape == (80, 80)
    np.testing.assert_allclose(share[12:68, 14:28], own_left, atol=1e-3)
    np.testing.assert_allclose(share[12:68, 52:66], own_right, atol=1e-3)
    assert share.min() >= 0
    assert share.max() <= 1


def test_between_the_pages_the_share_passes_smoothly():
    """The edge is softened by a normal density of a fortieth of the side: here 10 pixels."""
    share = MeshWarp(BOOK, 400)._own_share(opened(0.4, 1.0))  # seen by 0.8 and by 1
    u = (np.arange(100, 300) - 199.5) / 10
    seen, other = (0.8 + 0.2 * ndtr(sign * u) for sign in (1, -1))
    expected = np.clip(1 - 2 * (other - seen), 0, 1)
    for row in (150, 250):
        np.testing.assert_allclose(share[row, 100:300], expected, atol=1e-3)


def test_a_hidden_page_is_mixed_with_the_mirror_image_of_the_other():
    drawn = MeshWarp(BOOK, 80)
    image = np.full((60, 60, 3), 100, np.uint8)
    image[:, :30] = (200, 180, 160)
    points = opened(0.35, 0.9, px=10.0) + np.array((29.5, 29.5, 0))
    for picture, dark, mixed in (
        (image, (100, 100, 100), (140, 132, 124)),  # 0.4 of the left page and 0.6 of the right
        (image[..., 0].copy(), 100, 140),
    ):
        found = drawn(picture, points)
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(
            found[12:68, 52:66], np.broadcast_to(dark, (56, 14, *picture.shape[2:]))
        )
        np.testing.assert_array_equal(
            found[12:68, 14:28], np.broadcast_to(mixed, (56, 14, *picture.shape[2:]))
        )


def test_beyond_the_border_of_the_picture_it_goes_on_as_at_the_border():
    drawn = MeshWarp(BOOK, 80)
    image = np.tile(np.linspace(0, 200, 60, dtype=np.uint8), (60, 1))
    found = drawn(image, flat(BOOK) * (30, 15, 0) + (29.5, 29.5, 0))  # twice as wide as the picture
    assert (found[12:68, 4:18] == 0).all()
    assert (found[12:68, 62:76] == 200).all()


def test_partners_stand_at_the_mirror_image_in_all_three_directions():
    points = np.array([(x, y, z) for x in (-2, -1, 1, 2) for y in (1, 2) for z in (1, 2)])
    points = np.vstack([points, (0, 5, 0)])
    partner = mirror_pairs_of(points)
    np.testing.assert_array_equal(points[partner], points * (-1, 1, 1))
    assert partner[-1] == 16
    with pytest.raises(ValueError, match="not symmetric about x = 0"):
        mirror_pairs_of(points[1:] + np.array((3, 0, 0)))
