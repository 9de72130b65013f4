"""Faces sharper than the training faces are softened before a CNN answers."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from pipelines import persistence
from pipelines.cnn.estimators import CnnAgeGender
from pipelines.images.sharpness import sharpness


def faces(n: int, softness: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    grain = gaussian_filter(rng.normal(size=(n, 48, 48, 3)), (0, softness, softness, 0))
    level = rng.integers(40, 200, n)
    X = level[:, None, None, None] + 30 * grain / grain.std()
    return X.clip(0, 255).astype(np.uint8), np.column_stack([level / 2.5, level > 120]).astype(
        float
    )


@pytest.fixture(scope="module")
def fitted() -> CnnAgeGender:
    cnn = CnnAgeGender(
        "tf_mobilenetv3_small_minimal_100",
        weights=None,
        image_size=48,
        epochs=2,
        batch_size=16,
        random_state=0,
        threads=1,
        precision="fp32",
        match_sharpness=0.5,
    )
    return cnn.fit(*faces(80, 2.0))


def test_sharp_faces_are_answered_as_their_softened_copies(fitted):
    X, _ = faces(12, 0.7, seed=1)
    as_they_are = copy.copy(fitted)
    as_they_are.sharpness_ = None
    softened = fitted.sharpness_.transform(X)
    assert (sharpness(softened) < 0.5 * sharpness(X)).all()
    np.testing.assert_array_equal(fitted.predict(X), as_they_are.predict(softened))
    assert not np.array_equal(fitted.predict(X), as_they_are.predict(X))
    soft, _ = faces(12, 3.0, seed=2)
    np.testing.assert_array_equal(fitted.predict(soft), as_they_are.predict(soft))


def test_the_limit_travels_with_the_model(fitted, tmp_path):
    X, _ = faces(12, 0.7, seed=1)
    loaded = persistence.load(persistence.save(fitted, tmp_path / "model"))
    np.testing.assert_array_equal(loaded.predict(X), fitted.predict(X))


def test_the_limit_travels_with_the_exported_file(fitted, tmp_path):
    pytest.importorskip("onnxscript", reason="extra onnx not installed")
    pytest.importorskip("onnxruntime", reason="extra onnx not installed")
    from pipelines.cnn.onnx.export import export_onnx
    from pipelines.cnn.onnx.runtime import OnnxAgeGender

    X, _ = faces(12, 0.7, seed=1)
    exported = OnnxAgeGender(export_onnx(fitted, tmp_path / "cnn.onnx"))
    np.testing.assert_allclose(exported.predict(X)[:, 0], fitted.predict(X)[:, 0], atol=2e-3)


def test_a_quantile_beyond_1_is_refused():
    with pytest.raises(ValueError, match="match_sharpness must be between 0 and 1"):
        CnnAgeGender(weights=None, match_sharpness=2).fit(*faces(8, 2.0))
