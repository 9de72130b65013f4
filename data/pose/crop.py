"""Pixels in: any image array to RGB, and anti-aliased similarity crops."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageOps

from basis.levels import as_bytes, on_byte_scale


def as_rgb(image: Any) -> np.ndarray:
    """Return an image ``(H, W)`` or ``(H, W, 1, 3 or 4)`` as uint8 RGB.

    Levels follow :func:`basis.levels.on_byte_scale`. One channel is repeated; a fourth channel is
    opacity and the picture is laid over white, as a browser shows it. The input itself comes back
    where nothing had to be changed. A picture of Pillow is taken upright and in the colours it
    shows, whatever it is stored as.
    """
    pixels = np.asarray(_as_shown(image) if isinstance(image, Image.Image) else image)
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4):
        raise ValueError(
            "an image must have shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), "
            f"not {np.shape(image)}"
        )
    if 0 in pixels.shape:
        raise ValueError(f"an image of shape {np.shape(image)} has no pixels")
    pixels = as_bytes(on_byte_scale(pixels[None], "the face mesh"))[0]
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    if pixels.shape[2] == 4:
        opacity = pixels[:, :, 3:].astype(np.float32) / 255
        return np.rint(pixels[:, :, :3] * opacity + 255 * (1 - opacity)).astype(np.uint8)
    return pixels


def _as_shown(image: Image.Image) -> Image.Image:
    """Return a picture of Pillow upright, its numbers grey levels or colours."""
    image = ImageOps.exif_transpose(image)
    if image.mode in ("L", "RGB", "RGBA") or image.mode.startswith(("I", "F")):
        return image
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def square_to_image(x: float, y: float, side: float, angle: float, size: int) -> np.ndarray:
    """Return the 2x3 similarity from a ``size`` px crop to the square of the image it shows.

    Centre and side in px, ``angle`` clockwise in radians.
    """
    scale = side / size
    a, b = scale * np.cos(angle), scale * np.sin(angle)
    half = size / 2
    return np.array([[a, -b, x - (a - b) * half], [b, a, y - (a + b) * half]])


def crop(image: np.ndarray, to_image: np.ndarray, size: int, border: int) -> np.ndarray:
    """Cut a crop of ``size`` px, without aliasing, by a similarity (2, 3) from crop to image."""
    corners = np.array([[x, y, 1] for x in (0, size) for y in (0, size)]) @ to_image.T
    height, width = image.shape[:2]
    # Only the neighbourhood of the crop is touched: OpenCV's warp refuses pictures wider than
    # 32,766 px, and shrinking a whole panorama for one face would be wasteful. One pixel of the
    # picture is kept even when the square lies outside, for the border mode to work with.
    shrink = int(np.sqrt(abs(np.linalg.det(to_image[:, :2]))))
    margin = max(2, shrink)  # one pixel and more of what is warped: its rim mixes with the border
    low, high = np.floor(corners.min(0)).astype(int), np.ceil(corners.max(0)).astype(int)
    left, top = np.clip(low - margin, 0, (width - 1, height - 1))
    right, bottom = np.clip(high + margin + 1, (left + 1, top + 1), (width, height))
    patch = image[top:bottom, left:right]
    matrix = to_image.astype(np.float64).copy()
    matrix[:, 2] -= (left, top)
    if shrink >= 2:
        # A bilinear warp reads four pixels; average first when it would skip some.
        new = max(1, patch.shape[1] // shrink), max(1, patch.shape[0] // shrink)
        scale = np.array(new) / (patch.shape[1], patch.shape[0])
        patch = cv2.resize(patch, new, interpolation=cv2.INTER_AREA)
        # Pixel centres lie at half-integers of the area that is resized.
        matrix[:, 2] = (matrix[:, 2] + 0.5) * scale - 0.5
        matrix[:, :2] *= scale[:, None]
    return cv2.warpAffine(
        patch,
        matrix,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=border,
    )
