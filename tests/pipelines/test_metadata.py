"""Groups and weights reach the estimators that ours hold, or something is raised."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import StackingRegressor, VotingRegressor
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pipelines import AgeGender, ConformalAge

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3))
AGE = 40 + 10 * X[:, 0] + RNG.normal(size=120)
BOTH = np.column_stack([AGE, np.arange(120) % 2])
GROUPS = np.arange(120) // 3
WEIGHT = np.where(np.arange(120) < 60, 1.0, 25.0)


class Seeing(BaseEstimator):
    """Remembers the groups and weights it was fitted with."""

    def fit(self, X, y, groups=None, sample_weight=None):
        self.groups_ = groups
        self.sample_weight_ = sample_weight
        self.classes_ = np.array([0, 1])
        return self

    def predict(self, X):
        return np.zeros(len(X))

    def decision_function(self, X):
        return np.zeros(len(X))


class SeeingRegressor(RegressorMixin, Seeing):
    pass


class SeeingClassifier(ClassifierMixin, Seeing):
    pass


def check_seen(seen, n):
    assert len(seen.groups_) == len(seen.sample_weight_) == n
    assert (np.bincount(seen.groups_, minlength=40) % 3 == 0).all(), "a group was cut in two"
    np.testing.assert_array_equal(seen.sample_weight_, WEIGHT[np.isin(GROUPS, seen.groups_)])


def test_both_reach_the_estimator_of_conformal_age():
    model = ConformalAge(SeeingRegressor(), random_state=0)
    check_seen(model.fit(X, AGE, groups=GROUPS, sample_weight=WEIGHT).estimator_, 108)


def test_both_reach_the_heads_of_age_gender():
    model = AgeGender(SeeingRegressor(), SeeingClassifier(), random_state=0)
    model.fit(X, BOTH, groups=GROUPS, sample_weight=WEIGHT)
    check_seen(model.age_, 108)
    check_seen(model.gender_, 108)


@pytest.mark.parametrize(
    "held",
    [
        Ridge(),
        RidgeCV(),
        make_pipeline(StandardScaler(), Ridge()),
        TransformedTargetRegressor(make_pipeline(StandardScaler(), Ridge())),
        GridSearchCV(make_pipeline(StandardScaler(), Ridge()), {"ridge__alpha": [1.0]}, cv=2),
        ConformalAge(Ridge(), random_state=0),
        VotingRegressor([("a", Ridge()), ("b", RidgeCV()), ("c", "drop")]),
        StackingRegressor([("a", Ridge())], final_estimator=Ridge()),
    ],
    ids=lambda held: type(held).__name__,
)
def test_weights_change_the_answers_of_whatever_is_held(held):
    """Half of the samples lie ten years higher and weigh 25 times as much."""
    y = AGE + np.where(WEIGHT > 1, 10, 0)
    plain = ConformalAge(held, random_state=0).fit(X, y).predict(X).mean()
    weighted = ConformalAge(held, random_state=0).fit(X, y, sample_weight=WEIGHT).predict(X).mean()
    assert plain + 3 < weighted


def test_groups_are_no_trouble_to_what_has_no_use_for_them():
    for held in (Ridge(), RidgeCV(cv=3), make_pipeline(StandardScaler(), RidgeCV())):
        ConformalAge(held, random_state=0).fit(X, AGE, groups=GROUPS)


def test_groups_reach_the_splitter_of_a_search_inside():
    search = GridSearchCV(Ridge(), {"alpha": [1.0]}, cv=GroupKFold(3))
    model = ConformalAge(search, random_state=0).fit(X, AGE, groups=GROUPS)
    assert np.isfinite(model.estimator_.best_score_)


@pytest.mark.parametrize(
    "held",
    [
        KNeighborsRegressor(),
        FrozenEstimator(Ridge().fit(X, AGE)),
        VotingRegressor([("a", Ridge()), ("b", KNeighborsRegressor())]),
        StackingRegressor([("a", Ridge())], final_estimator=KNeighborsRegressor()),
    ],
)
def test_weights_that_cannot_arrive_are_refused(held):
    with pytest.raises(TypeError, match=r"sample_weight cannot be passed on: .*, the estimator of"):
        ConformalAge(held).fit(X, AGE, sample_weight=WEIGHT)
    with pytest.raises(TypeError, match="the age of this AgeGender, takes none"):
        AgeGender(held, LogisticRegression()).fit(X, BOTH, sample_weight=WEIGHT)


def test_a_misspelt_parameter_is_refused():
    with pytest.raises(TypeError, match="sample_weights cannot be passed on"):
        ConformalAge(Ridge()).fit(X, AGE, sample_weights=WEIGHT)


def test_with_routing_what_was_requested_arrives():
    held = SeeingRegressor()
    with config_context(enable_metadata_routing=True):
        with pytest.raises(UnsetMetadataPassedError):
            ConformalAge(held).fit(X, AGE, sample_weight=WEIGHT)
        held.set_fit_request(groups=True, sample_weight=True)
        model = ConformalAge(held, random_state=0).set_fit_request(groups=True)
        check_seen(model.fit(X, AGE, groups=GROUPS, sample_weight=WEIGHT).estimator_, 108)
        params = {"groups": GROUPS, "sample_weight": WEIGHT}
        scores = cross_validate(
            model, X, AGE, params=params, cv=GroupKFold(2), return_estimator=True,
            scoring={"mae": lambda model, X, y: -np.abs(model.predict(X) - y).mean()},
        )  # fmt: skip
        for fold in scores["estimator"]:
            check_seen(fold.estimator_, len(fold.estimator_.groups_))
