"""Labels of both questions as people hold them, checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from basis.faces import GENDERS, OLDEST_AGE


def check_age_gender(y: Any, X: Any, name: str = "y") -> NDArray[np.float64]:
    """Return labels as float64 ``(n, 2)``: age in years or NaN, gender 0 male or 1 female.

    ``y`` holds the two columns in this order, or is a data frame with ``age`` and ``gender``
    anywhere; genders are 0 and 1, or 'male' and 'female'. Anything else, ages outside 0 to 130
    years and another length than that of ``X`` are a ``ValueError`` with the first row, about
    ``name``.
    """
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    if hasattr(y, "toarray"):
        raise TypeError(f"Sparse data was passed for {name}: give {name}.toarray()")
    if len(y) != _num_samples(X):
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: {len(y)} rows of {name} "
            f"for {_num_samples(X)} faces"
        )
    age, gender = _two_columns(y, name)
    labels = np.column_stack([as_numbers(age, f"age in {name}"), gender_codes(gender, name)])
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
    """Tell which rows of checked labels have an age; ``ValueError`` about ``name`` if none has."""
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


def as_numbers(values: NDArray, what: str) -> NDArray[np.float64]:
    """Return labels as float64, or raise a ``ValueError`` that names them."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} must be numbers: {error}") from error


def gender_codes(gender: NDArray, name: str) -> NDArray[np.float64]:
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
    """Return the two parts of ``select`` or ``calibrate``; ``ValueError`` for what is no pair."""
    if isinstance(pair, tuple | list) and len(pair) == 2:
        return pair[0], pair[1]
    raise ValueError(
        f"{name} must be a pair ({name}_X, {name}_y) of faces and labels, got {type(pair).__name__}"
    )
