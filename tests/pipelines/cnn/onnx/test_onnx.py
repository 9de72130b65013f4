"""The exported file answers like the estimator; skipped without the extra ``onnx``."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.cnn.estimators import CnnAgeGender, CnnRegressor

pytest.importorskip("onnxscript", reason="extra onnx not installed")
pytest.importorskip("onnxruntime", reason="extra onnx not installed")

from pipelines.cnn.onnx.export import export_onnx
from pipelines.cnn.onnx.runtime import OnnxAgeGender


def _faces(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    level = rng.integers(40, 200, n)
    X = rng.normal(level[:, None, None, None], 25, (n, 64, 64, 3)).clip(0, 255).astype(np.uint8)
    return X, np.column_stack([level / 2.5, level > 120]).astype(float)


@pytest.fixture(scope="module")
def fitted():
    # a small net with TensorFlow's padding, so that the turned layers are exported too
    cnn = CnnAgeGender(
        "tf_mobilenetv3_small_minimal_100",
        weights=None,
        image_size=64,
        epochs=6,
        batch_size=16,
        random_state=0,
        threads=1,
        precision="fp32",
    )
    return cnn.fit(*_faces(160))


@pytest.fixture(scope="module")
def exported(fitted, tmp_path_factory):
    return export_onnx(fitted, tmp_path_factory.mktemp("onnx") / "cnn.onnx")


def test_parity(fitted, exported):
    X, _ = _faces(37, 1)
    expected, found = fitted.predict_all(X), OnnxAgeGender(exported, batch_size=16).answers(X)
    assert np.ptp(expected["age"]) > 0.1, "a constant would prove nothing"
    np.testing.assert_allclose(found["age"], expected["age"], atol=1e-3)
    np.testing.assert_allclose(found["p_female"], expected["p_female"], atol=1e-4)
    runtime = OnnxAgeGender(exported)
    np.testing.assert_allclose(runtime.predict(X)[:, 0], expected["age"], atol=1e-3)
    np.testing.assert_allclose(runtime.predict_gender_proba(X), expected["p_female"], atol=1e-4)


def test_intervals_travel_with_the_file(fitted, exported):
    X, _ = _faces(20, 1)
    for level in (0.5, 0.9):
        expected = fitted.predict_age_interval(X, level)
        found = OnnxAgeGender(exported).predict_age_interval(X, level)
        np.testing.assert_allclose(found, expected, atol=1e-2)


def test_without_mirror(fitted, tmp_path):
    X, _ = _faces(5, 1)
    path = export_onnx(fitted, tmp_path / "one.onnx", mirror=False)
    fitted_once = CnnAgeGender(**{**fitted.get_params(), "mirror": False})
    fitted_once.__dict__.update({k: v for k, v in vars(fitted).items() if k.endswith("_")})
    np.testing.assert_allclose(
        OnnxAgeGender(path).answers(X)["age"], fitted_once.predict(X)[:, 0], atol=1e-3
    )


def test_wrong_input(exported, tmp_path):
    runtime = OnnxAgeGender(exported)
    for wrong in (np.zeros((1, 32, 32, 3), np.uint8), np.zeros((0, 64, 64, 3), np.uint8)):
        with pytest.raises(ValueError, match=r"one or more uint8 images \(n, 64, 64, 3\)"):
            runtime.predict(wrong)


def test_an_estimator_of_one_question_is_refused(tmp_path):
    with pytest.raises(ValueError, match="only a CnnAgeGender can be exported, not a CnnRegressor"):
        export_onnx(CnnRegressor(), tmp_path / "age.onnx")
