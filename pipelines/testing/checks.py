"""The list of checks, and the function that runs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from basis.words import did_you_mean

CHECKS: dict[str, Callable[[Any], None]] = {}
"""Every check by name: called with an estimator, which it clones, it raises or returns."""


def check_image_estimator(
    estimator: Any, expected_failures: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Run all checks on an estimator of age and gender from images.

    Parameters
    ----------
    estimator : estimator
        Unfitted, with the methods of a contender: ``fit(X, y, *, groups, select, calibrate)``,
        ``predict``, ``predict_gender_proba``, ``predict_age_interval`` and ``predict_all``. It has
        to be deterministic: give it a ``random_state``.
    expected_failures : mapping of str to str, optional
        Checks it cannot pass, each with the reason. They are run all the same.

    Returns
    -------
    dict of str to str
        For every check ``'passed'`` or, of the expected failures, what went wrong.

    Raises
    ------
    ValueError
        An expected failure that is no check.
    AssertionError
        A check failed that was not expected to, or passed that was; the first is named.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier, DummyRegressor
    >>> from pipelines import AgeGender, HogTransformer
    >>> from pipelines.testing import check_image_estimator
    >>> median = AgeGender(DummyRegressor(), DummyClassifier(), HogTransformer(), random_state=0)
    >>> set(check_image_estimator(median).values())
    {'passed'}
    """
    excused = expected_failures or {}
    for name in excused.keys() - CHECKS.keys():
        raise ValueError(f"no check {name!r}{did_you_mean(name, CHECKS)}")
    results: dict[str, str] = {}
    for name, function in CHECKS.items():
        try:
            function(estimator)
        except Exception as error:
            if name not in excused:
                raise AssertionError(f"{name}: {type(error).__name__}: {error}") from error
            results[name] = f"{excused[name]} ({type(error).__name__}: {error})"
        else:
            results[name] = "passed"
            if name in excused:
                raise AssertionError(f"{name} was expected to fail ({excused[name]}) and passes")
    return results


def check(function: Callable[[Any], None]) -> Callable[[Any], None]:
    """Add a function to the checks, under its name."""
    CHECKS[function.__name__.removeprefix("_")] = function
    return function
