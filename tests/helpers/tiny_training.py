"""A network and faces so small that a training takes seconds."""

from __future__ import annotations

from typing import Any

import numpy as np

TINY: dict[str, Any] = {
    "backbone": "test_efficientnet",
    "weights": None,
    "image_size": 32,
    "batch_size": 8,
    "random_state": 0,
    "threads": 1,
}


def noise_faces() -> tuple[np.ndarray, np.ndarray]:
    """Return 36 pictures of noise with ages and genders."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 255, (36, 32, 32, 3), dtype=np.uint8)
    return X, np.column_stack([rng.uniform(1, 80, 36), np.arange(36) % 2])
