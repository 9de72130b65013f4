"""From a render to a photograph: background, colour, blur, noise, JPEG."""

from __future__ import annotations

import cv2
import numpy as np


def background(rng: np.random.Generator, size: int, photo: dict) -> np.ndarray:
    """Draw a blurred backdrop: one uneven colour with soft lumps of others."""
    base = np.array([photo[f"background_{c}"] for c in ("red", "green", "blue")])
    base = base.mean() + 0.3 * (base - base.mean())
    cells = int(photo["background_cells"])
    lumps = rng.normal(0, 1, (cells, cells, 3)) * 0.2 + rng.normal(0, 1, (cells, cells, 1))
    lumps = cv2.resize(lumps.astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    slope = rng.normal(0, 0.15, 2)
    ramp = np.linspace(-1, 1, size)
    uneven = slope[0] * ramp[None, :, None] + slope[1] * ramp[:, None, None]
    return np.clip(base + uneven + photo["background_texture"] * 0.35 * lumps, 0, 1)


def develop(rng: np.random.Generator, render: np.ndarray, photo: dict) -> np.ndarray:
    """Compose and develop; RGB uint8."""
    size = len(render)
    alpha = render[..., 3:]
    image = render[..., :3] * alpha + background(rng, size, photo) * (1 - alpha)
    image = image**2.2 * 2 ** photo["exposure"]
    image *= [photo["cast_red"], photo["cast_green"], photo["cast_blue"]]
    # A shoulder instead of a hard clip keeps forms in bright skin.
    image = np.where(image > 0.6, 0.6 + 0.4 * np.tanh((image - 0.6) / 0.4), image)
    image = np.clip(image, 0, 1) ** (1 / 2.2)
    grey = image @ np.array([0.299, 0.587, 0.114])
    image = grey[..., None] + photo["saturation"] * (image - grey[..., None])
    image = 0.5 + photo["contrast"] * (image - 0.5)
    if photo["greyscale"]:
        image = np.repeat(grey[..., None], 3, 2)
    if photo["mirrored"]:
        image = image[:, ::-1]
    if photo["blur"] > 0.2:
        image = cv2.GaussianBlur(image, (0, 0), photo["blur"])
    noise = rng.normal(0, photo["noise"], (size, size, 1)) + rng.normal(
        0, photo["noise"] / 2, (size, size, 3)
    )
    if photo["greyscale"]:
        noise = noise.mean(2, keepdims=True)
    return np.clip((image + noise) * 255 + 0.5, 0, 255).astype(np.uint8)


def encode(image: np.ndarray, photo: dict) -> bytes:
    """JPEG bytes at the drawn quality."""
    # Optimised Huffman tables: the same pixels in 8% fewer bytes.
    options = [cv2.IMWRITE_JPEG_QUALITY, int(photo["jpeg_quality"]), cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    done, data = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), options)
    if not done:
        raise RuntimeError("OpenCV could not encode a JPEG.")
    return data.tobytes()
