"""Pictures: one decoder, one crop rule and one resize for everything that looks at a file.

The policy, the same for training, evaluation and single photographs, so that a face has the same
pixels whichever way it comes in:

1. *Decode* at the full size of the file to upright 8-bit RGB (EXIF rotation applied). Grey is
   repeated, 16 bit keeps the upper byte, transparent parts stand on white as in a browser, the
   first picture of an animation counts. JPEGs are never decoded at a half or a quarter: that is a
   second, sharper resize in front of ours, and the pixels would depend on the size of the file.
2. *Crop* to the central square, nothing is squeezed.
3. *Resize* by averaging over areas where the picture shrinks (no aliasing), by bicubic
   interpolation where it grows; the right size is left alone.

Plain JPEGs take libjpeg-turbo's short way; everything else (CMYK, 16 bit, PNG, WebP, AVIF, rotated
by EXIF, damaged) takes Pillow's, which knows more and is slower. A file that neither can read
raises ``UnreadableImageError`` with the audit's word for what is wrong with it.
"""

from __future__ import annotations

import importlib.metadata
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL
import simplejpeg
from PIL import ExifTags, Image, ImageOps

from .squares import to_square

try:
    import pillow_heif
except ImportError:
    _HEIF = ""
else:
    pillow_heif.register_heif_opener()
    _HEIF = f", pillow-heif {importlib.metadata.version('pillow-heif')}"

IMAGE_SUFFIXES = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif",
    ".heic", ".heif",
)  # fmt: skip
"""Names of picture files, in folders, archives and data sets, and for single photographs."""

VERSION = 2
"""Part of every cache key of pixels: raise it when the same file gives other pixels."""

DECODERS = (
    f"{VERSION}, simplejpeg {importlib.metadata.version('simplejpeg')}, Pillow {PIL.__version__}"
    f"{_HEIF}"
)
"""What decodes: another version may give other pixels, so caches of decoded pictures name it.

And a package that is installed later reads what could not be read before.
"""

MAX_PIXELS = 64_000_000
"""Larger images are refused before they are decoded: 64 megapixels are 192 MB of memory."""

_JPEG = b"\xff\xd8\xff"
_EXIF = b"Exif\x00\x00"
_PNG = b"\x89PNG\r\n\x1a\n"
_MAGIC = (_JPEG, _PNG, b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_AVIF = (b"avif", b"avis")
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


class UnreadableImageError(ValueError):
    """A file holds no image that can be used.

    Parameters
    ----------
    problem : {'unreadable', 'truncated', 'too large'}
        The audit's word for it.
    detail : str
        What the decoder said.

    Examples
    --------
    >>> from basis.pictures import UnreadableImageError, decode
    >>> try:
    ...     decode(b"")
    ... except UnreadableImageError as error:
    ...     print(error)
    unreadable: the file is empty
    """

    def __init__(self, problem: str, detail: str) -> None:
        super().__init__(f"{problem}: {detail}")
        self.problem = problem
        self.detail = detail


@dataclass(frozen=True)
class Picture:
    """A decoded image.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
        Upright RGB.
    conversions : tuple of str
        What had to be done beyond plain decoding, such as ``greyscale`` or ``rotated by EXIF``.

    Examples
    --------
    >>> import numpy as np
    >>> from basis.pictures import Picture
    >>> Picture(np.zeros((4, 6, 3), np.uint8), ("greyscale",)).conversions
    ('greyscale',)
    """

    pixels: np.ndarray
    conversions: tuple[str, ...] = ()


def looks_like_an_image(head: bytes) -> bool:
    """Tell from the first 16 bytes whether a file without a telling name is an image.

    Parameters
    ----------
    head : bytes
        The file's beginning, 16 bytes or more.

    Returns
    -------
    bool
        Whether it begins as JPEG, PNG, GIF, BMP, TIFF, WebP, AVIF or HEIC do.

    Examples
    --------
    >>> from basis.pictures import looks_like_an_image
    >>> looks_like_an_image(b"GIF89a"), looks_like_an_image(b"%PDF-1.7")
    (True, False)
    """
    boxed = head[8:12] if head[4:8] == b"ftyp" else b""
    return (
        head.startswith(_MAGIC)
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or boxed in _AVIF + _HEIC
    )


def decode(data: bytes) -> Picture:
    """Decode one image file at its full size.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    Picture
        Upright 8-bit RGB, and what had to be done for it.

    Raises
    ------
    UnreadableImageError
        If the file is no image, is cut off, or has more than ``MAX_PIXELS`` pixels.

    Examples
    --------
    >>> import io
    >>> from PIL import Image
    >>> from basis.pictures import decode
    >>> file = io.BytesIO()
    >>> Image.new("L", (6, 4)).save(file, "PNG")
    >>> picture = decode(file.getvalue())
    >>> picture.pixels.shape, picture.conversions
    ((4, 6, 3), ('greyscale',))
    """
    if data.startswith(_JPEG) and data.find(_EXIF, 0, 65536) < 0:
        picture = _decode_plain_jpeg(data)
        if picture is not None:
            return picture
    return _decode_with_pillow(data)


def read_square(path: str | Path, size: int) -> np.ndarray:
    """Return an image file as every model sees it: ``to_square(decode(...).pixels, size)``.

    Parameters
    ----------
    path : str or Path
        The file.
    size : int
        Side in pixels.

    Returns
    -------
    ndarray of uint8, shape (size, size, 3)
        RGB.

    Raises
    ------
    UnreadableImageError
        If the file is not a readable image.
    OSError
        If it cannot be opened.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from PIL import Image
    >>> from basis.pictures import read_square
    >>> file = Path(tempfile.mkdtemp()) / "red.png"
    >>> Image.new("RGB", (60, 40), "red").save(file)
    >>> read_square(file, 32).shape
    (32, 32, 3)
    """
    return to_square(decode(Path(path).read_bytes()).pixels, size)


def _decode_plain_jpeg(data: bytes) -> Picture | None:
    """Return the picture, or None where Pillow has to look at the file."""
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
        if colours not in ("YCbCr", "Gray", "RGB") or height * width > MAX_PIXELS:
            return None
        pixels = simplejpeg.decode_jpeg(data, "RGB", strict=True)
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
    # Pillow's decoders raise whatever their format makes them stumble on.
    except Exception as error:
        raise UnreadableImageError(*_diagnosis(data, error)) from error


def _diagnosis(data: bytes, error: Exception) -> tuple[str, str]:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if not data:
        return "unreadable", "the file is empty"
    if not looks_like_an_image(data[:16]):
        return "unreadable", "the file is not an image"
    if data[8:12] in _HEIC and data[4:8] == b"ftyp" and "cannot identify" in text:
        return "unreadable", "a HEIC picture needs another package: pip install pillow-heif"
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
    if image.has_transparency_data:
        opaque = Image.new("RGBA", image.size, "white")
        opaque.alpha_composite(image.convert("RGBA"))
        image = opaque
    return Picture(np.asarray(image.convert("RGB")), tuple(conversions))
