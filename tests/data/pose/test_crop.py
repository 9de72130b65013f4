"""Crops against a warp of the whole picture, and against pictures whose levels are a plane."""

import cv2
import numpy as np
import pytest
from PIL import Image

from data.pose.crop import as_rgb, crop, square_to_image

BORDERS = [cv2.BORDER_CONSTANT, cv2.BORDER_REPLICATE]


def plane(height, width, across=0.2, down=0.3):
    y, x = np.mgrid[:height, :width]
    return (across * x + down * y + 5).astype(np.float32)


def where(square, size):
    """Return x and y in the picture of every pixel of the crop."""
    i, j = np.meshgrid(np.arange(size), np.arange(size))
    points = np.stack([i.ravel(), j.ravel(), np.ones(size * size)])
    return (square @ points).reshape(2, size, size)


def test_opacity_lays_the_picture_over_white():
    """A fifth of a colour and four fifths of white: 100 / 5 + 204 = 224."""
    picture = np.zeros((2, 3, 4), np.uint8)
    picture[:] = [100, 50, 200, 51]
    picture[0, 0, 3], picture[1, 2, 3] = 255, 0
    found = as_rgb(picture)
    assert found.dtype == np.uint8 and found.shape == (2, 3, 3)
    assert found[0, 1].tolist() == [224, 214, 244]
    assert found[0, 0].tolist() == [100, 50, 200] and found[1, 2].tolist() == [255] * 3
    plain = picture[:, :, :3].copy()
    assert as_rgb(plain) is plain or np.shares_memory(as_rgb(plain), plain)


@pytest.mark.parametrize("mode", ["RGB", "P", "CMYK", "YCbCr", "HSV"])
def test_a_picture_of_pillow_is_what_it_shows(mode):
    """A cut-out frame of red, turned by EXIF 6: a quarter clockwise."""
    rgb = Image.new("RGB", (6, 4), (250, 10, 10))
    rgb.paste((10, 10, 250), (0, 0, 3, 4))
    picture = rgb.convert(mode, palette=Image.Palette.ADAPTIVE)
    assert as_rgb(picture).shape == (4, 6, 3)
    np.testing.assert_allclose(as_rgb(picture), np.asarray(rgb), atol=6)
    picture.getexif()[0x0112] = 6
    turned = as_rgb(picture)
    assert turned.shape == (6, 4, 3)
    np.testing.assert_allclose(turned, np.rot90(np.asarray(rgb), -1), atol=6)


def test_squares_by_hand():
    """Twice as large, and turned by a quarter clockwise: the top left corner goes to the right."""
    quarter = square_to_image(50, 30, 20, np.pi / 2, 10)
    corners = np.array([[0, 0, 1], [10, 0, 1], [0, 10, 1], [5, 5, 1]]) @ quarter.T
    np.testing.assert_allclose(corners, [[60, 20], [60, 40], [40, 20], [50, 30]], atol=1e-12)
    turned = square_to_image(50, 30, 20, np.pi / 6, 10)
    np.testing.assert_allclose(turned @ [5, 5, 1], [50, 30])
    right, down = turned[:, 0], turned[:, 1]
    np.testing.assert_allclose(right, [np.sqrt(3), 1])
    np.testing.assert_allclose(down, [-1, np.sqrt(3)])


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("turn", [0, 0.5, 1, 1.5])
@pytest.mark.parametrize(
    ("x", "y"),
    [
        (40, 30), (0, 0), (80, 60), (0, 60), (80, 0), (-5, 30), (85, 30), (40, -5), (40, 65),
        (-200, 30), (300, 30), (40, -200), (40, 300), (-200, -200), (300, 300),
    ],
)  # fmt: skip
def test_the_neighbourhood_gives_what_the_whole_picture_gives(x, y, turn, border):
    picture = np.random.default_rng(0).integers(1, 256, (60, 80, 3), dtype=np.uint8)
    for side in (12, 24):
        square = square_to_image(x, y, side, turn * np.pi / 2, 24)
        square[np.abs(square) < 1e-9] = 0
        expected = cv2.warpAffine(
            picture,
            square,
            (24, 24),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=border,
        )
        found = crop(picture, square, 24, border)
        assert np.abs(found.astype(int) - expected).max() <= (0 if turn in (0, 1) else 12)


@pytest.mark.parametrize("turn", [0, 0.2, 0.5, 0.9, 1, 2.5])
@pytest.mark.parametrize("side", [10, 20, 39, 40, 60, 110, 170, 250])
def test_inside_the_picture_a_crop_sees_no_border(side, turn):
    """Levels that grow across and down are those of the place, to a fraction of a pixel."""
    picture = plane(400, 500)
    square = square_to_image(260.5, 190.25, side, turn * np.pi / 2, 20)
    found = crop(picture, square, 20, cv2.BORDER_CONSTANT)
    x, y = where(square, 20)
    assert np.abs(found - (0.2 * x + 0.3 * y + 5)).max() < 0.025 * max(side / 20, 1)


@pytest.mark.parametrize(("height", "width"), [(101, 400), (400, 103)])
def test_a_narrow_picture_is_shrunk_alike_both_ways(height, width):
    """A square larger than the picture one way; what it shows of the picture is in its place."""
    square = square_to_image(width / 2, height / 2, 280, 0, 40)
    found = crop(plane(height, width), square, 40, cv2.BORDER_REPLICATE)
    x, y = where(square, 40)
    inside = (x > 8) & (x < width - 9) & (y > 8) & (y < height - 9)
    assert inside.sum() > 400
    assert np.abs(found - (0.2 * x + 0.3 * y + 5))[inside].max() < 0.2


def test_at_half_the_size_every_pixel_is_averaged():
    board = (np.indices((100, 100)).sum(0) % 2 * 255).astype(np.uint8)
    half = crop(board, square_to_image(50, 50, 80, 0, 40), 40, cv2.BORDER_REPLICATE)
    assert np.abs(half.astype(int) - 128).max() <= 1


@pytest.mark.parametrize(("x", "y"), [(-900, 30), (990, 30), (40, -900), (40, 990)])
@pytest.mark.parametrize("border", BORDERS)
def test_far_outside_there_is_the_border_at_any_size(x, y, border):
    picture = np.full((60, 80, 3), 200, np.uint8)
    found = crop(picture, square_to_image(x, y, 120, 0, 24), 24, border)
    assert (found == (0 if border == cv2.BORDER_CONSTANT else 200)).all()


@pytest.mark.parametrize("turned", [False, True])
def test_a_picture_narrower_than_a_pixel_of_the_crop_is_its_mean(turned):
    picture = np.tile(np.array([0, 0, 240], np.uint8), (200, 1))
    picture = picture.T.copy() if turned else picture
    height, width = picture.shape
    square = square_to_image(width / 2, height / 2, 120, 0, 24)
    assert (crop(picture, square, 24, cv2.BORDER_REPLICATE) == 80).all()
