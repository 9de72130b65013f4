"""scikit-learn's own suite over the estimators of tables: what passes, and what cannot and why.

Estimators of images have one of its checks; ``pipelines.testing`` is theirs. Run with ``-s`` to
see the list.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils.estimator_checks import check_estimator

from pipelines import (
    AgeGender,
    ConformalAge,
    ConformalBand,
    FeatureMachineClassifier,
    FeatureMachineRegressor,
    PlattScaling,
)


class AgeGenderOfOneColumn(AgeGender):
    """``AgeGender`` for a suite that knows one column of ``y``: it makes the second from it."""

    def fit(self, X, y, **fit_params):
        """Fit on two columns."""
        return super().fit(X, two_columns(y), **fit_params)

    def score(self, X, y):
        """Score on two columns."""
        return super().score(X, two_columns(y))


def two_columns(y):
    if y is None or np.size(y) == 0:
        return y
    values = np.asarray(y, dtype=float).reshape(-1)
    female = values > np.median(values)
    if len(set(female)) < 2:
        female = np.arange(len(values)) % 2
    return np.column_stack([np.clip(values - values.min(), 0, 130), female])


NO_SAMPLES = "fit takes the truth and the answers of a model, vectors both, not samples and y"
"""Why the suite does not fit the two calibrators: it hands over a table X."""

MOST_FAILED = 29
"""Checks of the suite that fit, and so fail for that reason."""

TWO_ANSWERS = "wants as many columns of answers as it gave of y, one; there are two"

EXPECTED: dict[str, dict[str, str]] = {
    "AgeGenderOfOneColumn": {
        "check_estimator_sparse_array": TWO_ANSWERS,
        "check_estimator_sparse_matrix": TWO_ANSWERS,
    }
}
"""Checks that an estimator cannot pass, with the reason, by the estimator's name."""

FEWEST_PASSED = {
    "AgeGenderOfOneColumn": 39,
    "ConformalAge": 51,
    "ConformalBand": 11,
    "FeatureMachineClassifier": 55,
    "FeatureMachineRegressor": 51,
    "PlattScaling": 11,
}


def statuses(estimator, excuses):
    """Run the suite; return its results by status."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(
            estimator, expected_failed_checks=excuses, on_skip=None, on_fail=None
        )
    return {
        status: [result for result in results if result["status"] == status]
        for status in ("passed", "xfail", "failed")
    }


@pytest.mark.parametrize(
    "estimator",
    [
        ConformalAge(Ridge()),
        FeatureMachineRegressor(),
        FeatureMachineClassifier(),
        AgeGenderOfOneColumn(Ridge(), LogisticRegression(), random_state=0),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_the_whole_suite(estimator):
    name = type(estimator).__name__
    excuses = EXPECTED.get(name, {})
    by_status = statuses(estimator, excuses)
    print(f"{name}: {len(by_status['passed'])} passed")
    for result in by_status["xfail"]:
        print(f"  {result['check_name']}: {result['expected_to_fail_reason']}")
    failed = [f"{result['check_name']}: {result['exception']}" for result in by_status["failed"]]
    assert not failed, "\n".join(failed)
    assert {result["check_name"] for result in by_status["xfail"]} == set(excuses)
    assert len(by_status["passed"]) >= FEWEST_PASSED[name]


@pytest.mark.parametrize("calibrator", [ConformalBand(), PlattScaling()], ids=repr)
def test_calibrators_fail_where_the_suite_fits_a_table(calibrator):
    name = type(calibrator).__name__
    by_status = statuses(calibrator, {})
    passed, failed = (len(by_status[status]) for status in ("passed", "failed"))
    print(f"{name}: {passed} passed, {failed} not: {NO_SAMPLES}")
    assert passed >= FEWEST_PASSED[name] and failed <= MOST_FAILED
    with pytest.raises(ValueError, match=r"\(30, 3\)"):
        calibrator.fit(np.ones((30, 3)), np.ones(30))
