"""Decoding: every kind of image file gives the same upright RGB, broken ones a reason."""

import io
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from basis.pictures import (
    IMAGE_SUFFIXES,
    MAX_PIXELS,
    UnreadableImageError,
    decode,
    looks_like_an_image,
    read_square,
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


HEIC = b"\0\0\0\x18ftypheic" + b"\0\0\0\0mif1heic" + b"\0" * 64


def close(first, second, tolerance=6):
    return np.abs(first.astype(int) - second.astype(int)).mean() < tolerance


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "AVIF"])
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


@pytest.mark.parametrize("size", [48, 64, 100, 128])
def test_a_large_jpeg_is_averaged_from_its_full_size(tmp_path, size):
    data = encoded(Image.fromarray(picture(480, 640)), quality=95)
    (tmp_path / "large.jpg").write_bytes(data)
    full = np.asarray(Image.open(io.BytesIO(data)))[:, 80:560]
    assert decode(data).pixels.shape == (480, 640, 3)
    expected = cv2.resize(full.copy(), (size, size), interpolation=cv2.INTER_AREA)
    assert close(read_square(tmp_path / "large.jpg", size), expected, 0.2)


@pytest.mark.parametrize(("mode", "told"), [("RGBA", "RGBA"), ("LA", "greyscale")])
def test_what_is_transparent_stands_on_white(mode, told):
    see_through = Image.new("RGBA", (40, 30), (200, 10, 10, 0))
    see_through.paste((0, 0, 0, 255), (0, 0, 20, 30))
    decoded = decode(encoded(see_through.convert(mode), "PNG"))
    assert (decoded.pixels[:, :20] == 0).all() and (decoded.pixels[:, 20:] == 255).all()
    assert told in decoded.conversions


def test_a_palette_with_a_transparent_colour_stands_on_white():
    image = Image.frombytes("P", (16, 16), np.arange(4, dtype=np.uint8).repeat(64).tobytes())
    image.putpalette([9, 9, 9, 80, 80, 80, 160, 160, 160, 240, 240, 240])
    pixels = decode(encoded(image, "GIF", transparency=1)).pixels
    assert pixels[:, :, 0].reshape(4, -1).mean(axis=1).tolist() == [9, 255, 160, 240]


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
    assert looks_like_an_image(encoded(Image.fromarray(picture()), "AVIF")[:16])
    assert looks_like_an_image(HEIC[:16])
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


def test_a_heic_picture_names_what_reads_it():
    with pytest.raises(UnreadableImageError, match=r"heif|unreadable"):
        decode(HEIC)
    assert {".heic", ".avif", ".gif"} <= set(IMAGE_SUFFIXES)
