"""HOG at its edges: axes, sizes, orientations, and how much is left to the slow arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.feature import hog

from pipelines import HogTransformer
from pipelines.hog import kernels

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (2, 40, 48), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (2, 40, 48, 3), dtype=np.uint8)


@pytest.mark.parametrize("grey", [True, False])
def test_channels_on_any_axis(grey):
    expected = HogTransformer(grey=grey).fit_transform(COLOUR)
    for axis in (0, 1, 2, -1, -2, -3):
        moved = np.moveaxis(COLOUR, -1, axis + 1 if axis >= 0 else axis)
        found = HogTransformer(grey=grey, channel_axis=axis).fit_transform(moved)
        np.testing.assert_array_equal(found, expected)
    for axis in (3, -4):
        with pytest.raises(
            ValueError, match=f"channel_axis must lie in -3..2 for images, got {axis}"
        ):
            HogTransformer(grey=grey, channel_axis=axis).fit(COLOUR)


@pytest.mark.parametrize("orientations", [1, 15, 16, 17, 31, 32, 33, 250])
def test_any_number_of_orientations(orientations):
    """Sixteen and its multiples are where the vectors of the histograms end."""
    for X in (GREY, GREY + np.float32(0.3) * (GREY < 255)):
        found = HogTransformer(orientations).fit_transform(X)
        expected = [hog(image, orientations, (8, 8), (2, 2)) for image in X]
        np.testing.assert_allclose(found, expected, atol=1e-5)
    with pytest.raises(ValueError, match=r"must be an integer in 1\.\.250, got 251"):
        HogTransformer(251).fit(GREY)
    with pytest.raises(ValueError, match=r"got 9\.5"):
        HogTransformer(9.5).fit(GREY)


def test_rows_before_columns():
    parameters = {"cell_size": (5, 12), "block_size": (3, 2)}
    found = HogTransformer(**parameters).fit(GREY)
    expected = [hog(image, 9, (5, 12), (3, 2)) for image in GREY]
    np.testing.assert_allclose(found.transform(GREY), expected, atol=1e-5)
    assert found.histograms(GREY).shape == (2, 8, 4, 9)
    assert found.n_features_in_ == 40 * 48
    names = found.get_feature_names_out()
    assert len(names) == 6 * 3 * 3 * 2 * 9
    assert (names[0], names[9], names[-1]) == ("hog_0_0_0_0_0", "hog_0_0_0_1_0", "hog_5_2_2_1_8")


def test_a_picture_of_one_block():
    for shape in ((1, 15, 24), (1, 19, 24), (1, 15, 35)):
        assert HogTransformer(5, (5, 12), (3, 2)).fit_transform(np.ones(shape)).shape == (1, 30)
    message = "at least: 15 rows and 24 cols, got {} rows and {} cols.$"
    for rows, columns in ((14, 24), (15, 23)):
        with pytest.raises(ValueError, match=message.format(rows, columns)):
            HogTransformer(5, (5, 12), (3, 2)).fit(np.ones((1, rows, columns)))


@pytest.mark.parametrize(
    ("shape", "told"), [((2, 3, 32, 32), True), ((2, 1, 32, 32), True), ((2, 5, 32, 3), False)]
)
def test_channels_first_are_told_of(shape, told):
    with pytest.raises(ValueError, match="too small") as found:
        HogTransformer().fit(np.zeros(shape, np.uint8))
    assert ("Give channel_axis=0" in str(found.value)) == told


@pytest.mark.parametrize("value", [0, -1, (2, 0), (2,), (2, 2, 2), "22", 2.0, None])
def test_sizes_are_one_or_two_positive_integers(value):
    for name in ("cell_size", "block_size"):
        with pytest.raises(ValueError, match=f"{name} must be a positive integer or two of them"):
            HogTransformer(**{name: value}).fit(GREY)
    assert HogTransformer(cell_size=1, block_size=1).fit_transform(GREY[:1, :3, :3]).shape == (
        1,
        81,
    )


def test_types_of_features():
    for dtype in ("float64", "nonsense", np.int8):
        with pytest.raises(ValueError, match="dtype must be 'float32' or 'float16'"):
            HogTransformer(dtype=dtype).fit(GREY)
    for dtype in (np.float16, "float32"):
        assert HogTransformer(dtype=dtype).fit_transform(GREY).dtype == dtype


@pytest.mark.parametrize(("cell", "orientations"), [((6, 10), 5), ((12, 8), 9), ((16, 16), 4)])
def test_lines_of_the_picture(cell, orientations):
    found = HogTransformer(orientations, cell).visualize(GREY[0])
    expected = hog(GREY[0], orientations, cell, (2, 2), visualize=True)[1]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)


def test_half_a_line_has_the_dark_side_on_its_left():
    """From the middle (8, 8) of a cell 7 pixels across the middle of a bin: 4.9 each way."""
    ramp = np.tile(np.arange(0, 64, 2, dtype=np.uint8), (32, 1))
    for X, (top, left), (bottom, right) in (
        (ramp, (3, 8), (8, 12)),
        (ramp[:, ::-1], (8, 3), (12, 8)),
        (ramp.T, (8, 8), (12, 12)),
    ):
        picture = HogTransformer(4, 16, 1, signed=True).visualize(X)
        lit = np.argwhere(picture[:16, :16] > 0)
        np.testing.assert_array_equal(lit.min(0), (top, left))
        np.testing.assert_array_equal(lit.max(0), (bottom, right))
        assert len(lit) == max(bottom - top, right - left) + 1


@pytest.mark.parametrize("size", [1, 700, 4096, 10**9])
def test_batches_of_any_size(monkeypatch, size):
    expected = HogTransformer().fit_transform(np.tile(GREY, (4, 1, 1)))
    monkeypatch.setattr("pipelines.hog.transformer._BATCH_BYTES", size)
    found = HogTransformer().fit_transform(np.tile(GREY, (4, 1, 1)))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("orientations", [9, 18])
def test_the_fast_angle_places_nearly_all(channels, signed, orientations):
    """It would be no use if the slow one had to; what it places lies where the slow one puts it."""
    planes = RNG.uniform(0, 0.9, (channels, 200, 220))
    bins, magnitude = np.empty((200, 220), np.uint8), np.empty((200, 220))
    kernels.float_votes(planes, orientations, signed, bins, magnitude)
    g_row, g_col = np.zeros_like(planes), np.zeros_like(planes)
    g_row[:, 1:-1] = planes[:, 2:] - planes[:, :-2]
    g_col[:, :, 1:-1] = planes[:, :, 2:] - planes[:, :, :-2]
    best = np.hypot(g_row, g_col).argmax(0)[None]
    row, column = (np.take_along_axis(g, best, 0)[0] for g in (g_row, g_col))
    np.testing.assert_allclose(magnitude, np.hypot(row, column))
    turn = 360 if signed else 180
    exact = (np.rad2deg(np.arctan2(row, column)) % turn) // (turn / orientations)
    sure = bins != kernels.UNSURE
    np.testing.assert_array_equal(bins[sure], exact[sure])
    # two guards of 2e-5 turns around each border of a bin, and the border pixels of the picture,
    # whose gradients lie exactly on one
    inner = sure[1:-1, 1:-1]
    assert (~inner).mean() < 3 * 2 * 2e-5 * orientations * (1 if signed else 2) + 1e-4


@pytest.mark.parametrize("signed", [False, True])
def test_a_flat_picture_is_placed_at_once(signed):
    bins = np.full((20, 30), 7, np.uint8)
    kernels.float_votes(np.ones((1, 20, 30)), 9, signed, bins, np.empty((20, 30)))
    assert not bins.any()


def test_colours_are_unsure_only_where_they_tie():
    planes = RNG.integers(0, 256, (3, 60, 70), dtype=np.uint8)
    planes[:, 20:24, 20:24] = RNG.permuted(planes[:1, 20:24, 20:24].repeat(3, 0), axis=1)
    bins, magnitude = np.empty((60, 70), np.uint8), np.empty((60, 70), np.float32)
    kernels.colour_votes(planes, kernels.bin_table(9, False), bins, magnitude)
    wide = planes.astype(int)
    g_row, g_col = np.zeros_like(wide), np.zeros_like(wide)
    g_row[:, 1:-1] = wide[:, 2:] - wide[:, :-2]
    g_col[:, :, 1:-1] = wide[:, :, 2:] - wide[:, :, :-2]
    square = g_row**2 + g_col**2
    np.testing.assert_allclose(magnitude, np.sqrt(square.max(0)), rtol=1e-6)
    kinds = np.sort(np.abs([g_row, g_col]), axis=0)
    for y, x in np.argwhere(bins == kernels.UNSURE):
        top = square[:, y, x] == square[:, y, x].max()
        assert len({tuple(kinds[:, c, y, x]) for c in np.flatnonzero(top)}) > 1
    assert (bins == kernels.UNSURE).mean() < 0.01


def test_histograms_of_another_shape_are_refused():
    """The compiled loops would read beyond the picture."""
    fitted = HogTransformer().fit(np.zeros((1, 64, 64), np.uint8))
    for shape in ((1, 8, 8), (1, 96, 96), (1, 64, 64, 3)):
        with pytest.raises(ValueError, match="is expecting"):
            fitted.histograms(np.zeros(shape, np.uint8))
