"""CNN estimators on disk: bit-equal answers, no pickle, damage noticed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import VotingRegressor
from sklearn.linear_model import LogisticRegression, Ridge

from pipelines.age_gender import AgeGender
from pipelines.cnn.batches.augment import Augmentation
from pipelines.cnn.estimators import CnnAgeGender, CnnClassifier, CnnRegressor
from pipelines.cnn.features import TimmFeatures
from pipelines.cnn.training.settings import explained_memory
from pipelines.persistence import load, save

OPTIONS = {"weights": None, "image_size": 32, "epochs": 1, "random_state": 0, "threads": 1}


def _faces() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.integers(0, 255, (24, 40, 40, 3), dtype=np.uint8)
    return X, np.column_stack([rng.uniform(1, 80, 24), np.arange(24) % 2])


@pytest.mark.parametrize("backbone", ["tf_efficientnet_lite0", "test_resnet", "test_vit"])
def test_loaded_estimator_answers_bit_equal(tmp_path, backbone):
    X, Y = _faces()
    cnn = CnnAgeGender(backbone, **OPTIONS, augment=Augmentation(mirror=0.3), progress=print)
    cnn.fit(X, Y)
    torch.manual_seed(5)
    expected_draw = torch.rand(1)
    torch.manual_seed(5)
    again = load(save(cnn, tmp_path))
    assert torch.equal(torch.rand(1), expected_draw)
    assert len(np.unique(cnn.predict_all(X)["age"])) > 12, "a constant would prove nothing"
    for name, value in cnn.predict_all(X).items():
        np.testing.assert_array_equal(again.predict_all(X)[name], value)
    assert again.training_ == cnn.training_
    assert again.augment == cnn.augment
    assert {path.name for path in tmp_path.iterdir()} == {
        "estimator.skops",
        "tensors.safetensors",
        "model.json",
    }
    assert cnn.predict(X).shape == (24, 2), "saving must not take the network away"


def test_single_questions_and_composites(tmp_path):
    X, Y = _faces()
    age = CnnRegressor("test_resnet", **OPTIONS).fit(X, Y[:, 0])
    np.testing.assert_array_equal(load(save(age, tmp_path / "a")).predict(X), age.predict(X))
    gender = CnnClassifier("test_resnet", **OPTIONS).fit(X, Y[:, 1])
    again = load(save(gender, tmp_path / "g"))
    np.testing.assert_array_equal(again.predict_proba(X), gender.predict_proba(X))
    voting = VotingRegressor([("cnn", age), ("ridge", DummyRegressor())]).fit(X, Y[:, 0])
    again = load(save(voting, tmp_path / "v"))
    np.testing.assert_array_equal(again.predict(X), voting.predict(X))
    assert again.named_estimators_["cnn"] is again.estimators_[0], "kept once"
    frozen = AgeGender(
        Ridge(), LogisticRegression(), TimmFeatures("test_resnet", weights=None), random_state=0
    ).fit(X, Y)
    np.testing.assert_array_equal(load(save(frozen, tmp_path / "f")).predict(X), frozen.predict(X))


def test_tensors_of_another_architecture(tmp_path):
    X, Y = _faces()
    light, arrays = CnnRegressor("test_resnet", **OPTIONS).fit(X, Y[:, 0]).detach_tensors()
    light.backbone = "test_efficientnet"
    with pytest.raises(ValueError, match="not those of a test_efficientnet"):
        light.attach_tensors(arrays)


def test_another_error_that_mentions_memory_is_left_alone():
    with (
        pytest.raises(RuntimeError, match="illegal memory access"),
        explained_memory(8, 32),
    ):
        raise RuntimeError("CUDA error: an illegal memory access was encountered")


def test_out_of_memory_names_the_batch(monkeypatch):
    def full(*args: object, **kwargs: object) -> None:
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr("pipelines.cnn.network.network.FaceNetwork.features", full)
    with pytest.raises(MemoryError, match="batches of 18 images of 32 px: try batch_size=9"):
        CnnRegressor("test_resnet", **OPTIONS, norm="batch").fit(*(_faces()[0], _faces()[1][:, 0]))
