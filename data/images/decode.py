"""From the bytes of an image file to upright 8-bit RGB pixels, whatever the file holds.

Plain JPEGs take libjpeg-turbo's short way; everything else (CMYK, 16 bit, PNG, WebP, rotated by
EXIF, damaged) takes Pillow's, which knows more and is slower. A file that neither can read raises
``UnreadableImageError`` with the audit's word for what is wrong with it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np
import simplejpeg
from PIL import ExifTags, Image, ImageOps

from data.errors import DataError

MAX_PIXELS = 64_000_000
"""Larger images are refused before they are decoded: 64 megapixels are 192 MB of memory."""

_JPEG = b"\xff\xd8\xff"
_EXIF = b"Exif\x00\x00"
_PNG = b"\x89PNG\r\n\x1a\n"
_MAGIC = (_JPEG, _PNG, b"GIF8", b"BM", b"II*\x00", b"MM\x00*")


class UnreadableImageError(DataError):
    """A file holds no image that can be used.

    Attributes
    ----------
    problem : {'unreadable', 'truncated', 'too large'}
        The audit's word for it.
    """

    def __init__(self, problem: str, detail: str) -> None:
        super().__init__(f"{problem}: {detail}")
        self.problem = problem
        self.detail = detail


@dataclass(frozen=True)
class Picture:
    """A decoded image.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
        Upright RGB.
    conversions : tuple of str
        What had to be done beyond plain decoding, such as ``greyscale`` or ``rotated by EXIF``.
    """

    pixels: np.ndarray
    conversions: tuple[str, ...] = ()


def looks_like_an_image(head: bytes) -> bool:
    """Tell from the first 16 bytes whether a file without a telling name is an image."""
    return head.startswith(_MAGIC) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def decode(data: bytes, at_least: int | None = None) -> Picture:
    """Decode one image file.

    Parameters
    ----------
    data : bytes
        The file.
    at_least : int or None
        A JPEG may be decoded at a half, a quarter or an eighth of its size as long as both sides
        keep this many pixels; that is several times faster for photographs of megapixels.

    Raises
    ------
    UnreadableImageError
        If the file is no image, is cut off, or has more than ``MAX_PIXELS`` pixels.
    """
    if data.startswith(_JPEG) and data.find(_EXIF, 0, 65536) < 0:
        picture = _decode_plain_jpeg(data, at_least)
        if picture is not None:
            return picture
    return _decode_with_pillow(data)


def _decode_plain_jpeg(data: bytes, at_least: int | None) -> Picture | None:
    """Return the picture, or None where Pillow has to look at the file."""
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
        if colours not in ("YCbCr", "Gray", "RGB") or height * width > MAX_PIXELS:
            return None
        scale = {"min_height": at_least, "min_width": at_least, "min_factor": 2} if at_least else {}
        pixels = simplejpeg.decode_jpeg(data, "RGB", strict=True, **scale)
    except (ValueError, RuntimeError):
        return None
    return Picture(pixels, ("greyscale",) if colours == "Gray" else ())


def _decode_with_pillow(data: bytes) -> Picture:
    try:
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise UnreadableImageError(
                    "too large",
                    f"{width} x {height} pixels, more than {MAX_PIXELS // 10**6} megapixels",
                )
            image.load()
            return _upright_rgb(image, data)
    except UnreadableImageError:
        raise
    except Image.DecompressionBombError as error:
        raise UnreadableImageError("too large", str(error)) from error
    except (
        Exception
    ) as error:  # Pillow's decoders raise whatever their format makes them stumble on
        raise UnreadableImageError(*_diagnosis(data, error)) from error


def _diagnosis(data: bytes, error: Exception) -> tuple[str, str]:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if not data:
        return "unreadable", "the file is empty"
    if not looks_like_an_image(data[:16]):
        return "unreadable", "the file is not an image"
    if "truncated" in text or "broken data stream" in text or "premature" in text.lower():
        return "truncated", text
    # A JPEG that was cut off lacks its end marker, whatever the decoder says about it.
    if data.startswith(_JPEG) and b"\xff\xd9" not in data[-64:]:
        return "truncated", text
    return "unreadable", text


def _upright_rgb(image: Image.Image, data: bytes) -> Picture:
    conversions = []
    if image.getexif().get(ExifTags.Base.Orientation, 1) not in (0, 1):
        image = ImageOps.exif_transpose(image)
        conversions.append("rotated by EXIF")
    if image.mode.startswith("I") or (data.startswith(_PNG) and data[24:25] == b"\x10"):
        conversions.append("16 bit")
    if image.mode in ("1", "L", "LA") or image.mode.startswith("I"):
        conversions.append("greyscale")
    elif image.mode in ("CMYK", "P", "RGBA", "PA", "YCbCr", "LAB", "HSV", "F"):
        conversions.append(image.mode)
    if image.mode.startswith("I"):
        # Pillow clips 16-bit grey at 255 when asked for 8 bit; the upper byte is what is meant.
        wide = np.clip(np.asarray(image).astype(np.int64), 0, 65535)
        image = Image.fromarray((wide >> 8).astype(np.uint8))
    return Picture(np.asarray(image.convert("RGB")), tuple(conversions))


def to_square(pixels: np.ndarray, size: int) -> np.ndarray:
    """Return the central square of an image, resized to ``(size, size, 3)``.

    Shrinking averages over areas (no aliasing), enlarging is bicubic. An image that has the size
    already is returned as it is.
    """
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = pixels[top : top + side, left : left + side]
    if side == size:
        return square
    method = cv2.INTER_AREA if side > size else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(square), (size, size), interpolation=method)
