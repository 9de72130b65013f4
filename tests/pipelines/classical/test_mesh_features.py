"""The columns of ``MeshPairs``: which face they are of, their scale, and which are odd."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from data.pose.canonical import canonical_face
from pipelines.classical.mesh_pairs import MeshPairs
from pipelines.classical.mesh_warp import mirror_pairs_of

CANONICAL = canonical_face().points
PARTNER = mirror_pairs_of(CANONICAL)
ROWS, COLUMNS = 60, 90


def pictures(n: int, channels: int = 3) -> np.ndarray:
    rng = np.random.default_rng(0)
    soft = [cv2.GaussianBlur(rng.normal(size=(ROWS, COLUMNS, 3)), (0, 0), 2) for _ in range(n)]
    X = np.clip(128 + 300 * np.stack(soft), 0, 255).astype(np.uint8)
    return X if channels == 3 else np.ascontiguousarray(X[..., :1])


def faces(n: int, seed: int = 1) -> np.ndarray:
    """Landmarks of faces that vary in three even ways and in two odd ones."""
    rng = np.random.default_rng(seed)
    x, y, z = CANONICAL.T
    even = [
        np.stack(mode, 1)
        for mode in ((x, 0 * y, 0 * z), (0 * x, y, 0 * z), (0 * x, y * y / 9, 0 * z))
    ]
    odd = [np.stack(mode, 1) for mode in ((0 * x, x * y / 9, 0 * z), (y * y / 9, 0 * y, 0 * z))]
    shapes = CANONICAL + 0.1 * np.einsum("nm,mkd->nkd", rng.normal(size=(n, 5)), [*even, *odd])
    return 2.5 * shapes + ((COLUMNS - 1) / 2, (ROWS - 1) / 2, 0)


def mirrored(points: np.ndarray) -> np.ndarray:
    return points[:, PARTNER] * (-1, 1, 1) + (COLUMNS - 1, 0, 0)


class KnownMesh:
    """A mesh that was told the landmarks of each picture and of its mirror image."""

    canonical = CANONICAL

    def __init__(self, X, points, presence=None):
        found = np.ones(len(X)) if presence is None else presence
        X = np.repeat(X, 3 // X.shape[3], axis=3)
        self.known = {x.tobytes(): told for x, *told in zip(X, points, found, strict=True)}
        turned = zip(X[:, :, ::-1], mirrored(points), found, strict=True)
        self.known |= {x.tobytes(): told for x, *told in turned}

    def __call__(self, images, n_jobs=None):
        points, presence = zip(*(self.known[x.tobytes()] for x in images), strict=True)
        return np.stack(points), np.array(presence)


def pairs_of(X, points, presence=None, **parameters):
    plain = {"size": 48, "n_even": 5, "n_odd": 3, "n_shape": 6, "random_state": 0}
    pairs = MeshPairs(KnownMesh(X, points, presence), **{**plain, **parameters})
    return pairs, pairs.fit_transform(X)


def parts(found, n_even=5, n_odd=3, n_shape=6):
    """Columns of chip, warped picture and mesh, even and odd, by the order they are told in."""
    ends = np.cumsum([n_even, n_even, n_shape, n_odd, n_odd])
    names = ("chip", "warped", "mesh", "odd chip", "odd warped", "odd mesh")
    return dict(zip(names, np.split(found, ends, axis=1), strict=True))


def spread(*columns):
    return np.sqrt(sum(part.astype(float).var(0).sum() for part in columns))


X, POINTS = pictures(16), faces(16)


def test_the_mesh_spreads_as_much_as_a_picture_by_its_weight():
    """All that varies is held by three even and two odd components."""
    for weight in (1.0, 0.25):
        one = parts(pairs_of(X, POINTS, shape_weight=weight)[1])
        own = spread(one["chip"], one["odd chip"])
        assert spread(one["mesh"], one["odd mesh"]) == pytest.approx(weight * own, rel=1e-4)
    varied = np.square(one["mesh"]).sum(0), np.square(one["odd mesh"]).sum(0)
    assert [int((v > 0.01 * v.max()).sum()) for v in varied] == [3, 2]


def test_the_mirror_image_shares_the_even_columns_of_the_mesh_and_turns_the_odd_ones():
    pairs, found = pairs_of(X, POINTS)
    assert found.shape == (16, 5 + 5 + 6 + 3 + 3 + 3)
    assert pairs.n_odd_columns == 9
    assert (pairs.shape_even_.n_components_, pairs.shape_odd_.n_components_) == (6, 3)
    one, other = parts(found), parts(pairs.transform(np.ascontiguousarray(X[:, :, ::-1])))
    for name in ("mesh", "chip"):
        np.testing.assert_allclose(other[name], one[name], atol=1e-4)
        np.testing.assert_allclose(other[f"odd {name}"], -one[f"odd {name}"], atol=1e-4)
        assert np.abs(one[f"odd {name}"]).max() > 0.01


def test_the_weight_of_the_warped_picture():
    one, two = (parts(pairs_of(X, POINTS, warped_weight=weight)[1]) for weight in (1.0, 3.0))
    for name, same in one.items():
        factor = 3 if "warped" in name else 1
        np.testing.assert_allclose(two[name], factor * same, rtol=1e-4, atol=1e-5)


def test_columns_that_the_faces_cannot_fill_are_zero():
    told = parts(pairs_of(X, POINTS, n_shape=41)[1], n_shape=41)
    assert told["mesh"].shape == (16, 41)
    assert told["odd mesh"].shape == (16, 20)
    assert not told["mesh"][:, 16:].any()
    assert not told["odd mesh"][:, 8:].any()


def test_without_mesh_columns():
    pairs, found = pairs_of(X, POINTS, n_shape=0)
    assert found.shape == (16, 16)
    assert pairs.n_odd_columns == 6
    assert pairs.shape_scale_ == 0
    with_mesh = parts(pairs_of(X, POINTS)[1])
    np.testing.assert_allclose(found[:, :5], with_mesh["chip"], rtol=1e-5, atol=1e-6)


def test_equal_shapes_say_nothing():
    """A likeness turned, moved and scaled has the neutral shape, up to rounding."""
    same = np.stack([CANONICAL * k + (44.5, 29.5, 0) for k in np.linspace(1, 3, 16)])
    pairs, found = pairs_of(X, same)
    assert pairs.shape_scale_ == 0
    assert not parts(found)["mesh"].any()
    hardly = same + 1e-4 * (POINTS - POINTS.mean(0))  # tenths of micrometres are a shape
    assert pairs_of(X, hardly)[0].shape_scale_ > 0


def test_a_face_that_is_not_believed_has_the_median_landmarks():
    """From a presence of one half a mesh is believed; the median is in widths of a picture."""
    presence = np.r_[0.5, 0.49, 0.0, np.ones(13)]
    pairs, found = pairs_of(X, POINTS, presence)
    median = np.median(POINTS[[0, *range(3, 16)]], axis=0)
    np.testing.assert_allclose(pairs.stand_in_, median / COLUMNS)
    mesh = parts(found)["mesh"]
    np.testing.assert_allclose(mesh[1], mesh[2], atol=1e-6)
    assert np.abs(mesh[0] - mesh[1]).max() > 0.01
    told = POINTS.copy()
    told[1:3] = median
    np.testing.assert_allclose(pairs_of(X, told)[1], found, rtol=1e-4, atol=1e-5)


def test_where_nobody_is_found_the_neutral_face_stands_over_the_middle():
    pairs, found = pairs_of(X, POINTS, np.zeros(16))
    np.testing.assert_allclose(pairs.stand_in_.mean(0) * COLUMNS, (45, 30, 0), atol=1e-9)
    assert np.isfinite(found).all()
    assert not parts(found)["mesh"].any()


def test_what_hog_sees():
    pairs, _ = pairs_of(X, POINTS)
    chips, warped = pairs.pictures(X[:2])
    for image, chip in zip(X, chips, strict=False):  # the middle square, made smaller
        middle = np.ascontiguousarray(image[:, 15:75])
        np.testing.assert_array_equal(
            chip, cv2.resize(middle, (48, 48), interpolation=cv2.INTER_AREA)
        )
    nose = POINTS[:2, 1, :2].round().astype(int)
    flat = (CANONICAL[:, :2].min(0) + CANONICAL[:, :2].max(0)) / 2
    scale = 0.48 * 48 / np.abs(CANONICAL[:, :2] - (0, flat[1])).max()
    place = ((CANONICAL[1, :2] - (0, flat[1])) * scale + 23.5).round().astype(int)
    for image, face, (x, y) in zip(X, warped, nose, strict=False):
        there = face[place[1], place[0]].astype(int)
        near = image[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3)
        assert (near.min(0) - 8 <= there).all()
        assert (there <= near.max(0) + 8).all()


def test_grey_pictures_are_colour_pictures_without_colour():
    one = pictures(16, channels=1)
    expected = pairs_of(np.repeat(one, 3, axis=3), POINTS)[1]
    for X in (one, one[..., 0]):
        pairs = MeshPairs(
            KnownMesh(one, POINTS), size=48, n_even=5, n_odd=3, n_shape=6, random_state=0
        )
        np.testing.assert_array_equal(pairs.fit_transform(X), expected)


def test_before_fit_and_the_copy_that_is_saved():
    pairs = MeshPairs(KnownMesh(X, POINTS), size=48)
    for ask in (pairs.transform, pairs.pictures):
        with pytest.raises(NotFittedError):
            ask(X)
    light, arrays = pairs.detach_tensors()
    assert arrays == {}
    assert light is not pairs
    assert light.mesh is pairs.mesh, "it has no memory to leave behind"
    pairs.mesh.without_memory = lambda: "forgot"
    assert pairs.detach_tensors()[0].mesh == "forgot"
    assert MeshPairs().detach_tensors()[0].mesh is None
