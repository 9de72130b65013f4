"""One estimator for both questions: what it learns from which part, and its checks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GroupKFold, cross_val_score, learning_curve
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from pipelines import AgeGender, ConformalAge, HogTransformer, LoadImages
from pipelines.holdout import cut_part
from pipelines.testing import CHECKS, striped_faces


def small(**options) -> AgeGender:
    return AgeGender(
        Ridge(), LogisticRegression(), HogTransformer(cell_size=12), random_state=0, **options
    )


@pytest.mark.parametrize("name", CHECKS)
def test_image_estimator(name):
    CHECKS[name](small())


def test_the_heads_are_what_they_would_be_alone():
    X, Y = striped_faces(40)
    model = small().fit(X[:32], Y[:32], calibrate=(X[32:], Y[32:]))
    features = HogTransformer(cell_size=12).fit_transform(X)
    alone = Ridge().fit(features[:32], Y[:32, 0]).predict(features)
    np.testing.assert_allclose(model.predict(X)[:, 0], np.clip(alone, 0, 130), rtol=1e-5)


def test_learns_age_and_gender():
    X, Y = striped_faces(200)
    model = small().fit(X[:160], Y[:160])
    answer = model.predict(X[160:])
    assert (answer[:, 1] == Y[160:, 1]).mean() > 0.9
    assert model.score(X[:160], Y[:160]) > 0.8


class Recorder(RegressorMixin, BaseEstimator):
    """Remembers the sizes of what it is fitted on."""

    def fit(self, X, y, select=None):
        self.seen_ = (len(X), None if select is None else len(select[1]))
        return self

    def predict(self, X):
        return np.full(len(X), 30.0)


def test_select_reaches_heads_that_take_it():
    X, Y = striped_faces(40)
    parts = {"select": (X[20:30], Y[20:30]), "calibrate": (X[30:], Y[30:])}
    model = AgeGender(Recorder(), LogisticRegression(), HogTransformer(cell_size=12))
    assert model.fit(X[:20], Y[:20], **parts).age_.seen_ == (20, 10)
    model.set_params(random_state=0)
    assert model.fit(X, Y).age_.seen_ == (32, 4)


def test_groups_stay_on_one_side():
    X, Y = striped_faces(40)
    groups = np.arange(40) // 4

    class Spy(HogTransformer):
        def fit(self, X, y=None):
            Spy.n = len(X)
            return super().fit(X, y)

    model = AgeGender(Ridge(), LogisticRegression(), Spy(cell_size=12), random_state=0)
    model.fit(X, Y, groups=groups)
    assert Spy.n % 4 == 0
    assert Spy.n == 36
    with pytest.raises(ValueError, match="at least 2 groups"):
        model.fit(X, Y, groups=np.zeros(40))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda Y: np.c_[Y[:, 0] - 100, Y[:, 1]], r"age label -\S+ in row 0 of y is outside"),
        (lambda Y: np.c_[Y[:, 0], Y[:, 1] + 1], "gender must be 0"),
        (lambda Y: None, "requires y to be passed"),
    ],
)
def test_bad_labels(change, message):
    X, Y = striped_faces(8)
    with pytest.raises(ValueError, match=message):
        small().fit(X, change(Y))


def test_learning_curve():
    X, Y = striped_faces(48)
    _, train, test = learning_curve(small(), X, Y, cv=2, train_sizes=[0.7, 1.0])
    assert np.isfinite(train).all()
    assert np.isfinite(test).all()


@pytest.mark.parametrize("routed", ["AgeGender", "ConformalAge"])
def test_groups_are_routed_through_cross_validation(routed, monkeypatch):
    X, Y = striped_faces(60)
    groups, seen = np.repeat(np.arange(20), 3), []

    def spy(n, size, *, groups=None, random_state=None):
        seen.append(groups)
        return cut_part(n, size, groups=groups, random_state=random_state)

    monkeypatch.setattr("pipelines.age_gender.cut_part", spy)
    monkeypatch.setattr("pipelines.intervals.age.cut_part", spy)
    ridge = make_pipeline(HogTransformer(cell_size=12), Ridge())
    model = small() if routed == "AgeGender" else ConformalAge(ridge, random_state=0)
    target = Y if routed == "AgeGender" else Y[:, 0]
    with config_context(enable_metadata_routing=True):
        model.set_fit_request(groups=True)
        cross_val_score(model, X, target, cv=GroupKFold(3), params={"groups": groups})
    assert len(seen) >= 3
    assert all(part is not None and len(part) in (39, 42) for part in seen)


def test_from_paths(tmp_path):
    from PIL import Image

    X, Y = striped_faces(24)
    paths = [str(tmp_path / f"{i}.png") for i in range(24)]
    for image, path in zip(X, paths, strict=True):
        Image.fromarray(image).save(path)
    model = make_pipeline(LoadImages(48), small()).fit(pd.Series(paths), Y)
    np.testing.assert_array_equal(model.predict(paths), small().fit(X, Y).predict(X))


def test_load_images_converts_and_names_bad_files(tmp_path):
    from PIL import Image

    grey16 = Image.fromarray(np.full((40, 40), 0x8000, dtype=np.uint16))
    grey16.save(tmp_path / "deep.png")
    Image.new("CMYK", (40, 40), (0, 255, 255, 0)).save(tmp_path / "cmyk.jpg")
    turned = Image.new("RGB", (40, 20))
    turned.paste((255, 0, 0), (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees to see it upright: red moves to the top
    turned.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    names = ["deep.png", "cmyk.jpg", "turned.jpg"]
    images = LoadImages(32).fit_transform([tmp_path / name for name in names])
    assert images.shape == (3, 32, 32, 3)
    assert (images[0] == 128).all()
    assert images[1, 5, 5, 0] > 200 > 100 > images[1, 5, 5, 2]
    assert images[2, 5, 16, 0] > 200
    assert images[2, 26, 16, 0] < 50
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    with pytest.raises(ValueError, match=r"broken\.jpg is not a readable image"):
        LoadImages(32).fit_transform([tmp_path / "broken.jpg"])
    with pytest.raises(FileNotFoundError):
        LoadImages(32).fit_transform([tmp_path / "absent.jpg"])
    with pytest.raises(TypeError, match="expects paths"):
        LoadImages(32).fit([1, 2])


def test_a_small_calibration_part_leaves_the_decisions_of_the_head():
    """Ten people: the part held back is one of them, of one gender."""
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(10), 8)
    female = person % 2
    X = rng.normal(size=(80, 3)) + 6 * np.column_stack([female, female * 0, female * 0])
    Y = np.column_stack([rng.uniform(1, 80, 80), female])
    for seed in range(4):
        model = AgeGender(Ridge(), LogisticRegression(), random_state=seed)
        answers = model.fit(X, Y, groups=person).predict(X)[:, 1]
        np.testing.assert_array_equal(answers, model.gender_.predict(X))
        assert (answers == female).mean() > 0.95


@pytest.mark.parametrize("head", [LogisticRegression(), GaussianNB()])
def test_a_frozen_head_may_have_learnt_words(head):
    X, Y = striped_faces(40)
    X = X.reshape(40, -1).astype(float)
    words = np.where(Y[:, 1] == 1, "female", "male")
    age = FrozenEstimator(Ridge().fit(X, Y[:, 0]))
    found = [
        AgeGender(age, FrozenEstimator(clone(head).fit(X, truth)), random_state=0)
        .fit(X, Y)
        .predict_gender_proba(X)
        for truth in (words, Y[:, 1].astype(int))
    ]
    np.testing.assert_allclose(*found, atol=1e-6)
    assert np.ptp(found[0]) > 0.1
    other = FrozenEstimator(clone(head).fit(X, Y[:, 1].astype(int) + 1))
    with pytest.raises(ValueError, match=r"knows the classes \[.*\], not 0 male and 1 female"):
        AgeGender(age, other, random_state=0).fit(X, Y)


def test_pictures_of_several_sizes_are_brought_to_one_by_the_features():
    X, Y = striped_faces(40)
    ragged = [Image.fromarray(x).resize((40 + i % 3, 44)) for i, x in enumerate(X)]
    resize = FunctionTransformer(lambda P: np.stack([np.asarray(p.resize((48, 48))) for p in P]))
    features = make_pipeline(resize, HogTransformer(cell_size=12))
    model = AgeGender(Ridge(), LogisticRegression(), features, random_state=0)
    assert model.fit(ragged, Y).predict(ragged[:3]).shape == (3, 2)
