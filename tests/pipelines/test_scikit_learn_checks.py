"""scikit-learn's own suite over the estimators of tables: what passes, and what cannot and why.

Estimators of images have one of its checks; ``pipelines.testing`` is theirs. Run with ``-s`` to
see the list.
"""

from __future__ import annotations

import warnings

import pytest
from sklearn.linear_model import Ridge
from sklearn.utils.estimator_checks import check_estimator

from pipelines import ConformalAge, FeatureMachineClassifier, FeatureMachineRegressor

EXPECTED: dict[str, dict[str, str]] = {}
"""Checks that an estimator cannot pass, with the reason, by the estimator's name."""

PASSED_AT_LEAST = dict.fromkeys(
    ("ConformalAge", "FeatureMachineRegressor", "FeatureMachineClassifier"), 50
)
    "ConformalAge": 50,
    "FeatureMachineRegressor": 50,
    "FeatureMachineClassifier": 50,
}


def results(estimator):
    """Every check's result: one dictionary per check."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        name = type(estimator).__name__
        return check_estimator(
            estimator, expected_failed_checks=EXPECTED.get(name), on_skip=None, on_fail=None
        )


@pytest.mark.parametrize(
    "estimator",
    [ConformalAge(Ridge()), FeatureMachineRegressor(), FeatureMachineClassifier()],
    ids=lambda estimator: type(estimator).__name__,
)
def test_the_whole_suite(estimator):
    name = type(estimator).__name__
    found = {"passed": [], "failed": [], "xfail": [], "skipped": []}
    for result in results(estimator):
        found[result["status"]].append(result)
    excused = {result["check_name"] for result in found["xfail"]}
    print(f"{name}: {len(found['passed'])} passed")
    for result in found["xfail"]:
        print(f"  {result['check_name']}: {result['expected_to_fail_reason']}")
    failed = [f"{result['check_name']}: {result['exception']}" for result in found["failed"]]
    assert not failed, "\n".join(failed)
    assert excused == set(EXPECTED.get(name, {})), "a check that passes needs no excuse"
    assert len(found["passed"]) >= PASSED_AT_LEAST[name]
