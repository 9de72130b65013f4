"""Checks of what an estimator refuses, and with which words."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from .checks import check
from .faces import striped_faces


@contextlib.contextmanager
def refused(kinds: type[Exception] | tuple[type[Exception], ...], words: str) -> Iterator[None]:
    """Fail unless the block raises one of ``kinds`` whose message holds the pattern ``words``."""
    try:
        yield
    except kinds as error:
        if not re.search(words, str(error)):
            raise AssertionError(f"the message says nothing of {words!r}: {error}") from error
    else:
        raise AssertionError(f"nothing was raised; expected a message with {words!r}")


@check
def _predict_before_fit_says_so(estimator: Any) -> None:
    for method in ("predict", "predict_gender_proba", "predict_age_interval"):
        with refused(NotFittedError, ""):
            getattr(clone(estimator), method)(striped_faces(4)[0])


@check
def _nan_is_refused(estimator: Any) -> None:
    X, Y = striped_faces()
    broken = X.astype(np.float32) / 255
    broken[0, 5, 5] = np.nan
    with refused(ValueError, r"(?i)nan"):
        clone(estimator).fit(broken, Y)


@check
def _empty_is_refused(estimator: Any) -> None:
    X, Y = striped_faces()
    with refused(ValueError, r"0 sample|empty|no (images|faces)"):
        clone(estimator).fit(X[:0], Y[:0])


@check
def _unknown_gender_is_refused(estimator: Any) -> None:
    X, Y = striped_faces()
    Y[2, 1] = np.nan
    with refused(ValueError, r"(?i)nan|finite"):
        clone(estimator).fit(X, Y)


@check
def _labels_without_any_age_are_refused(estimator: Any) -> None:
    X, Y = striped_faces()
    Y[:, 0] = np.nan
    with refused(ValueError, r"no age"):
        clone(estimator).fit(X, Y)


@check
def _one_gender_is_refused(estimator: Any) -> None:
    X, Y = striped_faces()
    Y[:, 1] = 1
    with refused(ValueError, "class"):
        clone(estimator).fit(X, Y)


@check
def _wrong_label_shape_is_refused(estimator: Any) -> None:
    X, Y = striped_faces()
    with refused(ValueError, "shape"):
        clone(estimator).fit(X, Y[:, 0])


@check
def _inconsistent_length_is_refused(estimator: Any) -> None:
    X, Y = striped_faces()
    with refused(ValueError, r"(?i)inconsistent|length|rows|\d+"):
        clone(estimator).fit(X, Y[:-1])


@check
def _mixed_shapes_are_refused(estimator: Any) -> None:
    X, Y = striped_faces()
    ragged = [*X[:-1], X[-1][:-2]]
    with refused(ValueError, "shape"):
        clone(estimator).fit(ragged, Y)
