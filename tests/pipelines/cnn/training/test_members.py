"""Several networks that answer as one estimator."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch

from pipelines.cnn.estimators import CnnAgeGender, CnnClassifier
from pipelines.cnn.gradcam import grad_cam
from pipelines.persistence import load, save

OPTIONS = {
    "weights": None,
    "image_size": 32,
    "epochs": 2,
    "batch_size": 16,
    "random_state": 0,
    "threads": 1,
    "precision": "fp32",
}


def _faces(n: int = 48) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    level = rng.integers(40, 200, n)
    X = rng.normal(level[:, None, None, None], 30, (n, 32, 32, 3)).clip(0, 255).astype(np.uint8)
    return X, np.column_stack([level / 2.5, level > 120]).astype(float)


@pytest.fixture(scope="module")
def two():
    return CnnAgeGender("test_resnet", members=2, **OPTIONS).fit(*_faces())


def test_members_that_differ_answer_with_their_mean_distribution(two):
    X, Y = _faces()
    one = CnnAgeGender("test_resnet", **OPTIONS).fit(X, Y)
    alone, p = [], []
    for member in two.net_.module_.members:
        one.net_.module_.load_state_dict(member.state_dict())
        alone.append(one._answers(X))
        views = next(one.net_.outputs(X, size=one.image_size, batch_size=len(X), mirror=one.mirror))
        p += [view["age"].softmax(1) for view in views]
    assert np.abs(alone[0].age - alone[1].age).max() > 0.1
    both = two._answers(X)
    median, spread = one._head().decode([torch.stack(p).mean(0).log()])
    np.testing.assert_allclose(both.age, median, rtol=1e-5)
    np.testing.assert_allclose(both.spread, spread, rtol=1e-4)
    np.testing.assert_allclose(
        both.gender_logit, (alone[0].gender_logit + alone[1].gender_logit) / 2, atol=1e-6
    )
    assert (both.spread**2 > (alone[0].spread ** 2 + alone[1].spread ** 2) / 2 - 1e-3).all()


def test_the_first_member_is_the_network_trained_alone(two):
    one = CnnAgeGender("test_resnet", **OPTIONS).fit(*_faces())
    first = two.net_.module_.members[0].state_dict()
    for name, value in one.net_.module_.state_dict().items():
        np.testing.assert_array_equal(first[name].numpy(), value.numpy())


def test_record_counts_all_members(two):
    record = two.training_
    assert [(row["member"], row["epoch"]) for row in record.history] == [
        (1, 1), (1, 2), (2, 1), (2, 2)
    ]  # fmt: skip
    assert len(record.best_epochs) == 2
    each = [sum(p.numel() for p in m.parameters()) for m in two.net_.module_.members]
    assert record.n_parameters == two.n_parameters_ == sum(each)


def test_saved_and_pickled_answers_are_bit_equal(two, tmp_path):
    X, _ = _faces()
    expected = two.predict_all(X)
    for again in (load(save(two, tmp_path)), pickle.loads(pickle.dumps(two))):
        assert len(again.net_.module_.members) == 2
        for name, value in again.predict_all(X).items():
            np.testing.assert_array_equal(value, expected[name])


def test_explanation_is_the_mean_of_members(two):
    X, _ = _faces(4)
    maps = grad_cam(two, X, "age", reduction=8)
    one = CnnAgeGender("test_resnet", **OPTIONS).fit(*_faces())
    total = np.zeros_like(maps)
    for member in two.net_.module_.members:
        one.net_.module_.load_state_dict(member.state_dict())
        total += grad_cam(one, X, "age", reduction=8)
    assert total.max() > 0
    np.testing.assert_allclose(maps, total / total.max((1, 2), keepdims=True), atol=1e-3)
    with pytest.raises(ValueError, match="answers age, gender, not 'beard'"):
        grad_cam(two, X, "beard")


def test_exported_file_asks_every_member(two, tmp_path):
    pytest.importorskip("onnxscript", reason="extra onnx not installed")
    from pipelines.cnn.onnx.export import export_onnx
    from pipelines.cnn.onnx.runtime import OnnxAgeGender

    X, _ = _faces()
    expected, found = two.predict_all(X), OnnxAgeGender(export_onnx(two, tmp_path / "x.onnx"))
    answers = found.predict_all(X)
    np.testing.assert_allclose(answers["age"], expected["age"], atol=1e-3)
    np.testing.assert_allclose(answers["interval"], expected["interval"], atol=1e-2)
    np.testing.assert_allclose(answers["p_female"], expected["p_female"], atol=1e-4)


def test_another_member_repeats_no_training(tmp_path):
    X, Y = _faces()
    steps: list[tuple[int, int]] = []
    options = {**OPTIONS, "checkpoint": tmp_path, "progress": lambda _, *s: steps.append(s)}
    CnnAgeGender("test_resnet", **options).fit(X, Y)
    of_one = len(steps)
    assert steps[-1] == (of_one, of_one)
    steps.clear()
    CnnAgeGender("test_resnet", members=2, **options).fit(X, Y)
    assert steps == [(of_one + i, 2 * of_one) for i in range(1, of_one + 1)]


def test_single_question_and_wrong_number():
    X, Y = _faces()
    gender = CnnClassifier("test_resnet", members=2, **OPTIONS).fit(X, Y[:, 1])
    assert gender.predict_proba(X).shape == (48, 2)
    with pytest.raises(ValueError, match="members must be at least 1, got 0"):
        CnnAgeGender(members=0).fit(X, Y)
