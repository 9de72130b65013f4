"""The same code on a GPU; runs where one is present."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pipelines.cnn.estimators import CnnAgeGender
from pipelines.cnn.gradcam import grad_cam
from pipelines.cnn.training.settings import choose_device
from pipelines.persistence import load, save

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")


@pytest.fixture(scope="module")
def faces():
    rng = np.random.default_rng(0)
    level = rng.integers(40, 200, 96)
    X = rng.normal(level[:, None, None, None], 25, (96, 64, 64, 3)).clip(0, 255).astype(np.uint8)
    return X, np.column_stack([level / 2.5, level > 120]).astype(float)


@pytest.fixture(scope="module")
def fitted(faces):
    return CnnAgeGender(weights=None, image_size=64, epochs=3, batch_size=16, random_state=0).fit(
        *faces
    )


def test_training_takes_the_gpu_by_itself(fitted):
    assert choose_device("auto") == "cuda"
    assert fitted.device_ == "cuda"
    assert next(fitted.net_.module_.parameters()).is_cuda


def test_answers_on_the_processor_are_the_same(fitted, faces, tmp_path):
    expected = fitted.predict_all(faces[0])
    again = load(save(fitted, tmp_path))
    again.net_.module_.cpu()
    again.net_.device = "cpu"
    found = again.predict_all(faces[0])
    np.testing.assert_allclose(found["age"], expected["age"], atol=0.05)
    np.testing.assert_allclose(found["p_female"], expected["p_female"], atol=0.01)


def test_explanation(fitted, faces):
    assert grad_cam(fitted, faces[0][:4], "age").shape == (4, 64, 64)


def test_training_continues_from_a_checkpoint(faces, tmp_path):
    options = {"weights": None, "image_size": 64, "batch_size": 16, "random_state": 0}
    steps: list[int] = []

    class KilledError(Exception):
        pass

    def kill(_stage: str, done: int, _total: int) -> None:
        steps.append(done)
        if done == 9:
            raise KilledError

    with pytest.raises(KilledError):
        CnnAgeGender(epochs=3, checkpoint=tmp_path, progress=kill, **options).fit(*faces)
    steps.clear()
    resumed = CnnAgeGender(
        epochs=3, checkpoint=tmp_path, progress=lambda *s: steps.append(s[1]), **options
    ).fit(*faces)
    assert steps[0] > 1, "the first epoch was not repeated"
    assert len(resumed.training_.history) == 3
