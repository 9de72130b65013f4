"""Labels of both questions as people hold them, one score, and scorers by name."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, get_scorer
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pipelines import SCORERS, AgeGender, CnnAgeGender, ConformalAge, DlibAgeGender
from pipelines.joint import AgeGenderMixin
from pipelines.labels import check_age_gender

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 3))
AGE = np.clip(40 + 10 * X[:, 0] + RNG.normal(size=80), 1, 100)
FEMALE = (X[:, 1] > 0).astype(float)
Y = np.column_stack([AGE, FEMALE])
WORDS = np.where(FEMALE == 1, "female", "male")


class Answering(AgeGenderMixin):
    """Gives the answers it was made with."""

    def __init__(self, age, p_female):
        self.answers = np.asarray(age, float), np.asarray(p_female, float)

    def predict_all(self, X, level=0.9):
        age, p_female = self.answers
        half = 10 * level
        interval = np.column_stack([age - half, age + half])
        return {"age": age, "interval": interval, "p_female": p_female}


@pytest.mark.parametrize(
    "labels",
    [
        Y.tolist(),
        pd.DataFrame({"age": AGE, "gender": WORDS}),
        pd.DataFrame({"gender": pd.Categorical(WORDS), "name": "x", "age": AGE}),
        pd.DataFrame({"gender": FEMALE.astype(int), "age": AGE}, index=RNG.permutation(80)),
        pd.DataFrame({"years": AGE, "sex": FEMALE}),
        np.column_stack([AGE.astype(object), WORDS.astype(object)]),
        np.column_stack([AGE, np.char.capitalize(WORDS)]),
    ],
    ids=["lists", "words", "any order", "codes", "by place", "objects", "text"],
)
def test_labels_as_people_hold_them(labels):
    np.testing.assert_allclose(check_age_gender(labels, X), Y)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (pd.DataFrame({"age": AGE, "sex": WORDS}), "y has no column 'gender', only age, sex"),
        (np.column_stack([AGE, FEMALE + 1]), r"gender must be 0 \(male\) or 1 \(female\), got 2"),
        (pd.DataFrame({"age": AGE, "gender": "f"}), "got 'f' in row 0 of y"),
        (pd.DataFrame({"age": "old", "gender": WORDS}), "age in y must be numbers"),
        (np.column_stack([np.where(np.arange(80) == 7, 131, AGE), FEMALE]), "131 in row 7 of y is"),
        (AGE, r"two columns age and gender, got shape \(80,\)"),
        (Y[:-1], "inconsistent numbers of samples"),
        (np.where(Y[3, 0] == Y, np.inf, Y), "infinity, first in row 3"),
        (np.column_stack([AGE, np.where(np.arange(80) == 5, np.nan, FEMALE)]), "NaN .* row 5"),
    ],
)
def test_labels_that_cannot_be(labels, message):
    with pytest.raises(ValueError, match=message):
        check_age_gender(labels, X)


def test_sparse_labels_are_refused():
    with pytest.raises(TypeError, match="Sparse data was passed for y"):
        check_age_gender(csr_array(Y), X)


def test_frames_and_keywords_in_every_estimator_of_both_questions():
    frame = pd.DataFrame({"gender": WORDS, "age": AGE})
    model = AgeGender(Ridge(), LogisticRegression(), random_state=0)
    expected = model.fit(X, Y).predict(X)
    np.testing.assert_array_equal(model.fit(X=X, y=frame).predict(X), expected)
    assert model.score(X, y=frame) == model.score(X, Y)
    parts = {"select": (X, frame), "calibrate": (X, frame)}
    np.testing.assert_array_equal(model.fit(X, frame, **parts).predict_all(X)["age"].shape, (80,))
    search = GridSearchCV(model, {"age__alpha": [1.0, 10.0]}, cv=2, error_score="raise")
    assert np.isfinite(search.fit(X, frame).best_score_)


def test_one_score():
    kinds = (AgeGender, CnnAgeGender, DlibAgeGender)
    assert {kind.score for kind in kinds} == {AgeGenderMixin.score}
    perfect = Answering(AGE, FEMALE)
    assert perfect.score(X, Y) == 1.0
    constant = Answering(np.full(80, np.median(AGE)), FEMALE)
    assert constant.score(X, Y) == pytest.approx(0.5), "no skill at one, all of the other"
    wrong = Answering(AGE, 1 - FEMALE)
    assert wrong.score(X, Y) == pytest.approx(0.5)


def test_weights_of_the_score():
    weights = np.where(np.arange(80) < 40, 1.0, 0.0)
    model = Answering(np.where(weights > 0, AGE, 0), np.where(weights > 0, FEMALE, 1 - FEMALE))
    assert model.score(X, Y, sample_weight=weights) == 1.0
    assert model.score(X, Y) < 0.5


def test_half_counts_as_female():
    np.testing.assert_array_equal(
        Answering([1, 2, 3], [0.49, 0.5, 0.51]).predict(None)[:, 1], [0, 1, 1]
    )


def test_what_the_scorers_say():
    off = np.where(np.arange(80) < 20, 6.0, 4.0)
    model = Answering(AGE + off, np.where(np.arange(80) < 8, 1 - FEMALE, FEMALE))
    assert SCORERS["age_mae"](model, X, Y) == pytest.approx(-4.5)
    assert SCORERS["cs5"](model, X, Y) == 0.75
    assert SCORERS["gender_accuracy"](model, X, Y) == 0.9
    assert SCORERS["coverage_90"](model, X, Y) == 1.0
    far = Answering(AGE + np.where(np.arange(80) < 20, 9.5, 8.5), FEMALE)
    assert SCORERS["coverage_90"](far, X, Y) == 0.75


@pytest.mark.parametrize("labels", [Y, pd.DataFrame({"gender": WORDS, "age": AGE})])
@pytest.mark.parametrize("scoring", ["accuracy", ["f1_macro"]])
def test_metrics_of_classes_say_why_not(labels, scoring):
    model = AgeGender(Ridge(), LogisticRegression(), random_state=0)
    with pytest.warns(UserWarning, match="give scoring='gender_accuracy'"):
        cross_validate(model, X, labels, scoring=scoring, cv=2)


def test_answers_are_arrays_to_everything_else():
    answers = AgeGender(Ridge(), LogisticRegression(), random_state=0).fit(X, Y).predict(X)
    assert accuracy_score(FEMALE, answers[:, 1]) == np.mean(answers[:, 1] == FEMALE)
    assert type(np.abs(answers - Y)) is type(pickle.loads(pickle.dumps(answers))) is np.ndarray
    assert type(answers.mean()) is np.float64
    assert type(answers.mean(axis=0)) is np.ndarray
    assert repr(answers) == repr(np.asarray(answers))


def test_scorers_by_name():
    model = AgeGender(Ridge(), LogisticRegression(), random_state=0)
    names = ["age_mae", "cs5", "gender_accuracy", "coverage_90"]
    frame = pd.DataFrame({"gender": WORDS, "age": AGE})
    found = cross_validate(model, X, frame, scoring=names, cv=3, error_score="raise")
    assert (found["test_age_mae"] < 0).all()
    assert (found["test_gender_accuracy"] > 0.5).all()
    same = cross_validate(model, X, frame, scoring="age_mae", cv=3)["test_score"]
    np.testing.assert_array_equal(same, found["test_age_mae"])
    search = GridSearchCV(model, {"age__alpha": [1.0]}, cv=3, scoring="age_mae").fit(X, frame)
    assert search.best_score_ == same.mean()
    one = cross_validate(ConformalAge(Ridge()), X, AGE, scoring=["age_mae", "coverage_90"], cv=3)
    assert (one["test_coverage_90"] > 0.7).all()
    inside = make_pipeline(StandardScaler(), ConformalAge(Ridge()))
    search = GridSearchCV(inside, {"conformalage__estimator__alpha": [1.0]}, cv=2).fit(X, AGE)
    assert SCORERS["coverage_90"](search, X, AGE) > 0.7
    with pytest.raises(TypeError, match="Ridge has none: put it into ConformalAge"):
        SCORERS["coverage_90"](Ridge().fit(X, AGE), X, AGE)
    dummy = DummyClassifier(strategy="constant", constant=1).fit(X, FEMALE)
    assert get_scorer("gender_accuracy")(dummy, X, FEMALE) == FEMALE.mean()
    constant = DummyRegressor(strategy="constant", constant=40.0).fit(X, AGE)
    expected = (np.abs(AGE - 40) <= 5).mean()
    assert SCORERS["cs5"](constant, X, AGE) == expected


@pytest.mark.parametrize("column", [AGE[:, None], pd.DataFrame({"age": AGE}), AGE.astype(object)])
def test_one_column_of_ages_is_scored_as_ages(column):
    model = Ridge().fit(X, AGE)
    error = np.abs(model.predict(X) - AGE)
    twice = Ridge().fit(X, AGE[:, None])  # whose answers may have two dimensions
    for fitted in (model, twice):
        assert SCORERS["age_mae"](fitted, X, column) == pytest.approx(-error.mean())
        assert SCORERS["cs5"](fitted, X, column) == (error <= 5).mean()
    conformal = ConformalAge(Ridge(), random_state=0).fit(X, AGE)
    expected = SCORERS["coverage_90"](conformal, X, AGE)
    assert 0.5 < SCORERS["coverage_90"](conformal, X, column) == expected


def test_unknown_ages_are_left_out_by_estimators_of_one_question_too():
    some = np.where(np.arange(80) % 4 == 0, np.nan, AGE)
    known, model = ~np.isnan(some), ConformalAge(Ridge(), random_state=0).fit(X, AGE)
    for name in ("age_mae", "cs5", "coverage_90"):
        expected = SCORERS[name](model, X[known], AGE[known])
        assert SCORERS[name](model, X, some) == pytest.approx(expected)
        with pytest.raises(ValueError, match="no age is known in y"):
            SCORERS[name](model, X, np.full(80, np.nan))


@pytest.mark.parametrize("truth", [FEMALE, WORDS, FEMALE[:, None], pd.DataFrame({"g": WORDS})])
@pytest.mark.parametrize("learnt", [FEMALE, WORDS])
def test_genders_in_words_and_codes_are_the_same_genders(learnt, truth):
    model = LogisticRegression().fit(X, learnt)
    right = (model.predict(X) == learnt).mean()
    assert 0.9 < SCORERS["gender_accuracy"](model, X, truth) == right


def test_every_estimator_makes_the_names_known_in_another_process():
    code = (
        "from sklearn.metrics import get_scorer; from pipelines import HogTransformer; "
        "print(get_scorer('age_mae'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "age_mae" in done.stdout, done.stderr
