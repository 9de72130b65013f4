"""The CNN estimators: scikit-learn's conventions, learning, calibration, bad input."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.utils.validation import check_is_fitted

from basis.faces import OLDEST_AGE
from pipelines.cnn.batches.inputs import cut_parts
from pipelines.cnn.estimators import CnnAgeGender, CnnClassifier, CnnRegressor

TINY = {"backbone": "test_efficientnet", "weights": None, "image_size": 32, "threads": 1}
QUICK = {**TINY, "epochs": 1, "batch_size": 16, "random_state": 0, "precision": "fp32"}


def made_faces(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return images whose brightness tells the age and whose stripes tell the gender."""
    rng = np.random.default_rng(seed)
    age, gender = rng.uniform(2, 90, n), rng.integers(0, 2, n)
    images = np.empty((n, 48, 48, 3))
    stripes = 25 * np.sin(np.arange(48) * 1.2)
    for face, (years, female) in enumerate(zip(age, gender, strict=True)):
        pattern = stripes[:, None] if female else stripes[None, :]
        images[face] = (60 + 1.6 * years + pattern)[..., None] + rng.normal(0, 8, (48, 48, 3))
    return images.clip(0, 255).astype(np.uint8), np.column_stack([age, gender]).astype(float)


@pytest.fixture(scope="module")
def faces():
    return made_faces(48)


@pytest.fixture(scope="module")
def fitted(faces):
    return CnnAgeGender(**QUICK).fit(*faces)


def test_learns_age_and_gender():
    X, Y = made_faces(240)
    cnn = CnnAgeGender(
        **{**QUICK, "epochs": 8, "gender_weight": 4},
        **{"layer_decay": 1, "lr": 3e-3, "augment": "none", "dropout": 0, "ema": 0.9},
    )
    cnn.fit(X, Y, select=made_faces(64, 1), calibrate=made_faces(200, 2))
    X_new, Y_new = made_faces(200, 3)
    age, gender = cnn.predict(X_new).T
    assert np.abs(age - Y_new[:, 0]).mean() < 10  # a constant is 22 years off
    assert (gender == Y_new[:, 1]).mean() > 0.85  # four seeds: 1.0 each
    low, high = cnn.predict_age_interval(X_new, 0.9).T
    assert 0.8 < ((low <= Y_new[:, 0]) & (Y_new[:, 0] <= high)).mean() <= 1
    assert len(cnn.training_.history) == 8
    assert cnn.training_.history[-1]["select_mae"] < cnn.training_.history[0]["select_mae"]


def test_answers_agree_with_each_other(fitted, faces):
    X = faces[0][:10]
    everything = fitted.predict_all(X)
    np.testing.assert_allclose(fitted.predict(X)[:, 0], everything["age"])
    np.testing.assert_array_equal(fitted.predict(X)[:, 1], everything["p_female"] > 0.5)
    np.testing.assert_allclose(fitted.predict_gender_proba(X), everything["p_female"])
    np.testing.assert_allclose(fitted.predict_age_interval(X), everything["interval"])


def test_mirror_averaging_makes_mirrored_faces_equal(fitted, faces):
    X = faces[0][:6]
    np.testing.assert_allclose(
        fitted.predict_gender_proba(X), fitted.predict_gender_proba(X[:, :, ::-1]), atol=1e-5
    )


def test_single_images_and_orders_do_not_matter(fitted, faces):
    X = faces[0][:12]
    together = fitted.predict_all(X)["age"]
    order = np.random.default_rng(0).permutation(12)
    np.testing.assert_allclose(fitted.predict_all(X[order])["age"], together[order], atol=1e-3)
    np.testing.assert_allclose(fitted.predict_all(X[3:4])["age"], together[3:4], atol=1e-3)


def test_same_seed_same_result_and_global_generator_untouched(faces):
    torch.manual_seed(123)
    expected = torch.rand(1)
    torch.manual_seed(123)
    one = CnnAgeGender(**QUICK).fit(*faces)
    assert torch.equal(torch.rand(1), expected)
    two = clone(one).fit(*faces)
    np.testing.assert_array_equal(one.predict(faces[0]), two.predict(faces[0]))
    three = clone(one).set_params(random_state=1).fit(*faces)
    assert not np.array_equal(one.predict(faces[0]), three.predict(faces[0]))


def test_fit_twice_starts_anew(faces):
    cnn = CnnAgeGender(**QUICK)
    first = cnn.fit(*faces).predict(faces[0])
    np.testing.assert_array_equal(cnn.fit(*faces).predict(faces[0]), first)


def test_pickle_and_clone(fitted, faces):
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict(faces[0]), fitted.predict(faces[0]))
    fresh = clone(fitted)
    assert fresh.get_params() == fitted.get_params()
    with pytest.raises(Exception, match="not fitted"):
        fresh.predict(faces[0])
    check_is_fitted(fitted)


def test_read_only_memory_map_and_grey_and_flat(tmp_path, fitted, faces):
    X, Y = faces
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    expected = fitted.predict(X)
    np.testing.assert_array_equal(clone(fitted).fit(mapped, Y).predict(mapped), expected)
    flat = CnnAgeGender(**QUICK, image_shape=(48, 48, 3)).fit(X.reshape(48, -1), Y)
    np.testing.assert_array_equal(flat.predict(X.reshape(48, -1)), expected)
    assert CnnAgeGender(**QUICK).fit(X[..., 0], Y).predict(X[..., 0]).shape == (48, 2)


def test_parts_are_cut_by_group(faces):
    X, Y = faces
    groups = np.repeat(np.arange(12), 4)
    parts = cut_parts(X, Y, groups, None, None, seed=0)
    held = [pair[1] for pair in parts[1:]]
    rows = [np.flatnonzero((Y[:, None] == part[None]).all(2).any(1)) for part in held]
    sets = [set(groups[part]) for part in (parts.rows, *rows)]
    assert sum(map(len, sets)) == 12
    assert set.union(*sets) == set(range(12))
    given = cut_parts(X, Y, None, (X[:4], Y[:4]), (X[4:8], Y[4:8]), seed=0)
    assert len(given.rows) == 48


def test_too_few_groups_to_hold_any_back(faces):
    X, Y = faces
    four = cut_parts(X, Y, np.arange(48) // 12, None, None, seed=0)
    assert [len(pair[0]) for pair in four[1:]] == [12, 12]
    assert len(four.rows) == 24
    with pytest.warns(UserWarning, match="only 3 groups: nothing is held back"):
        three = cut_parts(X, Y, np.arange(48) // 16, None, None, seed=0)
    assert len(three.rows) == len(three.calibrate[0]) == 48


def test_a_training_part_of_one_class_is_refused(faces):
    """One of twelve people is of class 1: the cut holds them back, or their weight is nothing."""
    X, groups = faces[0], np.arange(48) // 4
    female = (groups == 0).astype(int)

    def trains_on(seed):
        first = np.random.RandomState(seed).randint(2**31 - 1)
        return groups[cut_parts(X, np.zeros((48, 2)), groups, None, None, first).rows]

    lost = next(seed for seed in range(99) if 0 not in trains_on(seed))
    model = CnnClassifier(**{**QUICK, "random_state": lost})
    message = "only one class in the gender labels of the training part"
    with pytest.raises(ValueError, match=message):
        model.fit(X, female, groups=groups)
    with pytest.raises(ValueError, match=message):
        clone(model).fit(X, female, sample_weight=1.0 - female)


def test_grid_search_over_rate_and_backbone_with_groups(faces):
    X, Y = faces
    grid = {"lr": [1e-4, 1e-2], "backbone": ["test_efficientnet", "test_resnet"]}
    search = GridSearchCV(CnnAgeGender(**QUICK), grid, cv=GroupKFold(2), error_score="raise")
    search.fit(X, Y, groups=np.arange(48) // 2)
    assert set(search.best_params_) == {"lr", "backbone"}
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_regressor_and_classifier(faces):
    X, Y = faces
    age = CnnRegressor(**QUICK).fit(X, Y[:, 0], np.ones(48), select=(X, Y[:, 0]))
    assert age.predict(X).shape == (48,)
    assert (np.diff(age.predict_interval(X)) > 0).all()
    assert set(age.net_.module_.heads) == {"age"}
    names = np.where(Y[:, 1] == 1, "woman", "man")
    gender = CnnClassifier(**QUICK).fit(X, names, calibrate=(X, names))
    assert list(gender.classes_) == ["man", "woman"]
    assert set(gender.predict(X)) <= {"man", "woman"}
    np.testing.assert_allclose(gender.predict_proba(X).sum(1), 1)
    assert gender.score(X, names) == (gender.predict(X) == names).mean()


def test_a_backbone_of_one_size_does_not_grow(faces):
    cnn = CnnAgeGender(**{**QUICK, "backbone": "test_vit", "image_size": 64}, first_image_size=32)
    with pytest.raises(ValueError, match="one size only, not 32 and 64 px"):
        cnn.fit(*faces)


def test_pickles_hold_the_network_once(faces):
    cnn = CnnAgeGender(**QUICK).fit(*faces)
    stored = pickle.dumps(cnn)
    assert len(stored) < 1.5 * 4 * cnn.n_parameters_ + 200_000
    again = pickle.loads(stored)
    assert again.net_.module is again.net_.module_
    np.testing.assert_array_equal(again.predict(faces[0]), cnn.predict(faces[0]))


def test_intervals_reach_as_far_as_the_answers(faces):
    assert CnnAgeGender(**QUICK).fit(*faces).band_.high == OLDEST_AGE


def test_progress_is_reported(faces):
    calls = []
    CnnAgeGender(**QUICK, progress=lambda *call: calls.append(call)).fit(*faces)
    trained = [call for call in calls if call[0] == "train"]
    assert trained[-1][1] == trained[-1][2] == len(trained)


def test_patience_keeps_the_best_epoch(faces):
    X, Y = faces
    cnn = CnnAgeGender(**{**QUICK, "epochs": 30}, lr=0.3, layer_decay=1, patience=2, ema=None)
    cnn.fit(X, Y, select=(X, Y))
    scores = [row["select_score"] for row in cnn.training_.history]
    assert len(scores) < 30
    assert cnn.training_.best_epochs == [np.argmin(scores) + 1] == [len(scores) - 2]


def test_frozen_stages_keep_their_weights(faces):
    cnn = CnnAgeGender(**QUICK, freeze_stages=3).fit(*faces)
    free = CnnAgeGender(**QUICK).fit(*faces)
    fresh = CnnAgeGender(**{**QUICK, "lr": 0.0}).fit(*faces)
    state, moved, start = (c.net_.module_.backbone.state_dict() for c in (cnn, free, fresh))
    first, last = "conv_stem.weight", "conv_head.weight"
    assert torch.equal(state[first], start[first])
    assert not torch.equal(moved[first], start[first])
    assert not torch.equal(state[last], start[last])
    with pytest.raises(ValueError, match="freeze_stages=99"):
        CnnAgeGender(**QUICK, freeze_stages=99).fit(*faces)


@pytest.mark.parametrize(
    ("norm", "age_head"), [("frozen", "ordinal"), ("batch", "ordinal"), ("frozen", "regression")]
)
def test_other_norms_and_heads(faces, norm, age_head):
    cnn = CnnAgeGender(**QUICK, norm=norm, age_head=age_head).fit(*faces)
    assert np.isfinite(cnn.predict(faces[0])).all()
    assert np.isfinite(cnn.predict_age_interval(faces[0])).all()
