"""HOG: equal to scikit-image for every parameter set, and a good scikit-learn citizen."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage.feature import hog
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from pipelines import HogTransformer

NORMS = ["L1", "L1-sqrt", "L2", "L2-Hys"]


def pictures(seed: int, shape: tuple[int, ...], kind: str) -> np.ndarray:
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 256, shape)
    if seed % 3 == 1:
        X //= 64  # few levels: many equal gradients, exact diagonals, ties between channels
    if seed % 3 == 2:
        X = np.cumsum(X - 127, axis=2) // 16 % 256  # smooth
    if kind == "uint8":
        return X.astype(np.uint8)
    exact = np.minimum(X + rng.uniform(0, 0.9, shape), 255)  # no 8-bit picture
    return (exact / (255 if seed % 2 else 1)).astype(kind)


def reference(X: np.ndarray, **parameters) -> np.ndarray:
    """scikit-image's features, on the scale 0-255 as ours."""
    if X.dtype.kind == "f" and X.max() <= 1:
        X = X * X.dtype.type(255)

    def pair(value):
        return value if isinstance(value, tuple) else (value, value)

    axis = parameters.get("channel_axis", -1 if X.ndim == 4 else None)
    return np.stack(
        [
            hog(
                image,
                orientations=parameters.get("orientations", 9),
                pixels_per_cell=pair(parameters.get("cell_size", 8)),
                cells_per_block=pair(parameters.get("block_size", 2)),
                block_norm=parameters.get("block_norm", "L2-Hys"),
                transform_sqrt=parameters.get("transform_sqrt", False),
                channel_axis=axis,
            )
            for image in X
        ]
    )


sizes = st.one_of(st.integers(1, 9), st.tuples(st.integers(1, 9), st.integers(1, 9)))
blocks = st.one_of(st.integers(1, 3), st.tuples(st.integers(1, 3), st.integers(1, 3)))


@settings(max_examples=120, deadline=None)
@example(  # two channels with the same gradient in another order
    seed=1, rows=27, columns=27, channels=3, kind="uint8", orientations=2, cell_size=1,
    block_size=1, block_norm="L1", transform_sqrt=True,
)  # fmt: skip
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(27, 45),
    columns=st.integers(27, 45),
    channels=st.sampled_from([0, 0, 1, 3, 4]),
    kind=st.sampled_from(["uint8", "uint8", "float32", "float64"]),
    orientations=st.integers(1, 20),
    cell_size=sizes,
    block_size=blocks,
    block_norm=st.sampled_from(NORMS),
    transform_sqrt=st.booleans(),
)
def test_equal_to_scikit_image(seed, rows, columns, channels, kind, **parameters):
    X = pictures(seed, (2, rows, columns) + ((channels,) if channels else ()), kind)
    features = HogTransformer(grey=False, **parameters).fit_transform(X)
    np.testing.assert_allclose(features, reference(X, **parameters), atol=1e-5)


@pytest.mark.parametrize("orientations", [4, 8, 12, 36])
@pytest.mark.parametrize("kind", ["uint8", "float32", "float64"])
def test_diagonals_on_a_bin_border(orientations, kind):
    ramp = np.add.outer(np.arange(32), np.arange(32)) * 3
    X = np.stack([ramp, ramp.T[::-1], ramp[:, ::-1], ramp[::-1]]).astype(kind)
    features = HogTransformer(orientations).fit_transform(X)
    np.testing.assert_allclose(features, reference(X, orientations=orientations), atol=1e-5)


def test_tiny_negative_angles_fall_where_scikit_image_puts_them():
    X = np.zeros((1, 16, 16))
    X[0] = np.arange(16) + 0.25
    X[0, ::4] -= 1e-17
    X[0, 5] += 1e-12
    np.testing.assert_allclose(HogTransformer().fit_transform(X), reference(X), atol=1e-5)


def test_channels_in_front():
    X = pictures(0, (2, 3, 40, 36), "uint8")
    features = HogTransformer(grey=False, channel_axis=0).fit_transform(X)
    np.testing.assert_allclose(features, reference(X, channel_axis=0), atol=1e-5)


def signed_reference(image: np.ndarray, orientations: int, cell: int) -> np.ndarray:
    image = image.astype(float)
    g_row, g_col = np.zeros_like(image), np.zeros_like(image)
    g_row[1:-1] = image[2:] - image[:-2]
    g_col[:, 1:-1] = image[:, 2:] - image[:, :-2]
    angle = np.rad2deg(np.arctan2(g_row, g_col)) % 360
    bins = np.floor(angle / (360 / orientations)).astype(int)
    n = image.shape[0] // cell
    out = np.zeros((n, n, orientations))
    for y, x in np.ndindex(n * cell, n * cell):
        out[y // cell, x // cell, bins[y, x]] += np.hypot(g_row[y, x], g_col[y, x]) / cell**2
    return out


@pytest.mark.parametrize("kind", ["uint8", "float32"])
@pytest.mark.parametrize("orientations", [9, 18])
def test_signed_orientations(kind, orientations):
    X = pictures(3, (2, 33, 33), kind)
    hog_ = HogTransformer(orientations, signed=True).fit(X)
    scale = 255 if X.max() <= 1 else 1
    expected = np.stack([signed_reference(scale * image, orientations, 8) for image in X])
    np.testing.assert_allclose(hog_.histograms(X), expected, rtol=1e-4, atol=1e-4)


def test_grey_is_pillows_bit_for_bit():
    X = pictures(0, (2, 32, 32, 3), "uint8")
    grey = np.stack([np.asarray(Image.fromarray(image).convert("L")) for image in X])
    np.testing.assert_array_equal(
        HogTransformer().fit_transform(X), HogTransformer().fit_transform(grey)
    )


def test_picture_is_scikit_images():
    X = pictures(2, (1, 40, 48), "uint8")
    _, expected = hog(X[0], 9, (8, 8), (2, 2), visualize=True)
    np.testing.assert_allclose(HogTransformer().visualize(X[0]), expected, rtol=1e-5, atol=1e-4)


def test_flattened_rows_lists_views_and_maps(tmp_path):
    X = pictures(2, (5, 32, 40), "uint8")
    expected = HogTransformer().fit_transform(X)
    flat = HogTransformer(image_shape=(32, 40)).fit_transform(X.reshape(5, -1))
    np.testing.assert_array_equal(flat, expected)
    np.testing.assert_array_equal(HogTransformer().fit_transform(list(X)), expected)
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    np.testing.assert_array_equal(HogTransformer().fit_transform(mapped), expected)
    mirrored = HogTransformer().fit_transform(X[:, :, ::-1])
    np.testing.assert_array_equal(mirrored, HogTransformer().fit_transform(X[:, :, ::-1].copy()))


def test_threads_and_batches_change_nothing(monkeypatch):
    X = pictures(2, (30, 32, 32), "uint8")
    expected = HogTransformer().fit_transform(X)
    monkeypatch.setattr("pipelines.hog.transformer._BATCH_BYTES", 4096)
    np.testing.assert_array_equal(HogTransformer(n_jobs=3).fit_transform(X), expected)


def test_half_precision():
    X = pictures(2, (6, 32, 32), "uint8")
    expected = HogTransformer().fit_transform(X)
    half = HogTransformer(dtype="float16").fit_transform(X)
    assert half.dtype == np.float16
    np.testing.assert_allclose(half, expected, atol=5e-4)


def test_names_output_and_search():
    X = pictures(2, (12, 32, 32), "uint8")
    hog_ = HogTransformer().set_output(transform="pandas").fit(X)
    frame = hog_.transform(X)
    assert list(frame.columns) == list(hog_.get_feature_names_out())
    assert frame.columns[-1] == "hog_2_2_1_1_8"
    search = GridSearchCV(
        make_pipeline(HogTransformer(), Ridge()), {"hogtransformer__cell_size": [8, 16]}, cv=2
    )
    assert search.fit(X, np.arange(12.0)).best_params_
    copy = pickle.loads(pickle.dumps(clone(hog_).set_output(transform="default").fit(X)))
    np.testing.assert_array_equal(copy.transform(X), frame.to_numpy())


@pytest.mark.parametrize(
    ("parameters", "shape", "message"),
    [
        ({}, (2, 15, 40), "at least: 16 rows and 16 cols"),
        ({}, (2, 3, 32, 32), "Give channel_axis=0"),
        ({"cell_size": 0}, (2, 32, 32), "cell_size must be a positive integer"),
        ({"block_size": (2, 2, 2)}, (2, 32, 32), "block_size"),
        ({"orientations": 0}, (2, 32, 32), "orientations must be"),
        ({"block_norm": "l2"}, (2, 32, 32), "block_norm must be one of"),
        ({"dtype": "int8"}, (2, 32, 32), "dtype must be"),
        ({}, (2, 32, 32, 4), "3 channels, got 4"),
        ({}, (2, 1024), "Give image_shape"),
        ({"image_shape": (32, 31)}, (2, 1024), "expecting 992 features"),
        ({}, (0, 32, 32), "0 sample"),
        ({"channel_axis": -1}, (2, 32, 32), "needs images with channels"),
    ],
)
def test_bad_parameters_and_shapes(parameters, shape, message):
    X = np.zeros(shape, dtype=np.uint8)
    with pytest.raises(ValueError, match=message):
        HogTransformer(**parameters).fit_transform(X)


def test_bad_values():
    X = np.zeros((2, 32, 32), dtype=np.float32)
    with pytest.raises(NotFittedError):
        HogTransformer().transform(X)
    broken = X.copy()
    broken[1, 2, 3] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        HogTransformer().fit(broken)
    with pytest.raises(ValueError, match="values from -1 to -1"):
        HogTransformer(transform_sqrt=True).fit(X - 1)
    with pytest.raises(TypeError, match="LoadImages"):
        HogTransformer().fit(np.array(["a.jpg", "b.jpg"]))
    with pytest.raises(ValueError, match="of one shape"):
        HogTransformer().fit([np.zeros((32, 32)), np.zeros((32, 31))])
    with pytest.raises(ValueError, match=r"is expecting \(32, 32\)"):
        HogTransformer().fit(X).transform(X[:, :24])
