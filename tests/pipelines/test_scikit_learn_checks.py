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

FEWEST_PASSED = 45


@pytest.mark.parametrize(
    "estimator",
    [ConformalAge(Ridge()), FeatureMachineRegressor(), FeatureMachineClassifier()],
    ids=lambda estimator: type(estimator).__name__,
)
def test_the_whole_suite(estimator):
    name = type(estimator).__name__
    excuses = EXPECTED.get(name, {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(
            estimator, expected_failed_checks=excuses, on_skip=None, on_fail=None
        )
    by_status = {
        status: [result for result in results if result["status"] == status]
        for status in ("passed", "xfail", "failed")
    }
    print(f"{name}: {len(by_status['passed'])} passed")
    for result in by_status["xfail"]:
        print(f"  {result['check_name']}: {result['expected_to_fail_reason']}")
    failed = [f"{result['check_name']}: {result['exception']}" for result in by_status["failed"]]
    assert not failed, "\n".join(failed)
    assert {result["check_name"] for result in by_status["xfail"]} == set(excuses)
    assert len(by_status["passed"]) >= FEWEST_PASSED
