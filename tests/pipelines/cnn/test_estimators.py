"""The CNN estimators: scikit-learn's conventions, learning, calibration, bad input."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from joblib import effective_n_jobs
from sklearn.base import clone
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold
from sklearn.pipeline import make_pipeline
from sklearn.utils.validation import check_is_fitted

from pipelines.cnn.estimators import CnnAgeGender, CnnClassifier, CnnRegressor
from pipelines.cnn.features import TimmFeatures
from pipelines.cnn.network.heads import MAX_AGE
from pipelines.cnn.training.callbacks import DivergedError
from pipelines.cnn.training.settings import choose_precision, torch_threads

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
        **{**QUICK, "epochs": 8}, layer_decay=1, lr=6e-3, augment="none", dropout=0, ema=0.9
    )
    cnn.fit(X, Y, select=made_faces(64, 1), calibrate=made_faces(200, 2))
    X_new, Y_new = made_faces(200, 3)
    age, gender = cnn.predict(X_new).T
    assert np.abs(age - Y_new[:, 0]).mean() < 10  # a constant is 22 years off
    assert (gender == Y_new[:, 1]).mean() > 0.85
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
    from pipelines.cnn.batches.inputs import cut_parts

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
    from pipelines.cnn.batches.inputs import cut_parts

    X, Y = faces
    four = cut_parts(X, Y, np.arange(48) // 12, None, None, seed=0)
    assert [len(pair[0]) for pair in four[1:]] == [12, 12]
    assert len(four.rows) == 24
    with pytest.warns(UserWarning, match="only 3 groups: nothing is held back"):
        three = cut_parts(X, Y, np.arange(48) // 16, None, None, seed=0)
    assert len(three.rows) == len(three.calibrate[0]) == 48


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


def test_negative_threads_count_from_all_cores():
    before = torch.get_num_threads()
    with torch_threads(-1):
        assert torch.get_num_threads() == effective_n_jobs(-1)
    assert torch.get_num_threads() == before


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
    assert CnnAgeGender(**QUICK).fit(*faces).band_.high == MAX_AGE


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


@pytest.mark.filterwarnings("ignore:this processor has no bfloat16")
def test_bfloat16_trains_to_nearly_the_same(faces):
    half = CnnAgeGender(**{**QUICK, "precision": "bf16"}).fit(*faces)
    full = CnnAgeGender(**QUICK).fit(*faces)
    assert half.training_.precision == "bf16"
    assert half.training_.history[0]["train_loss"] == pytest.approx(
        full.training_.history[0]["train_loss"], rel=0.02
    )
    assert half.training_.history[0]["train_loss"] != full.training_.history[0]["train_loss"]
    assert np.abs(half.predict(faces[0])[:, 0] - full.predict(faces[0])[:, 0]).mean() < 1


def test_precision_without_bf16_hardware(monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    assert choose_precision("auto", "cpu") == "fp32"
    with pytest.warns(UserWarning, match="emulated"):
        assert choose_precision("bf16", "cpu") == "bf16"
    with pytest.raises(ValueError, match="unknown precision 'fp16'"):
        choose_precision("fp16", "cpu")


def test_loss_that_is_no_number_stops_with_advice(faces):
    with pytest.raises(DivergedError, match=r"step \d+ of epoch \d+, learning rate .* try a third"):
        CnnAgeGender(**{**QUICK, "epochs": 3}, lr=1e30, layer_decay=1, ema=None).fit(*faces)


@pytest.mark.parametrize("ema", [None, 0.5])
def test_divergence_in_the_very_last_step(faces, ema):
    """No loss comes after it; the answers on *select* tell."""
    one_step = {**QUICK, "epochs": 1, "batch_size": 48}
    with pytest.raises(DivergedError, match=r"no numbers after epoch 1: try a third of lr=1e\+30"):
        CnnAgeGender(**one_step, lr=1e30, layer_decay=1, ema=ema).fit(*faces)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"backbone": "test_eficientnet"}, "did you mean"),
        ({"age_head": "ordinl"}, "did you mean 'ordinal'"),
        ({"augment": "wild"}, "unknown augmentation"),
        ({"norm": "instance"}, "unknown norm"),
        ({"precision": "int8"}, "unknown precision"),
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"batch_size": 1}, "batch_size must be at least 2, got 1"),
        ({"ema": 2.0}, "ema must be between 0 and 1, got 2.0"),
        ({"label_smoothing": 3}, "label_smoothing must be"),
        ({"layer_decay": 0}, "layer_decay must be"),
        ({"patience": 0}, "patience must be at least 1"),
        ({"first_image_size": 0}, "first_image_size must be at least 1"),
    ],
)
def test_bad_parameters(faces, change, message):
    with pytest.raises(ValueError, match=message):
        CnnAgeGender(**{**QUICK, **change}).fit(*faces)


def test_bad_input(fitted, faces):
    X, Y = faces
    cnn = CnnAgeGender(**QUICK)
    with pytest.raises(ValueError, match="only one class"):
        cnn.fit(X, np.column_stack([Y[:, 0], np.zeros(48)]))
    with pytest.raises(ValueError, match="exactly two"):
        CnnClassifier(**QUICK).fit(X, np.zeros(48))
    with pytest.raises(ValueError, match="age label -1 in row 0 of X"):
        cnn.fit(X, Y - [[Y[0, 0] + 1, 0]])
    with pytest.raises(ValueError, match="age label 200 in row 3 of calibrate"):
        cnn.fit(X, Y, calibrate=(X, np.where(np.arange(48)[:, None] == 3, [[200, 1]], Y)))
    with pytest.raises(ValueError, match="must be 0 or 1"):
        cnn.fit(X, Y * [[1, 2]])
    with pytest.raises(ValueError, match=r"Y must be \(n, 2\)"):
        cnn.fit(X, Y[:, 0])
    with pytest.raises(ValueError, match="47 rows for 48 images"):
        cnn.fit(X, Y[:-1])
    with pytest.raises(ValueError, match="NaN"):
        fitted.predict(np.full((1, 48, 48, 3), np.nan))
    with pytest.raises(ValueError, match="multiply by 255"):
        fitted.predict(X[:2] / 255)
    with pytest.raises(ValueError, match="4 channels"):
        fitted.predict(np.zeros((1, 48, 48, 4), np.uint8))
    with pytest.raises(ValueError, match="0 sample"):
        fitted.predict(X[:0])
    other_size = np.zeros((2, 70, 70, 3), np.uint8)
    assert fitted.predict(other_size).shape == (2, 2)


def test_features_in_a_pipeline(faces):
    X, Y = faces
    features = TimmFeatures("test_efficientnet", weights=None, image_size=32)
    ridge = make_pipeline(features, RidgeCV()).fit(X, Y[:, 0])
    assert ridge.predict(X).shape == (48,)
    found = clone(features).fit(X).transform(X)
    assert found.dtype == np.float32
    names = features.fit(X).get_feature_names_out()
    assert found.shape == (48, len(names))
    assert names[0] == "test_efficientnet_0"
    mirrored = clone(features).set_params(mirror=True).fit(X)
    np.testing.assert_allclose(
        mirrored.transform(X[:4]), mirrored.transform(X[:4, :, ::-1]), atol=1e-5
    )
    search = GridSearchCV(
        make_pipeline(features, RidgeCV()),
        {"timmfeatures__backbone": ["test_efficientnet", "test_resnet"]},
        cv=KFold(2),
    )
    assert np.isfinite(search.fit(X, Y[:, 0]).best_score_)
