"""scikit-learn's conventions, for the estimators of one question and the frozen features.

``CnnAgeGender`` passes the longer list of ``check_image_estimator``; these three have other
targets and answers. scikit-learn's own suite feeds tables, which are no images.
"""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from pipelines.cnn.estimators import CnnClassifier, CnnRegressor
from pipelines.cnn.features import TimmFeatures

SMALL = {"backbone": "test_efficientnet", "weights": None, "image_size": 32, "threads": 1}
TRAINED = {**SMALL, "epochs": 1, "batch_size": 16, "random_state": 0}
ESTIMATORS = {
    "regressor": CnnRegressor(**TRAINED),
    "classifier": CnnClassifier(**TRAINED),
    "features": TimmFeatures(**SMALL),
}
LEARNERS = ["regressor", "classifier"]


def _faces(n: int = 32) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (n, 40, 40, 3), dtype=np.uint8)


def _target(name: str, n: int = 32) -> np.ndarray:
    ages = np.random.default_rng(1).uniform(1, 90, n)
    return np.array(["man", "woman"])[np.arange(n) % 2] if name == "classifier" else ages


def _fit(name: str) -> Any:
    return clone(ESTIMATORS[name]).fit(_faces(), _target(name))


def _answer(estimator: Any, X: Any) -> np.ndarray:
    return getattr(estimator, "transform" if hasattr(estimator, "transform") else "predict")(X)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_parameters_are_stored_untouched(name):
    estimator = ESTIMATORS[name]
    parameters = estimator.get_params()
    again = type(estimator)(**parameters)
    assert all(getattr(again, key) is value for key, value in parameters.items())
    before = repr(parameters)
    fresh = clone(estimator)
    assert fresh.fit(_faces(), _target(name)) is fresh
    assert repr(fresh.get_params()) == before
    learned = set(vars(fresh)) - set(parameters)
    assert learned
    assert all(attribute.endswith("_") for attribute in learned)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_not_fitted(name):
    with pytest.raises(NotFittedError):
        _answer(clone(ESTIMATORS[name]), _faces(2))


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_same_fit_twice_and_after_a_pickle(name):
    estimator, X = _fit(name), _faces()
    first = _answer(estimator, X)
    assert len(first) == len(X)
    np.testing.assert_array_equal(_answer(pickle.loads(pickle.dumps(estimator)), X), first)
    np.testing.assert_array_equal(_answer(estimator.fit(X, _target(name)), X), first)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_forms_of_the_same_images(name, tmp_path):
    estimator, X = _fit(name), _faces()
    expected = _answer(estimator, X)
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    flat = clone(estimator).set_params(image_shape=X.shape[1:])
    flat.fit(X.reshape(len(X), -1), _target(name))
    for found in (
        _answer(estimator, mapped),
        _answer(estimator, list(X)),
        _answer(estimator, X.astype(np.float64)),
        _answer(flat, X.reshape(len(X), -1)),
    ):
        np.testing.assert_array_equal(found, expected)
    assert len(_answer(estimator, X[..., 0])) == len(X)


@pytest.mark.parametrize("name", ["regressor", "features"])
def test_a_face_is_answered_alone_as_among_others(name):
    estimator, X = _fit(name), _faces()
    order = np.random.default_rng(2).permutation(len(X))
    whole = _answer(estimator, X)
    np.testing.assert_allclose(_answer(estimator, X[order]), whole[order], atol=1e-3)
    np.testing.assert_allclose(_answer(estimator, X[3:4]), whole[3:4], atol=1e-3)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_what_is_no_image_is_refused(name):
    broken = _faces().astype(np.float32)
    broken[0, 5, 5] = np.nan
    ragged = [*_faces()[:-1], _faces()[-1][:-2]]
    for X, message in ((broken, r"(?i)nan"), (_faces()[:0], "0 sample"), (ragged, "shape")):
        with pytest.raises(ValueError, match=message):
            clone(ESTIMATORS[name]).fit(X, _target(name)[: len(X)])


@pytest.mark.parametrize("name", LEARNERS)
def test_targets_are_checked(name):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        clone(ESTIMATORS[name]).fit(_faces(), _target(name)[:-1])
    with pytest.raises(ValueError, match="1d array"):
        clone(ESTIMATORS[name]).fit(_faces(), np.stack([_target(name)] * 2, 1))
    with pytest.raises(ValueError, match="requires y to be passed"):
        clone(ESTIMATORS[name]).fit(_faces(), None)


def test_missing_ages_are_refused():
    ages = _target("regressor")
    ages[4] = np.nan
    with pytest.raises(ValueError, match=r"(?i)nan"):
        clone(ESTIMATORS["regressor"]).fit(_faces(), ages)


@pytest.mark.parametrize("name", LEARNERS)
def test_cross_validation_with_groups_in_a_pipeline(name):
    estimator = make_pipeline(FunctionTransformer(), ESTIMATORS[name])
    assert is_classifier(estimator) == (name == "classifier")
    assert is_regressor(estimator) == (name == "regressor")
    groups = np.arange(32) // 2
    scores = cross_val_score(
        estimator, _faces(), _target(name), groups=groups, cv=GroupKFold(2), error_score="raise"
    )
    assert np.isfinite(scores).all()


def test_classes_keep_their_names():
    gender = _fit("classifier")
    share = gender.predict_proba(_faces())
    np.testing.assert_allclose(share.sum(1), 1)
    assert list(gender.classes_) == ["man", "woman"]
    assert set(gender.predict(_faces())) <= {"man", "woman"}


def test_features_tell_where_they_come_from():
    features = _fit("features")
    assert features.weights_source_["kind"] == "random"
    assert features.n_parameters_ > 10_000
    assert features.device_ in ("cpu", "cuda")
    assert features.get_feature_names_out().shape == (features.n_features_out_,)
