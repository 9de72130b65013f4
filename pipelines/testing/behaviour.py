"""Checks of what an estimator does: parameters, repeatability, answers, invariance."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict

from .checks import check
from .faces import fitted, striped_faces


@check
def _clone_keeps_parameters(estimator: Any) -> None:
    before, after = estimator.get_params(deep=False), clone(estimator).get_params(deep=False)
    assert before.keys() == after.keys()
    assert all(type(before[k]) is type(after[k]) for k in before)


@check
def _init_stores_parameters_untouched(estimator: Any) -> None:
    parameters = estimator.get_params(deep=False)
    again = type(estimator)(**parameters)
    assert all(getattr(again, name) is value for name, value in parameters.items())


@check
def _fit_leaves_parameters_untouched(estimator: Any) -> None:
    fresh = clone(estimator)
    before = {k: repr(v) for k, v in fresh.get_params().items()}
    fresh.fit(*striped_faces())
    assert {k: repr(v) for k, v in fresh.get_params().items()} == before


@check
def _fit_returns_self(estimator: Any) -> None:
    fresh = clone(estimator)
    assert fresh.fit(*striped_faces()) is fresh


@check
def _fit_twice_gives_the_same(estimator: Any) -> None:
    model, X, Y = fitted(estimator)
    first = model.predict(X)
    np.testing.assert_array_equal(model.fit(X, Y).predict(X), first)


@check
def _refit_forgets_the_first_fit(estimator: Any) -> None:
    model, X, _ = fitted(estimator, seed=1)
    other_X, other_Y = striped_faces(seed=2)
    expected = clone(estimator).fit(other_X, other_Y).predict(X)
    np.testing.assert_array_equal(model.fit(other_X, other_Y).predict(X), expected)


@check
def _input_is_not_changed(estimator: Any) -> None:
    X, Y = striped_faces()
    X_before, Y_before = X.copy(), Y.copy()
    clone(estimator).fit(X, Y).predict(X)
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(Y, Y_before)


@check
def _shapes_and_ranges(estimator: Any) -> None:
    model, X, _ = fitted(estimator)
    answer, share = model.predict(X), model.predict_gender_proba(X)
    assert answer.shape == (len(X), 2)
    assert np.isfinite(answer).all()
    assert (answer[:, 0] >= 0).all()
    assert (answer[:, 0] <= 130).all()
    assert set(np.unique(answer[:, 1])) <= {0.0, 1.0}
    assert share.shape == (len(X),)
    assert ((share >= 0) & (share <= 1)).all()


@check
def _gender_follows_its_probability(estimator: Any) -> None:
    model, X, _ = fitted(estimator)
    share = model.predict_gender_proba(X)
    sure = np.abs(share - 0.5) > 1e-6
    np.testing.assert_array_equal(model.predict(X)[sure, 1], (share > 0.5)[sure])


@check
def _one_pass_says_the_same(estimator: Any) -> None:
    model, X, _ = fitted(estimator)
    together = model.predict_all(X, level=0.8)
    np.testing.assert_array_equal(together["age"], model.predict(X)[:, 0])
    np.testing.assert_array_equal(together["p_female"], model.predict_gender_proba(X))
    np.testing.assert_array_equal(together["interval"], model.predict_age_interval(X, level=0.8))


@check
def _intervals_are_ordered_and_nested(estimator: Any) -> None:
    model, X, _ = fitted(estimator)
    narrow, wide = (model.predict_age_interval(X, level=level) for level in (0.5, 0.9))
    assert narrow.shape == wide.shape == (len(X), 2)
    assert (narrow[:, 0] <= narrow[:, 1]).all()
    assert (wide[:, 0] <= narrow[:, 0]).all()
    assert (narrow[:, 1] <= wide[:, 1]).all()
    assert (wide >= 0).all()


@check
def _faces_of_unknown_age_teach_gender(estimator: Any) -> None:
    X, Y = striped_faces()
    Y[:10, 0] = np.nan
    held_X, held_Y = striped_faces(seed=1)
    held_Y[:10, 0] = np.nan
    held = {"select": (held_X, held_Y), "calibrate": (held_X, held_Y)}
    answers = clone(estimator).fit(X, Y, **held).predict_all(X)
    assert all(np.isfinite(answer).all() for answer in answers.values())


@check
def _subset_invariance(estimator: Any) -> None:
    model, X, _ = fitted(estimator)
    whole, one = model.predict(X), model.predict(X[3:4])
    np.testing.assert_allclose(one[0, 0], whole[3, 0], atol=1e-3)


@check
def _order_invariance(estimator: Any) -> None:
    model, X, _ = fitted(estimator)
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(model.predict(X[order])[:, 0], model.predict(X)[order, 0], atol=1e-3)


@check
def _grey_images_are_taken(estimator: Any) -> None:
    X, Y = striped_faces(colour=False)
    assert clone(estimator).fit(X, Y).predict(X).shape == (len(X), 2)


@check
def _lists_are_taken(estimator: Any) -> None:
    model, X, Y = fitted(estimator)
    from_lists = clone(estimator).fit(list(X), Y.tolist())
    np.testing.assert_array_equal(from_lists.predict(list(X)), model.predict(X))


@check
def _read_only_memory_map_is_taken(estimator: Any) -> None:
    model, X, Y = fitted(estimator)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "faces.npy"
        np.save(path, X)
        mapped = np.load(path, mmap_mode="r")
        np.testing.assert_array_equal(
            clone(estimator).fit(mapped, Y).predict(mapped), model.predict(X)
        )


@check
def _pickle_keeps_predictions(estimator: Any) -> None:
    model, X, _ = fitted(estimator)
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict(X), model.predict(X))


@check
def _select_and_calibrate_are_taken(estimator: Any) -> None:
    X, Y = striped_faces(48)
    parts = [(X[i : i + 8], Y[i : i + 8]) for i in (32, 40)]
    model = clone(estimator).fit(X[:32], Y[:32], select=parts[0], calibrate=parts[1])
    assert model.predict(X).shape == (48, 2)


@check
def _grid_search_and_groups(estimator: Any) -> None:
    X, Y = striped_faces()
    groups = np.arange(len(X)) // 4
    search = GridSearchCV(clone(estimator), {"random_state": [0]}, cv=GroupKFold(2))
    assert np.isfinite(search.fit(X, Y, groups=groups).best_score_)
    answers = cross_val_predict(clone(estimator), X, Y, groups=groups, cv=GroupKFold(2))
    assert answers.shape == (len(X), 2)
