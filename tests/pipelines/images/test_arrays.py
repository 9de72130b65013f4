"""One idea of a picture in numbers: the same picture gives the same answer in every type."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageCms
from skimage.feature import hog

from basis.levels import on_byte_scale
from pipelines import Chroma, CnnAgeGender, HogTransformer, LbpTransformer, Shrink
from pipelines.images.arrays import check_images
from pipelines.testing import striped_faces

X = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 3), dtype=np.uint8)
SAME = {
    "float32 0-1": (X / 255).astype(np.float32),
    "float64 0-1": X / 255,
    "float16 0-1": (X / 255).astype(np.float16),
    "float32 0-255": X.astype(np.float32),
    "int64": X.astype(np.int64),
    "uint16": X.astype(np.uint16),
}


@pytest.mark.parametrize("form", SAME)
def test_a_picture_is_the_same_in_every_type(form):
    np.testing.assert_array_equal(check_images(SAME[form]), X)
    for transformer in (
        HogTransformer(),
        HogTransformer(grey=False),
        LbpTransformer(grid=4),
        Chroma("red"),
        Chroma("blue"),
        Shrink(2),
    ):
        expected = transformer.fit_transform(X)
        np.testing.assert_array_equal(transformer.fit_transform(SAME[form]), expected)


def test_a_network_answers_the_same_in_every_type():
    faces, labels = striped_faces(16)
    cnn = CnnAgeGender("test_efficientnet", weights=None, image_size=32, epochs=1, random_state=0)
    cnn.fit(faces, labels)
    np.testing.assert_array_equal(cnn.predict(faces / 255), cnn.predict(faces))


@pytest.mark.parametrize("form", ["uint8", "float32 0-1", "float64 0-1"])
def test_colour_by_both_rules_equals_scikit_image(form):
    faces = X if form == "uint8" else SAME[form]
    for grey in (True, False):
        seen = [np.asarray(Image.fromarray(x).convert("L")) if grey else x for x in X]
        expected = [hog(x, 9, (8, 8), (2, 2), channel_axis=None if grey else -1) for x in seen]
        found = HogTransformer(grey=grey).fit_transform(faces)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_other_floats_keep_their_precision():
    exact = np.random.default_rng(0).uniform(0, 1, (2, 16, 16))
    np.testing.assert_allclose(on_byte_scale(exact), 255 * exact)
    np.testing.assert_array_equal(on_byte_scale(255 * exact), 255 * exact)
    assert on_byte_scale(exact.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ((X / 127.5 - 1), r"values from -1 to 1: undo its normalisation"),
        (X.astype(np.uint16) * 257, r"dtype uint16 and values from \S+ to \S+: .* by 257"),
        (np.where(X.max() == X, np.nan, X / 255), "NaN"),
        (X / 255 * 1.05, r"the largest of X is 1\.0\d+: .* give np\.clip\(X, 0, 1\)"),
        (X[0], r"shape \(48, 48, 3\) looks like one picture: give X\[None\]"),
        (X[0, ..., 0], "X\\[None\\] for one image"),
    ],
)
def test_what_is_no_picture_is_refused(wrong, message):
    for refuse in (HogTransformer().fit, CnnAgeGender(weights=None).fit):
        with pytest.raises(ValueError, match=message):
            refuse(wrong, np.zeros((len(wrong), 2)))


def test_masks_and_paths_are_named():
    with pytest.raises(TypeError, match="a mask is no picture"):
        check_images(X > 100)
    with pytest.raises(TypeError, match="paths become images with LoadImages"):
        check_images(["a.jpg", "b.jpg"])


def test_columns_of_pictures_are_taken():
    column = np.empty(3, dtype=object)
    column[:] = list(X)
    np.testing.assert_array_equal(check_images(column), X)
    np.testing.assert_array_equal(check_images(pd.Series(list(X))), X)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cell_size": 8.0}, "cell_size must be a positive integer or two of them, got 8.0"),
        ({"cell_size": "8"}, "cell_size must be a positive integer or two of them, got '8'"),
        ({"dtype": "int8"}, "dtype must be 'float32' or 'float16', got 'int8'"),
        ({"dtype": "single!"}, "dtype must be 'float32' or 'float16', got 'single!'"),
    ],
)
def test_parameters_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        HogTransformer(**change).fit(X)


def test_numpy_types_are_taken():
    expected = HogTransformer(cell_size=12).fit_transform(X)
    found = HogTransformer(cell_size=np.int64(12), dtype=np.float32).fit_transform(X)
    np.testing.assert_array_equal(found, expected)


def test_shares_of_white_that_round_above_1_are_cut_off():
    shares = X / 255.0
    np.testing.assert_array_equal(check_images(shares / shares.max() * 1.0005).max(), 255)
    dark = np.array([[[0.0, 1.0], [2.0, 1.0]]])  # whole levels, nearly black
    np.testing.assert_array_equal(check_images(dark), dark)


@pytest.mark.parametrize("mode", ["P", "PA", "CMYK", "YCbCr", "HSV", "LAB"])
def test_a_picture_of_pillow_in_another_space_is_read_as_rgb(mode):
    pictures = [Image.fromarray(x) for x in X[:2]]
    if mode == "PA":
        turned = [p.convert("RGBA").convert("PA") for p in pictures]
    elif mode == "LAB":
        profile = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        turned = [ImageCms.profileToProfile(p, *profile, outputMode="LAB") for p in pictures]
    else:
        turned = [p.convert(mode) for p in pictures]
    expected = np.stack([np.asarray(p.convert("RGBA" if mode == "PA" else "RGB")) for p in turned])
    np.testing.assert_array_equal(check_images(turned), expected)


def test_colour_differences_of_other_channels():
    grey = np.full((2, 8, 8, 1), 30, np.uint8)
    np.testing.assert_array_equal(Chroma().transform(grey), np.full((2, 8, 8), 128))
    with pytest.raises(ValueError, match="got 4 channels: drop the alpha channel"):
        Chroma().transform(np.zeros((2, 8, 8, 4), np.uint8))
