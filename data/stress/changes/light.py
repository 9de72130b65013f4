"""Light and colour: exposure, contrast, the noise of a sensor, colour taken away."""

from __future__ import annotations

import cv2
import numpy as np

from ..condition import condition


def _linear(grey: np.ndarray) -> np.ndarray:
    """Return the light behind sRGB values 0..1 (IEC 61966-2-1)."""
    return np.where(grey <= 0.04045, grey / 12.92, ((grey + 0.055) / 1.055) ** 2.4)


def _encoded(light: np.ndarray) -> np.ndarray:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def _by_table(image: np.ndarray, values: np.ndarray) -> np.ndarray:
    return cv2.LUT(image, np.clip(np.rint(values), 0, 255).astype(np.uint8))


@condition(
    "brightness",
    title="Exposure",
    unit="stops",
    summary="so many times twice the light (less: below 0), clipped as a camera clips",
    levels=(-3, -1.5, 0.75, 1.5),
    within=(-6, 4),
)
def brightness(image: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """Multiply the light by ``2 ** level``; sRGB values are made linear for it."""
    return _by_table(image, 255 * _encoded(np.minimum(_linear(np.arange(256) / 255) * 2**level, 1)))


@condition(
    "contrast",
    title="Contrast",
    unit="dB",
    summary="distance of every value from the picture's mean grey",
    levels=(-12, -6, 6, 12),
    within=(-40, 24),
)
def contrast(image: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """Stretch (above 0) or flatten values about the mean grey of the picture."""
    mean = float(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).mean())
    return _by_table(image, mean + 10 ** (level / 20) * (np.arange(256) - mean))


@condition(
    "noise",
    title="Noise",
    unit="grey levels of 255 (standard deviation)",
    summary="Gaussian noise, each pixel and colour on its own",
    levels=(8, 16, 32),
    within=(0, 128),
)
def noise(image: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """Add noise; the same pattern at every level, stronger."""
    pattern = rng.standard_normal(image.shape, dtype=np.float32)
    return np.clip(np.rint(image + np.float32(level) * pattern), 0, 255).astype(np.uint8)


@condition(
    "grey",
    title="Less colour",
    unit="% of colour taken away",
    summary="each pixel moved towards its grey (ITU-R BT.601)",
    levels=(50, 75, 100),
    within=(0, 100),
)
def grey(image: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """Take colour away; 100 is a black-and-white picture."""
    luma = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float32)
    return np.rint(luma + (1 - level / 100) * (image - luma)).clip(0, 255).astype(np.uint8)
