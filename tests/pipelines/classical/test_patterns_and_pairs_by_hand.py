"""Local binary patterns cell by cell, and the edges of mirror pairs and of their recipes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from skimage.feature import local_binary_pattern
from sklearn.base import BaseEstimator, TransformerMixin

from pipelines import HogTransformer, LbpTransformer, MirrorPairs, hog_ridge_age, hog_svm_gender
from pipelines.classical.pipelines import linear_svm, ridge

RNG = np.random.default_rng(2)


def test_histograms_of_the_cells():
    """30 columns in four cells: the fourths end at 7.5, 15 and 22.5."""
    X = RNG.integers(0, 256, (2, 40, 30), dtype=np.uint8)
    found = LbpTransformer(12, 2, 4).fit_transform(X).reshape(2, 4, 4, 14)
    columns = (slice(0, 8), slice(8, 15), slice(15, 23), slice(23, 30))
    for image, cells in zip(X, found, strict=True):
        codes = local_binary_pattern(image, 12, 2, method="uniform")
        for r, c in np.ndindex(4, 4):
            cell = codes[10 * r : 10 * r + 10, columns[c]]
            share = [(cell == code).mean() for code in range(14)]
            np.testing.assert_allclose(cells[r, c], np.sqrt(share), rtol=1e-6)


def test_a_flat_picture_has_one_pattern_and_every_cell_all_its_columns():
    """No neighbour is darker: the ninth of ten; beyond the border, 3 of 8 neighbours, all are."""
    found = LbpTransformer().fit_transform(np.full((1, 16, 16), 77, np.uint8)).reshape(8, 8, 10)
    np.testing.assert_array_equal(found[1:-1, 1:-1], np.broadcast_to(np.eye(10)[8], (6, 6, 10)))
    edge = np.sqrt(np.eye(10)[8] / 2 + np.eye(10)[5] / 2)
    np.testing.assert_allclose(found[0, 1:-1], np.broadcast_to(edge, (6, 10)), rtol=1e-6)


def test_colour_floats_and_flat_rows_are_the_grey_picture():
    X = RNG.integers(0, 256, (3, 8, 9, 3), dtype=np.uint8)
    grey = np.stack([np.asarray(Image.fromarray(image).convert("L")) for image in X])
    expected = LbpTransformer().fit_transform(grey)
    np.testing.assert_array_equal(LbpTransformer().fit_transform(X), expected)
    np.testing.assert_array_equal(LbpTransformer(n_jobs=2).fit_transform(X), expected)
    flat = LbpTransformer(image_shape=(8, 9)).fit(grey.reshape(3, 72))
    np.testing.assert_array_equal(flat.transform(grey.reshape(3, 72)), expected)
    assert (flat.n_features_in_, flat.image_shape_) == (72, (8, 9))
    shifted = grey + RNG.uniform(-0.4, 0.4, grey.shape).clip(-grey.astype(float), 255.0 - grey)
    np.testing.assert_array_equal(LbpTransformer().fit_transform(shifted), expected)


def test_as_many_pixels_as_cells():
    for shape in ((1, 8, 20), (1, 20, 8)):
        LbpTransformer().fit(np.zeros(shape, np.uint8))
        with pytest.raises(ValueError, match="hold no 9 cells a side"):
            LbpTransformer(grid=9).fit(np.zeros(shape, np.uint8))
    with pytest.raises(ValueError, match=r"expecting \(8, 20\)"):
        LbpTransformer().fit(np.zeros((1, 8, 20))).transform(np.zeros((1, 20, 20)))


def test_names_of_the_patterns():
    names = LbpTransformer(4, grid=3).fit(np.zeros((1, 9, 9))).get_feature_names_out().tolist()
    assert len(names) == 9 * 6
    assert names[:7] == [*(f"lbp_0_0_{code}" for code in range(6)), "lbp_0_1_0"]
    assert names[-1] == "lbp_2_2_5"


def test_names_of_the_pairs():
    names = MirrorPairs(HogTransformer(), 2, 3).get_feature_names_out().tolist()
    assert names == ["even0", "even1", "odd0", "odd1", "odd2"]


def test_as_many_samples_as_pictures_is_no_draw():
    X = RNG.integers(0, 256, (30, 32, 40), dtype=np.uint8)
    every, same = (
        MirrorPairs(HogTransformer(), 6, 4, fit_samples=n, random_state=0).fit(X).transform(X)
        for n in (None, 30)
    )
    np.testing.assert_array_equal(every, same)
    pairs = MirrorPairs(HogTransformer(), 6, 4, random_state=0).fit(X)
    assert pairs.n_features_in_ == 32 * 40
    # two passes over the features, by which the published numbers were made
    assert (pairs.even_.iterated_power, pairs.odd_.n_iter) == (2, 2)


def test_a_margin_of_nothing_is_the_half():
    X = RNG.integers(0, 256, (12, 40, 32), dtype=np.uint8)
    pairs = MirrorPairs(HogTransformer(), 4, 3, margin=0, random_state=0).fit(X)
    assert pairs.features_.image_shape_ == (40, 16)
    with pytest.raises(ValueError, match="at least 0 columns, got -1"):
        pairs.set_params(margin=-1).fit(X)


def test_halves_are_mean_and_half_the_difference_of_both_pictures():
    X = RNG.integers(0, 256, (12, 40, 32), dtype=np.uint8)
    hog = HogTransformer().fit(X)
    one, other = hog.transform(X), hog.transform(X[:, :, ::-1])
    pairs = MirrorPairs(HogTransformer(), 12, 12, random_state=0)
    found = pairs.fit_transform(X).astype(float)
    even = (one + other) / 2
    even = even - even.mean(0)
    odd = (one - other) / 2
    # all components there are: inner products stay
    np.testing.assert_allclose(found[:, :12] @ found[:, :12].T, even @ even.T, atol=1e-2)
    np.testing.assert_allclose(found[:, 12:] @ found[:, 12:].T, odd @ odd.T, atol=1e-2)


def test_heads_of_the_single_targets():
    assert (ridge().alpha, hog_ridge_age()[-1].alpha) == (100, 100)
    assert (linear_svm().C, hog_svm_gender()[-1].C) == (0.003, 0.003)


class Flat(TransformerMixin, BaseEstimator):
    """Hands on the pixels themselves, in the memory of the caller."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X.reshape(len(X), -1)


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_pictures_of_the_caller_stay_as_they_are(kind):
    X = RNG.integers(0, 255, (20, 16, 16)).astype(kind)
    X = X if kind == np.uint8 else X + np.float32(0.25)
    before = X.copy()
    pairs = MirrorPairs(Flat(), 6, 4, random_state=0).fit(X)
    found = pairs.transform(X)
    np.testing.assert_array_equal(X, before)
    mirrored = pairs.transform(X[:, :, ::-1])
    np.testing.assert_allclose(mirrored[:, :6], found[:, :6], atol=1e-2)
    np.testing.assert_allclose(mirrored[:, 6:], -found[:, 6:], atol=1e-2)
    assert np.ptp(found, axis=0).min() > 1


def test_features_in_a_frame_make_pairs_too():
    X = RNG.integers(0, 256, (12, 40, 32), dtype=np.uint8)
    framed = HogTransformer().set_output(transform="pandas")
    found = MirrorPairs(framed, 3, 2, random_state=0).fit(X).transform(X)
    plain = MirrorPairs(HogTransformer(), 3, 2, random_state=0).fit(X).transform(X)
    np.testing.assert_array_equal(found, plain)


@pytest.mark.parametrize("name", ["n_even", "n_odd"])
def test_a_half_without_components_is_named(name):
    pairs = MirrorPairs(HogTransformer(), **{"n_even": 2, "n_odd": 2, name: 0})
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        pairs.fit(np.zeros((3, 32, 32), np.uint8))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"grid": 0}, "grid must be a whole number of at least 1, got 0"),
        ({"grid": 2.5}, "grid must be a whole number of at least 1, got 2.5"),
        ({"n_points": None}, "n_points must be a whole number of at least 1, got None"),
        ({"radius": 0}, "radius must be positive, got 0"),
        ({"radius": "1"}, "radius must be positive, got '1'"),
    ],
)
def test_parameters_of_the_patterns_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        LbpTransformer(**change).fit(np.zeros((3, 32, 32), np.uint8))
