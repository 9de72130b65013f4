"""Fine detail: lost by blur, few pixels and compression, exaggerated by sharpening."""

from __future__ import annotations

import cv2
import numpy as np
import simplejpeg

from ..chip import eyes, pixels
from ..condition import condition, octaves_from

_MASK_SIGMA = 1.5  # px of a 200 px chip: what cameras and phones sharpen


def _soft(image: np.ndarray, sigma: float) -> np.ndarray:
    """Return a Gaussian blur in floating point; edges are continued."""
    wide = image.astype(np.float32)
    return cv2.GaussianBlur(wide, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)


def _to_bytes(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


@condition(
    "blur",
    title="Blur",
    unit="px (standard deviation, of a 200 px chip)",
    summary="Gaussian blur",
    levels=(1, 2, 4, 8),
    within=(0, 40),
)
def blur(image: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """Blur by a Gaussian of so many pixels."""
    return _to_bytes(_soft(image, pixels(level, image))) if level else image.copy()


@condition(
    "sharpen",
    title="Sharpening",
    unit="dB (gain of the finest detail)",
    summary="unsharp mask of 1.5 px",
    levels=(3, 6, 12),
    within=(0, 24),
)
def sharpen(image: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """Add what a small blur takes away, so often that fine detail grows by so many decibels."""
    soft = _soft(image, pixels(_MASK_SIGMA, image))
    return _to_bytes(soft + 10 ** (level / 20) * (image - soft))


@condition(
    "resolution",
    title="Resolution",
    unit="px between the pupils",
    summary="shrunk by averaging and enlarged again",
    levels=(40, 20, 10, 6),
    within=(2, 400),
    identity=400,
    harm=octaves_from(400),
)
def resolution(image: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """Keep so many pixels between the pupils; a picture that has no more is left as it is."""
    side = image.shape[0]
    small = max(round(level / eyes()[2]), 1)
    if small >= side:
        return image.copy()
    few = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
    return cv2.resize(few, (side, side), interpolation=cv2.INTER_CUBIC)


@condition(
    "jpeg",
    title="JPEG compression",
    unit="quality (libjpeg, 4:2:0)",
    summary="written as JPEG and read again",
    levels=(50, 20, 5),
    within=(1, 101),
    identity=101,
)
def jpeg(image: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """Compress with libjpeg's quality (1 to 100); 101 stands for not compressed."""
    if level > 100:
        return image.copy()
    content = simplejpeg.encode_jpeg(
        np.ascontiguousarray(image), quality=int(level), colorsubsampling="420"
    )
    return simplejpeg.decode_jpeg(content, "RGB")
