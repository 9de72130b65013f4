"""Checks that an estimator of age and gender from images passes, on 48 x 48 pixels.

scikit-learn's own suite feeds tables and skips image estimators almost entirely (1 check of 52), so
these are its ideas with images. :func:`check_image_estimator` runs them all; ``CHECKS`` is for
``pytest.mark.parametrize``.
"""

from __future__ import annotations

import contextlib
import pickle
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict

from basis.words import did_you_mean

__all__ = ["CHECKS", "check_image_estimator", "striped_faces"]

CHECKS: dict[str, Callable[[Any], None]] = {}
"""Every check by name: called with an estimator, which it clones, it raises or returns."""

_SIDE = 48


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


def striped_faces(
    n: int = 32, seed: int = 0, colour: bool = True
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return pictures whose stripes tell both answers: their width the age, their slant the gender.

    Parameters
    ----------
    n : int
        Pictures.
    seed : int
        Of ages and noise.
    colour : bool
        Three equal channels, or none.

    Returns
    -------
    X : ndarray of uint8, shape (n, 48, 48, 3) or (n, 48, 48)
    Y : ndarray of float64, shape (n, 2)
        Age in years, gender 0 or 1.

    Examples
    --------
    >>> X, Y = striped_faces(4)
    >>> X.shape, Y.shape
    ((4, 48, 48, 3), (4, 2))
    """
    rng = np.random.default_rng(seed)
    gender = np.arange(n) % 2
    age = rng.uniform(1, 90, n)
    across = np.arange(_SIDE, dtype=float)
    X = np.empty((n, _SIDE, _SIDE, 3))
    for i in range(n):
        slant = across[:, None] * (1 if gender[i] else -1)
        stripes = 30 * np.sin((across + slant) / (1 + age[i] / 20))
        X[i] = (110 + stripes + rng.normal(0, 6, (_SIDE, _SIDE)))[..., None]
    pictures = np.clip(X, 0, 255).astype(np.uint8)
    labels = np.column_stack([age, gender.astype(float)])
    return (pictures if colour else pictures[..., 0]), labels


def _check(function: Callable[[Any], None]) -> Callable[[Any], None]:
    CHECKS[function.__name__.removeprefix("_")] = function
    return function


@contextlib.contextmanager
def _refused(kinds: type[Exception] | tuple[type[Exception], ...], words: str) -> Iterator[None]:
    """Fail unless the block raises one of ``kinds`` whose message holds the pattern ``words``."""
    try:
        yield
    except kinds as error:
        if not re.search(words, str(error)):
            raise AssertionError(f"the message says nothing of {words!r}: {error}") from error
    else:
        raise AssertionError(f"nothing was raised; expected a message with {words!r}")


def _fitted(estimator: Any, seed: int = 0) -> tuple[Any, np.ndarray, np.ndarray]:
    X, Y = striped_faces(seed=seed)
    return clone(estimator).fit(X, Y), X, Y


@_check
def _clone_keeps_parameters(estimator: Any) -> None:
    before, after = estimator.get_params(deep=False), clone(estimator).get_params(deep=False)
    assert before.keys() == after.keys()
    assert all(type(before[k]) is type(after[k]) for k in before)


@_check
def _init_stores_parameters_untouched(estimator: Any) -> None:
    parameters = estimator.get_params(deep=False)
    again = type(estimator)(**parameters)
    assert all(getattr(again, name) is value for name, value in parameters.items())


@_check
def _fit_leaves_parameters_untouched(estimator: Any) -> None:
    fresh = clone(estimator)
    before = {k: repr(v) for k, v in fresh.get_params().items()}
    fresh.fit(*striped_faces())
    assert {k: repr(v) for k, v in fresh.get_params().items()} == before


@_check
def _fit_returns_self(estimator: Any) -> None:
    fresh = clone(estimator)
    assert fresh.fit(*striped_faces()) is fresh


@_check
def _fit_twice_gives_the_same(estimator: Any) -> None:
    model, X, Y = _fitted(estimator)
    first = model.predict(X)
    np.testing.assert_array_equal(model.fit(X, Y).predict(X), first)


@_check
def _refit_forgets_the_first_fit(estimator: Any) -> None:
    model, X, _ = _fitted(estimator, seed=1)
    other_X, other_Y = striped_faces(seed=2)
    expected = clone(estimator).fit(other_X, other_Y).predict(X)
    np.testing.assert_array_equal(model.fit(other_X, other_Y).predict(X), expected)


@_check
def _input_is_not_changed(estimator: Any) -> None:
    X, Y = striped_faces()
    X_before, Y_before = X.copy(), Y.copy()
    clone(estimator).fit(X, Y).predict(X)
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(Y, Y_before)


@_check
def _predict_before_fit_says_so(estimator: Any) -> None:
    for method in ("predict", "predict_gender_proba", "predict_age_interval"):
        with _refused(NotFittedError, ""):
            getattr(clone(estimator), method)(striped_faces(4)[0])


@_check
def _shapes_and_ranges(estimator: Any) -> None:
    model, X, _ = _fitted(estimator)
    answer, share = model.predict(X), model.predict_gender_proba(X)
    assert answer.shape == (len(X), 2)
    assert np.isfinite(answer).all()
    assert (answer[:, 0] >= 0).all()
    assert (answer[:, 0] <= 130).all()
    assert set(np.unique(answer[:, 1])) <= {0.0, 1.0}
    assert share.shape == (len(X),)
    assert ((share >= 0) & (share <= 1)).all()


@_check
def _gender_follows_its_probability(estimator: Any) -> None:
    model, X, _ = _fitted(estimator)
    share = model.predict_gender_proba(X)
    sure = np.abs(share - 0.5) > 1e-6
    np.testing.assert_array_equal(model.predict(X)[sure, 1], (share > 0.5)[sure])


@_check
def _one_pass_says_the_same(estimator: Any) -> None:
    model, X, _ = _fitted(estimator)
    together = model.predict_all(X, level=0.8)
    np.testing.assert_array_equal(together["age"], model.predict(X)[:, 0])
    np.testing.assert_array_equal(together["p_female"], model.predict_gender_proba(X))
    np.testing.assert_array_equal(together["interval"], model.predict_age_interval(X, level=0.8))


@_check
def _intervals_are_ordered_and_nested(estimator: Any) -> None:
    model, X, _ = _fitted(estimator)
    narrow, wide = (model.predict_age_interval(X, level=level) for level in (0.5, 0.9))
    assert narrow.shape == wide.shape == (len(X), 2)
    assert (narrow[:, 0] <= narrow[:, 1]).all()
    assert (wide[:, 0] <= narrow[:, 0]).all()
    assert (narrow[:, 1] <= wide[:, 1]).all()
    assert (wide >= 0).all()


@_check
def _subset_invariance(estimator: Any) -> None:
    model, X, _ = _fitted(estimator)
    whole, one = model.predict(X), model.predict(X[3:4])
    np.testing.assert_allclose(one[0, 0], whole[3, 0], atol=1e-3)


@_check
def _order_invariance(estimator: Any) -> None:
    model, X, _ = _fitted(estimator)
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(model.predict(X[order])[:, 0], model.predict(X)[order, 0], atol=1e-3)


@_check
def _grey_images_are_taken(estimator: Any) -> None:
    X, Y = striped_faces(colour=False)
    assert clone(estimator).fit(X, Y).predict(X).shape == (len(X), 2)


@_check
def _lists_are_taken(estimator: Any) -> None:
    model, X, Y = _fitted(estimator)
    from_lists = clone(estimator).fit(list(X), Y.tolist())
    np.testing.assert_array_equal(from_lists.predict(list(X)), model.predict(X))


@_check
def _read_only_memory_map_is_taken(estimator: Any) -> None:
    model, X, Y = _fitted(estimator)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "faces.npy"
        np.save(path, X)
        mapped = np.load(path, mmap_mode="r")
        np.testing.assert_array_equal(
            clone(estimator).fit(mapped, Y).predict(mapped), model.predict(X)
        )


@_check
def _nan_is_refused(estimator: Any) -> None:
    X, Y = striped_faces()
    broken = X.astype(np.float32) / 255
    broken[0, 5, 5] = np.nan
    with _refused(ValueError, r"(?i)nan"):
        clone(estimator).fit(broken, Y)


@_check
def _empty_is_refused(estimator: Any) -> None:
    X, Y = striped_faces()
    with _refused(ValueError, r"0 sample|empty|no (images|faces)"):
        clone(estimator).fit(X[:0], Y[:0])


@_check
def _nan_in_labels_is_refused(estimator: Any) -> None:
    X, Y = striped_faces()
    Y[2, 0] = np.nan
    with _refused(ValueError, r"(?i)nan|finite"):
        clone(estimator).fit(X, Y)


@_check
def _one_gender_is_refused(estimator: Any) -> None:
    X, Y = striped_faces()
    Y[:, 1] = 1
    with _refused(ValueError, "class"):
        clone(estimator).fit(X, Y)


@_check
def _wrong_label_shape_is_refused(estimator: Any) -> None:
    X, Y = striped_faces()
    with _refused(ValueError, "shape"):
        clone(estimator).fit(X, Y[:, 0])


@_check
def _inconsistent_length_is_refused(estimator: Any) -> None:
    X, Y = striped_faces()
    with _refused(ValueError, r"(?i)inconsistent|length|rows|\d+"):
        clone(estimator).fit(X, Y[:-1])


@_check
def _mixed_shapes_are_refused(estimator: Any) -> None:
    X, Y = striped_faces()
    ragged = [*X[:-1], X[-1][:-2]]
    with _refused(ValueError, "shape"):
        clone(estimator).fit(ragged, Y)


@_check
def _pickle_keeps_predictions(estimator: Any) -> None:
    model, X, _ = _fitted(estimator)
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict(X), model.predict(X))


@_check
def _select_and_calibrate_are_taken(estimator: Any) -> None:
    X, Y = striped_faces(48)
    parts = [(X[i : i + 8], Y[i : i + 8]) for i in (32, 40)]
    model = clone(estimator).fit(X[:32], Y[:32], select=parts[0], calibrate=parts[1])
    assert model.predict(X).shape == (48, 2)


@_check
def _grid_search_and_groups(estimator: Any) -> None:
    X, Y = striped_faces()
    groups = np.arange(len(X)) // 4
    search = GridSearchCV(clone(estimator), {"random_state": [0]}, cv=GroupKFold(2))
    assert np.isfinite(search.fit(X, Y, groups=groups).best_score_)
    answers = cross_val_predict(clone(estimator), X, Y, groups=groups, cv=GroupKFold(2))
    assert answers.shape == (len(X), 2)
