"""Scores on select: as the faces are, and on changed copies."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from pipelines.images.sharpness import sharpness
from study.engine.select import CHANGED_FACES, CHANGES, select_score


class Parts:
    """Faces of one level of grain, whose truth is 40 years and male."""

    def __init__(self, n: int = 30) -> None:
        rng = np.random.default_rng(0)
        self.images = rng.integers(100, 156, (n, 64, 64, 3), dtype=np.uint8)
        self.faces = pd.DataFrame({"face_id": [f"f{k}" for k in range(n)]})

    def rows(self, part: str) -> np.ndarray:
        return np.arange(len(self.images))

    def xy(self, part: str) -> tuple[np.ndarray, np.ndarray]:
        return self.images, np.tile([40.0, 0.0], (len(self.images), 1))


def test_a_contender_that_reads_grain_as_age_is_found_out():
    parts = Parts()
    home = np.median(sharpness(parts.images))

    def by_grain(images):
        factor = sharpness(images) / home
        return np.column_stack([40 + 10 * np.abs(np.log(factor)), np.zeros(len(images))])

    steady = SimpleNamespace(predict=lambda images: np.tile([43.0, 0.0], (len(images), 1)))
    found = select_score(SimpleNamespace(predict=by_grain), parts)
    assert found["mae"] < 2
    assert found["mae_changed"] > 8
    assert found["accuracy"] == 1
    assert select_score(steady, parts)["mae_changed"] == 3


def test_only_a_sample_is_changed():
    parts, asked = Parts(CHANGED_FACES + 50), []

    def predict(images):
        asked.append(len(images))
        return np.zeros((len(images), 2))

    select_score(SimpleNamespace(predict=predict), parts)
    assert asked == [CHANGED_FACES + 50, *([CHANGED_FACES] * len(CHANGES))]
