"""Edges of ``ConformalAge``: what it is given, where it warns, and ends that belong to a band."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pipelines import ConformalAge

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 2))
Y = 40 + 8 * X[:, 0] + RNG.normal(size=200)


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array, list])
def test_rows_of_any_container(kind):
    expected = ConformalAge(Ridge(), random_state=0).fit(X, Y)
    found = ConformalAge(Ridge(), random_state=0).fit(kind(X), Y)
    np.testing.assert_allclose(found.predict_interval(X), expected.predict_interval(X), atol=1e-3)


def test_names_of_columns_are_kept():
    frame = pd.DataFrame(X, columns=["brow", "chin"])
    model = ConformalAge(Ridge(), random_state=0).fit(frame, Y)
    assert list(model.feature_names_in_) == ["brow", "chin"]
    assert model.n_features_in_ == 2
    assert not hasattr(ConformalAge(Ridge(), random_state=0).fit(X, Y), "feature_names_in_")
    assert not hasattr(model.fit(X, Y), "feature_names_in_")


def test_columns_are_chosen_by_name_in_frames_of_other_libraries():
    scaled = make_column_transformer((StandardScaler(), ["chin"]))
    model = ConformalAge(make_pipeline(scaled, Ridge()), random_state=0)
    expected = model.fit(pd.DataFrame(X, columns=["brow", "chin"]), Y)
    frame = pa.table({"brow": X[:, 0], "chin": X[:, 1]})
    found = clone(model).fit(frame, Y)
    np.testing.assert_allclose(
        found.predict_interval(frame),
        expected.predict_interval(pd.DataFrame(X, columns=["brow", "chin"])),
    )
    assert list(found.feature_names_in_) == ["brow", "chin"]


def test_the_ends_of_the_range_are_in_it():
    inside = np.clip(Y, 30, 50)
    assert (inside.min(), inside.max()) == (30, 50)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ConformalAge(Ridge(), low=30, high=50, random_state=0).fit(X, inside)
        ConformalAge(Ridge(), low=None, high=50, random_state=0).fit(X, inside - 100)
        ConformalAge(Ridge(), low=30, high=None, random_state=0).fit(X, inside + 100)


def test_the_warning_counts_and_points_at_the_call():
    outside = np.clip(Y, 20, 60)
    outside[:3] = (19, 61, 62)
    with pytest.warns(UserWarning, match=r"^3 of 200 values of y \(19 to 62\)") as found:
        ConformalAge(Ridge(), low=20, high=60, random_state=0).fit(X, outside)
    assert found[0].filename == __file__


def test_truths_at_the_ends_of_an_interval_are_held():
    """Answers of 50 and errors up to 10: the interval at 95 % is 40 to 60."""
    zeros = np.zeros((39, 1))
    error = np.r_[np.arange(-9.0, 10.0), np.full(20, 10.0)]
    frozen = FrozenEstimator(DummyRegressor(strategy="constant", constant=50.0).fit([[0]], [50]))
    model = ConformalAge(frozen).fit(zeros, 50 + error)
    np.testing.assert_allclose(model.predict_interval([[0]], 0.95), [[40, 60]])
    truth = [39.99, 40.0, 50.0, 60.0, 60.01]
    table = model.coverage(np.zeros((5, 1)), truth, by=list("abaab"), level=0.95)
    assert table.to_dict("index") == {
        "a": {"n": 3, "coverage": pytest.approx(2 / 3), "width": pytest.approx(20)},
        "b": {"n": 2, "coverage": 0.5, "width": pytest.approx(20)},
    }
    assert table.index.name == "group"


def test_a_fitted_model_may_be_calibrated_on_other_faces():
    fitted = Ridge().fit(X[:100], Y[:100])
    model = ConformalAge(FrozenEstimator(fitted)).fit(
        X[:100], Y[:100], calibrate=(X[100:130], Y[100:130])
    )
    assert len(model.band_.scores_) == 30


def test_weights_and_groups_go_with_their_rows():
    """Rows that calibrate do not train; rows of no weight have no say."""
    wrong, weight = Y.copy(), np.r_[np.ones(100), np.zeros(100)]
    wrong[100:] = 7
    one, two = (
        ConformalAge(Ridge(), random_state=0).fit(X, y, sample_weight=weight, groups=np.arange(200))
        for y in (Y, wrong)
    )
    np.testing.assert_allclose(one.predict(X), two.predict(X))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        ConformalAge(Ridge()).fit(X, Y, sample_weight=weight[:-1])
