"""What estimators of both questions share: labels, methods, one score, and ready scorers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import _scorer
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from basis.faces import GENDERS, OLDEST_AGE


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
        return np.column_stack([answers["age"], female.astype(np.float64)])

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

    def score(self, X: Any, y: Any) -> float:
        """Return the mean of two skills, each 1 at best and 0 for a constant answer.

        Of age, one minus the mean absolute error over that of the median of ``y``; of gender, the
        accuracy (of which 0 is not the worst constant's, but all wrong).

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Faces (or answers about faces, where ``fit`` takes these).
        y : array-like or data frame of shape (n, 2)
            Age in years and gender, as in ``fit``. Unknown ages (NaN) are left out.

        Returns
        -------
        float
        """
        truth, answer = check_age_gender(y, X), self.predict(X)
        known = known_ages(truth, "y")
        ages = truth[known, 0]
        error = np.abs(answer[known, 0] - ages).mean()
        reference = np.abs(np.median(ages) - ages).mean()
        skill = 1 - error / reference if reference > 0 else float(error == 0)
        return float((skill + (answer[:, 1] == truth[:, 1]).mean()) / 2)


def check_age_gender(y: Any, X: Any, name: str = "y") -> NDArray[np.float64]:
    """Return labels as float64 ``(n, 2)``: age in years or NaN, gender 0 male or 1 female.

    Parameters
    ----------
    y : array-like or data frame of shape (n, 2)
        Age and gender in this order, or a data frame with columns ``age`` and ``gender`` anywhere.
        Genders are 0 and 1, or ``'male'`` and ``'female'``. An age of NaN is unknown.
    X : array-like of shape (n, ...)
        Faces of the same number.
    name : str
        What messages call the labels.

    Returns
    -------
    ndarray of float64, shape (n, 2)

    Raises
    ------
    ValueError
        Another shape or length than ``X``, infinite ages or ages outside 0 to 130 years, genders
        that are missing or others; the first row is named.
    """
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    if len(y) != _num_samples(X):
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: {len(y)} rows of {name} "
            f"for {_num_samples(X)} faces"
        )
    age, gender = _two_columns(y, name)
    labels = np.column_stack([_numbers(age, f"age in {name}"), _codes(gender, name)])
    broken = np.isinf(labels[:, 0]) | ~np.isfinite(labels[:, 1])
    if broken.any():
        raise ValueError(
            f"Input {name} contains NaN or infinity, first in row {int(np.flatnonzero(broken)[0])}"
        )
    wrong = (labels[:, 0] < 0) | (labels[:, 0] > OLDEST_AGE)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"age label {labels[row, 0]:g} in row {row} of {name} is outside 0 to {OLDEST_AGE:g} "
            "years"
        )
    wrong = ~np.isin(labels[:, 1], (0, 1))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"gender must be 0 (male) or 1 (female), got {labels[row, 1]:g} in row {row} of {name}"
        )
    return labels


def known_ages(labels: NDArray[np.float64], name: str) -> NDArray[np.bool_]:
    """Tell which rows of checked labels have an age.

    Raises
    ------
    ValueError
        None has; ``name`` is what the message calls the labels.
    """
    known = ~np.isnan(labels[:, 0])
    if not known.any():
        raise ValueError(f"no age is known in {name}: all {len(labels)} are NaN")
    return known


def some_rows(X: Any, chosen: NDArray[np.bool_]) -> Any:
    """Return the chosen samples; ``X`` itself, without a copy, where that is all of them."""
    return X if chosen.all() else _safe_indexing(X, np.flatnonzero(chosen))


def _two_columns(y: Any, name: str) -> tuple[NDArray, NDArray]:
    """Return the columns of age and gender as they stand."""
    columns = list(getattr(y, "columns", []))
    named = [column for column in ("age", "gender") if column in columns]
    if len(named) == 2:
        return np.asarray(y["age"]), np.asarray(y["gender"])
    if len(named) == 1:
        missing = "gender" if named == ["age"] else "age"
        raise ValueError(f"{name} has no column {missing!r}, only {', '.join(map(str, columns))}")
    labels = np.asarray(y)
    if labels.dtype.kind in "US":  # np.array([[30, "male"]]) makes text of everything
        labels = labels.astype(object)
    if labels.ndim != 2 or labels.shape[1] != 2:
        raise ValueError(
            f"{name} must have the two columns age and gender, got shape {labels.shape}"
        )
    return labels[:, 0], labels[:, 1]


def _numbers(values: NDArray, what: str) -> NDArray[np.float64]:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} must be numbers: {error}") from error


def _codes(gender: NDArray, name: str) -> NDArray[np.float64]:
    """Return genders as 0 and 1, whatever of the two forms they have."""
    if gender.dtype.kind in "uifb":
        return gender.astype(np.float64)
    known = {word: float(code) for code, word in enumerate(GENDERS)}
    codes = np.empty(len(gender))
    for row, value in enumerate(gender.tolist()):
        word = value.strip().lower() if isinstance(value, str) else value
        if word in known:
            codes[row] = known[word]
            continue
        try:
            codes[row] = float(word)
        except (TypeError, ValueError):
            raise ValueError(
                f"gender must be 0 or 'male', 1 or 'female', got {value!r} in row {row} of {name}"
            ) from None
    return codes


def check_pair(pair: Any, name: str) -> tuple[Any, Any]:
    """Return the two parts of ``select`` or ``calibrate``.

    Raises
    ------
    ValueError
        Faces without labels, or anything else that is not a pair.
    """
    if isinstance(pair, tuple | list) and len(pair) == 2:
        return pair[0], pair[1]
    raise ValueError(
        f"{name} must be a pair ({name}_X, {name}_y) of faces and labels, got {type(pair).__name__}"
    )


def _age_and_truth(estimator: Any, X: Any, y: Any) -> tuple[NDArray, NDArray]:
    """Return predicted and true ages, where known, of estimators of one question or of both."""
    answer = np.asarray(estimator.predict(X))
    if answer.ndim == 2:
        truth = check_age_gender(y, X)
        known = known_ages(truth, "y")
        return answer[known, 0], truth[known, 0]
    return answer, np.asarray(y, dtype=np.float64)


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
    if answer.ndim == 2:
        return float((answer[:, 1] == check_age_gender(y, X)[:, 1]).mean())
    return float((answer == np.asarray(y)).mean())


def coverage_90(estimator: Any, X: Any, y: Any) -> float:
    """Return the share of faces whose 90% interval holds their age."""
    if hasattr(estimator, "predict_age_interval"):
        labels = check_age_gender(y, X)
        known = known_ages(labels, "y")
        truth, band = labels[known, 0], estimator.predict_age_interval(X, level=0.9)[known]
    else:
        truth, band = np.asarray(y, dtype=np.float64), estimator.predict_interval(X, level=0.9)
    return float(((band[:, 0] <= truth) & (truth <= band[:, 1])).mean())


SCORERS: dict[str, Callable[[Any, Any, Any], float]] = {
    "age_mae": age_mae,
    "cs5": cs5,
    "gender_accuracy": gender_accuracy,
    "coverage_90": coverage_90,
}
"""Scorers ``scorer(estimator, X, y)`` by name, larger is better (``age_mae`` is negative).

They work on estimators of both questions and of one. Once an estimator of both is imported,
scikit-learn knows them by name too: ``cross_validate(model, X, y, scoring=["age_mae", "cs5"])``.
"""

# scikit-learn has no public way to add a name; a test notices when this one is gone
_scorer._SCORERS.update(SCORERS)
