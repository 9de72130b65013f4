"""What estimators of both questions share: methods, one score, and ready scorers by name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import _scorer
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import StrOptions

from .labels import as_numbers, check_age_gender, gender_codes, known_ages


class Answers(np.ndarray):
    """Ages beside genders ``(n, 2)``: an array that says why it cannot be scored as classes.

    scikit-learn's classification metrics begin with a view whose dtype carries the distinct
    labels. Without the sentence, ``scoring="accuracy"`` ends in NaN and "continuous-multioutput is
    not supported". Results of arithmetic, and pickles, are plain arrays.
    """

    def view(self, *args: Any, **kwargs: Any) -> Any:
        """Return a view, unless a classification metric asks for it."""
        dtype = kwargs.get("dtype", args[0] if args else None)
        if self.ndim == 2 and getattr(dtype, "metadata", None):
            raise ValueError(
                "a metric of classes cannot score age and gender together: give "
                "scoring='gender_accuracy' for the gender, 'age_mae' or 'cs5' for the age, or "
                "None for both (pipelines.SCORERS lists the names)"
            )
        return super().view(*args, **kwargs)

    def __array_wrap__(self, array: NDArray, context: Any = None, scalar: bool = False) -> Any:
        plain = np.asarray(array)
        return plain[()] if scalar else plain

    def __reduce__(self) -> Any:
        return np.asarray(self).__reduce__()

    def __repr__(self) -> str:
        return repr(np.asarray(self))


class AgeGenderMixin:
    """Methods that follow from ``predict_all(X, level)``, the answers of one pass."""

    predict_all: Callable[..., dict[str, NDArray[np.float64]]]

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return age in years and gender (0 male, 1 female).

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Faces (or answers about faces, where ``fit`` takes these).

        Returns
        -------
        ndarray of float64, shape (n, 2)
        """
        answers = self.predict_all(X)
        female = answers["p_female"] >= 0.5
        return np.column_stack([answers["age"], female.astype(np.float64)]).view(Answers)

    def predict_gender_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of class 1, female.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Faces (or answers about faces, where ``fit`` takes these).

        Returns
        -------
        ndarray of float64, shape (n,)
        """
        return self.predict_all(X)["p_female"]

    def predict_age_interval(self, X: Any, level: float | ArrayLike = 0.9) -> NDArray[np.float64]:
        """Return intervals that hold the age of a share ``level`` of faces like these.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Faces (or answers about faces, where ``fit`` takes these).
        level : float or sequence of float, default=0.9
            Between 0 and 1.

        Returns
        -------
        ndarray of float64, shape (n, 2) or (n, 2, n_levels)
            Lower and upper ages in years.
        """
        return self.predict_all(X, level)["interval"]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        return tags

    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float:
        """Return the mean of the skill of age and the accuracy of gender, 1 at best.

        The skill of age is one minus the mean absolute error over that of the median of ``y``: 0
        for the best constant answer.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Faces (or answers about faces, where ``fit`` takes these).
        y : array-like or data frame of shape (n, 2)
            Age in years and gender, as in ``fit``. Unknown ages (NaN) are left out.
        sample_weight : array-like of shape (n,), optional
            Of both means; the median stays that of all faces.

        Returns
        -------
        float
        """
        truth, answer = check_age_gender(y, X), self.predict(X)
        known = known_ages(truth, "y")
        ages, right = truth[known, 0], answer[:, 1] == truth[:, 1]
        weights = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        own = None if weights is None else weights[known]
        error = np.average(np.abs(answer[known, 0] - ages), weights=own)
        reference = np.average(np.abs(np.median(ages) - ages), weights=own)
        skill = 1 - error / reference if reference > 0 else float(error == 0)
        return float((skill + np.average(right, weights=weights)) / 2)


def _age_and_truth(estimator: Any, X: Any, y: Any) -> tuple[NDArray, NDArray]:
    """Return predicted and true ages, where known, of estimators of one question or of both."""
    answer = np.asarray(estimator.predict(X))
    if _of_both(answer):
        truth = check_age_gender(y, X)
        known = known_ages(truth, "y")
        return answer[known, 0], truth[known, 0]
    ages = _ages(y)
    known = known_ages(ages[:, None], "y")
    return column_or_1d(answer)[known], ages[known]


def _of_both(answer: NDArray) -> bool:
    return answer.ndim == 2 and answer.shape[1] == 2


def _ages(y: Any) -> NDArray[np.float64]:
    """Return the ages of an estimator of one question, of one column or none; NaN: not known."""
    return as_numbers(column_or_1d(y), "y")


def age_mae(estimator: Any, X: Any, y: Any) -> float:
    """Return minus the mean absolute error of age in years."""
    age, truth = _age_and_truth(estimator, X, y)
    return -float(np.abs(age - truth).mean())


def cs5(estimator: Any, X: Any, y: Any) -> float:
    """Return the share of faces whose age is at most five years off (cumulative score)."""
    age, truth = _age_and_truth(estimator, X, y)
    return float((np.abs(age - truth) <= 5).mean())


def gender_accuracy(estimator: Any, X: Any, y: Any) -> float:
    """Return the share of faces whose gender is answered right."""
    answer = np.asarray(estimator.predict(X))
    if _of_both(answer):
        return float((answer[:, 1] == check_age_gender(y, X)[:, 1]).mean())
    answer, truth = column_or_1d(answer), column_or_1d(y)
    if (answer.dtype.kind in "uifb") != (truth.dtype.kind in "uifb"):  # 0 and 1 against words
        answer, truth = gender_codes(answer, "the answers"), gender_codes(truth, "y")
    return float((answer == truth).mean())


def coverage_90(estimator: Any, X: Any, y: Any) -> float:
    """Return the share of faces whose 90% interval holds their age."""
    if isinstance(estimator, Pipeline):  # it hands on scikit-learn's own methods only
        inner = estimator.steps[-1][1]
        return coverage_90(inner, estimator[:-1].transform(X) if len(estimator) > 1 else X, y)
    if isinstance(estimator, BaseSearchCV):
        return coverage_90(estimator.best_estimator_, X, y)
    if hasattr(estimator, "predict_age_interval"):
        labels = check_age_gender(y, X)
        known = known_ages(labels, "y")
        truth, band = labels[known, 0], estimator.predict_age_interval(X, level=0.9)[known]
    elif hasattr(estimator, "predict_interval"):
        ages = _ages(y)
        known = known_ages(ages[:, None], "y")
        truth, band = ages[known], estimator.predict_interval(X, level=0.9)[known]
    else:
        raise TypeError(
            f"coverage_90 scores intervals, and {type(estimator).__name__} has none: put it into "
            "ConformalAge"
        )
    return float(((band[:, 0] <= truth) & (truth <= band[:, 1])).mean())


SCORERS: dict[str, Callable[[Any, Any, Any], float]] = {
    "age_mae": age_mae,
    "cs5": cs5,
    "gender_accuracy": gender_accuracy,
    "coverage_90": coverage_90,
}
"""Scorers ``scorer(estimator, X, y)`` by name, larger is better (``age_mae`` is negative).

They work on estimators of both questions and of one; faces of unknown age (NaN) are left out. Once
an estimator of ages of ours is imported, or any of ours after :mod:`sklearn.metrics`, scikit-learn
knows them by name: ``cross_validate(model, X, y, scoring="age_mae")``.
"""


def _make_known() -> None:
    """Add the scorers to the names that scikit-learn accepts.

    It has no public way. Functions and classes that take ``scoring`` hold the names of the moment
    they were imported in; a test notices when one of the two places has moved.
    """
    _scorer._SCORERS.update(SCORERS)
    modules = [module for name, module in list(sys.modules.items()) if name.startswith("sklearn.")]
    members = [m for module in modules for m in vars(module).values()]
    for member in members:
        if not isinstance(member, type | FunctionType):
            continue
        constraints = getattr(member, "_skl_parameter_constraints", None)
        constraints = constraints or getattr(member, "_parameter_constraints", {})
        for option in constraints.get("scoring") or ():
            if isinstance(option, StrOptions) and "neg_mean_absolute_error" in option.options:
                option.options.update(SCORERS)


_make_known()
