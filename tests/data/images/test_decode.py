"""Decoding: every kind of image file gives the same upright RGB, broken ones a reason."""

import io
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from data.audit.details import detail_correlation, detail_image
from data.audit.fingerprints import difference_hash, fingerprint
from data.images.decode import (
    MAX_PIXELS,
    UnreadableImageError,
    decode,
    looks_like_an_image,
    to_square,
)


def picture(height=48, width=64, seed=0):
    """Return a smooth colour picture with a bright top-left corner, so that turning shows."""
    noise = np.random.default_rng(seed).normal(size=(height // 8, width // 8, 3))
    pixels = cv2.resize(noise.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    pixels = np.clip(110 + 40 * pixels, 0, 255).astype(np.uint8)
    pixels[: height // 4, : width // 4] = 255
    return pixels


def encoded(image, kind="JPEG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


JPEG = encoded(Image.fromarray(picture()), quality=90)


def close(first, second, tolerance=6):
    return np.abs(first.astype(int) - second.astype(int)).mean() < tolerance


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF"])
def test_every_format_gives_the_same_rgb(kind):
    decoded = decode(encoded(Image.fromarray(picture()), kind))
    assert decoded.pixels.dtype == np.uint8
    assert close(decoded.pixels, picture())
    assert decoded.conversions == ()


@pytest.mark.parametrize(
    ("mode", "kind", "told"),
    [
        ("L", "JPEG", "greyscale"),
        ("CMYK", "JPEG", "CMYK"),
        ("RGBA", "PNG", "RGBA"),
        ("P", "PNG", "P"),
        ("1", "PNG", "greyscale"),
    ],
)
def test_colour_modes_are_converted_and_told(mode, kind, told):
    grey = Image.fromarray(picture()).convert("L").convert("RGB")
    stored = grey.convert(mode)
    decoded = decode(encoded(stored, kind))
    assert told in decoded.conversions
    assert close(decoded.pixels, np.asarray(stored.convert("RGB")))


def test_sixteen_bit_grey_keeps_its_upper_byte():
    grey = picture()[:, :, 0].astype(np.uint16) << 8
    decoded = decode(encoded(Image.fromarray(grey), "PNG"))
    assert set(decoded.conversions) == {"16 bit", "greyscale"}
    np.testing.assert_array_equal(decoded.pixels[:, :, 1], picture()[:, :, 0])


@pytest.mark.parametrize(
    ("orientation", "turned"),
    [
        (3, lambda a: np.rot90(a, 2)),
        (6, lambda a: np.rot90(a, 1)),
        (8, lambda a: np.rot90(a, -1)),
        (2, np.fliplr),
    ],
)
def test_exif_orientation_is_applied(orientation, turned):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(turned(picture())))
    decoded = decode(encoded(stored, quality=95, exif=exif))
    assert decoded.conversions == ("rotated by EXIF",)
    assert close(decoded.pixels, picture())


@pytest.mark.parametrize(
    ("data", "problem", "detail"),
    [
        (b"", "unreadable", "empty"),
        (b"I am a text file named .jpg", "unreadable", "not an image"),
        (JPEG[: len(JPEG) // 2], "truncated", ""),
        (JPEG[:20], "truncated", ""),
        (JPEG[:200] + b"\0" * 400, "truncated", ""),
    ],
)
def test_broken_files_have_a_reason(data, problem, detail):
    with pytest.raises(UnreadableImageError) as caught:
        decode(data)
    assert caught.value.problem == problem
    assert detail in caught.value.detail


def png_claiming(width, height):
    def chunk(name, body):
        return (
            len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")
        )

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    body = chunk(b"IDAT", zlib.compress(b"\0" * 10_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(9000, 9000), (60_000, 60_000)])
def test_a_decompression_bomb_is_refused_before_it_unfolds(size):
    assert size[0] * size[1] > MAX_PIXELS
    with pytest.raises(UnreadableImageError) as caught:
        decode(png_claiming(*size))
    assert caught.value.problem == "too large"


def test_scaled_decoding_keeps_the_asked_size_and_the_picture():
    large = cv2.resize(picture(), (640, 480))
    data = encoded(Image.fromarray(large), quality=95)
    small = decode(data, at_least=100).pixels
    assert 100 <= min(small.shape[:2]) < 480
    expected = to_square(large, 100)
    assert close(to_square(small, 100), expected)


def test_to_square_crops_the_centre_and_leaves_the_right_size_alone():
    wide = np.zeros((50, 90, 3), np.uint8)
    wide[:, 20:70] = 200
    np.testing.assert_array_equal(to_square(wide, 50), np.full((50, 50, 3), 200))
    assert to_square(wide, 20).shape == (20, 20, 3)
    assert to_square(wide, 130).shape == (130, 130, 3)
    assert to_square(wide, 20).min() == 200


def test_looks_like_an_image_by_first_bytes():
    assert looks_like_an_image(JPEG[:16])
    assert looks_like_an_image(encoded(Image.fromarray(picture()), "WEBP")[:16])
    assert not looks_like_an_image(b"RIFF....WAVEfmt ")


@settings(
    max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(
    edits=st.lists(
        st.tuples(st.integers(0, len(JPEG) - 1), st.binary(min_size=0, max_size=8)), max_size=6
    ),
    stop=st.integers(0, len(JPEG)),
    cut=st.booleans(),
)
def test_a_thousand_mutated_jpegs_are_decoded_or_refused(edits, stop, cut):
    data = bytearray(JPEG[:stop] if cut else JPEG)
    for place, patch in edits:
        data[place : place + len(patch)] = patch
    try:
        decoded = decode(bytes(data))
    except UnreadableImageError as error:
        assert error.problem in {"unreadable", "truncated", "too large"}
        assert error.detail
    else:
        assert decoded.pixels.dtype == np.uint8
        assert decoded.pixels.ndim == 3 and decoded.pixels.shape[2] == 3


def test_fingerprint_tells_files_from_pixels(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(Image.fromarray(picture()), "PNG"))
    (tmp_path / "b.png").write_bytes(encoded(Image.fromarray(picture()), "PNG", compress_level=1))
    first, second = (fingerprint(tmp_path / name) for name in ("a.png", "b.png"))
    assert first["sha256"] != second["sha256"]
    assert first["pixel_sha256"] == second["pixel_sha256"]
    assert (first["height"], first["width"]) == (48, 64)
    gone = fingerprint(tmp_path / "missing.jpg")
    assert gone["problem"] == "unreadable"


def bits_between(first, second):
    return int(np.bitwise_count(difference_hash(first) ^ difference_hash(second)).sum())


def test_difference_hash_bits_are_the_sign_of_the_horizontal_change():
    rising = np.repeat(np.linspace(0, 255, 170).astype(np.uint8)[None, :, None], 3, axis=2)
    rising = np.repeat(rising, 160, axis=0)
    assert np.bitwise_count(difference_hash(rising)).sum() == 256
    assert np.bitwise_count(difference_hash(rising[:, ::-1])).sum() == 0
    half = rising.copy()
    half[80:] = half[80:, ::-1]
    # The first two words are the upper eight rows.
    assert np.bitwise_count(difference_hash(half)).tolist() == [64, 64, 0, 0]


def test_copies_stay_near_and_other_pictures_far():
    original = picture(200, 200, seed=1)
    again = decode(encoded(Image.fromarray(original), quality=40)).pixels
    brighter = np.clip(original.astype(int) + 20, 0, 255).astype(np.uint8)
    other = picture(200, 200, seed=2)
    assert bits_between(original, again) <= 24
    assert bits_between(original, brighter) <= 24
    assert bits_between(original, other) > 60
    details = detail_image(original)
    assert detail_correlation(details, detail_image(again)) > 0.95
    assert detail_correlation(details, detail_image(np.roll(original, 6, axis=1))) > 0.9
    assert detail_correlation(details, detail_image(other)) < 0.8
    flat = np.full((50, 50, 3), 90, np.uint8)
    assert detail_correlation(detail_image(flat), details) == 0
