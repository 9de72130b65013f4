"""A face has the same pixels whichever way it comes in."""

import cv2
import numpy as np
import pytest
from PIL import Image

from basis.pictures import decode
from data.images.store import open_pixels
from pipelines import LoadImages
from study.models.model import Model


def photos(folder):
    """Write pictures of several kinds, sizes and shapes; return their paths."""
    kinds = {
        "square.jpg": (200, 200), "smaller.jpg": (176, 176), "wide.jpg": (150, 260),
        "high.png": (333, 210), "large.jpg": (900, 1200), "tiny.webp": (40, 44),
    }  # fmt: skip
    paths = []
    for number, (name, (height, width)) in enumerate(kinds.items()):
        noise = np.random.default_rng(number).normal(128, 60, (height // 4, width // 4, 3))
        grown = cv2.resize(noise.clip(0, 255).astype(np.uint8), (width, height))
        paths.append(folder / name)
        Image.fromarray(grown).save(paths[-1])
    return paths


@pytest.mark.parametrize("size", [48, 56, 64, 80, 96, 100, 112, 128, 144, 160, 176, 200, 224])
def test_loader_store_and_model_see_equal_pixels(tmp_path, size):
    paths = photos(tmp_path)
    loaded = LoadImages(size).fit_transform(paths)
    stored = open_pixels(paths, size, tmp_path / "store.npy")
    model = Model.__new__(Model)  # what resizes crops needs no estimator
    model.image_size = size
    answered = [model._resized(decode(path.read_bytes()).pixels[None])[0] for path in paths]
    np.testing.assert_array_equal(loaded, stored)
    np.testing.assert_array_equal(loaded, np.stack(answered))
