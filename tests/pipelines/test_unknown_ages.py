"""Faces whose age is unknown (NaN): gender is learnt from them, age is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from torch.nn.functional import binary_cross_entropy_with_logits

from pipelines import SCORERS, AgeGender, CnnAgeGender, CnnRegressor, ConformalBand, LateFusion
from pipelines.cnn.network.answers import Answers, selection_score
from pipelines.cnn.network.heads import AGE_HEADS, create_age_head
from pipelines.cnn.network.network import FaceLoss
from pipelines.testing import striped_faces

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 4))
Y = np.column_stack([np.clip(40 + 9 * X[:, 0] + RNG.normal(size=200), 1, 99), X[:, 1] > 0])
KNOWN = np.arange(200) % 3 == 0
PARTLY = np.where(KNOWN[:, None] | (np.arange(2) == 1), Y, np.nan)
TINY = {"weights": None, "image_size": 32, "epochs": 1, "batch_size": 16, "random_state": 0}


def test_age_from_the_known_gender_from_all():
    weight = RNG.uniform(0.5, 2, 200)
    frame = pd.DataFrame({"gender": PARTLY[:, 1], "age": PARTLY[:, 0]})
    model = AgeGender(Ridge(), LogisticRegression())
    model.fit(X, frame, calibrate=(X, PARTLY), sample_weight=weight)
    ridge = Ridge().fit(X[KNOWN], Y[KNOWN, 0], sample_weight=weight[KNOWN])
    np.testing.assert_array_equal(model.age_.coef_, ridge.coef_)
    logistic = LogisticRegression().fit(X, Y[:, 1].astype(int), sample_weight=weight)
    np.testing.assert_array_equal(model.gender_.coef_, logistic.coef_)
    band = ConformalBand().fit(Y[KNOWN, 0], ridge.predict(X[KNOWN]))
    np.testing.assert_allclose(model.band_.scores_, band.scores_)
    assert len(model.band_.scores_) == KNOWN.sum()


class Selecting(Ridge):
    """Remembers what it was given to select by."""

    def fit(self, X, y, sample_weight=None, select=None):
        self.select_ = select
        return super().fit(X, y, sample_weight)


def test_who_selects_by_age_sees_known_ages():
    model = AgeGender(Selecting(), LogisticRegression())
    model.fit(X, Y, select=(X, PARTLY), calibrate=(X, Y))
    np.testing.assert_array_equal(model.age_.select_[0], X[KNOWN])
    np.testing.assert_array_equal(model.age_.select_[1], Y[KNOWN, 0])


@pytest.mark.parametrize("part", ["y", "select", "calibrate"])
def test_no_age_at_all(part):
    none = np.column_stack([np.full(200, np.nan), Y[:, 1]])
    held = {name: (X, none if name == part else Y) for name in ("select", "calibrate")}
    with pytest.raises(ValueError, match=f"no age is known in .*{part}: all 200 are NaN"):
        AgeGender(Selecting(), LogisticRegression()).fit(X, none if part == "y" else Y, **held)


def test_scores_are_those_of_the_known():
    model = AgeGender(Ridge(), LogisticRegression(), random_state=0).fit(X, Y)
    for name in ("age_mae", "cs5", "coverage_90"):
        assert SCORERS[name](model, X, PARTLY) == SCORERS[name](model, X[KNOWN], Y[KNOWN])
    assert SCORERS["gender_accuracy"](model, X, PARTLY) == SCORERS["gender_accuracy"](model, X, Y)
    assert np.isfinite(model.score(X, PARTLY))


def test_a_fusion_weighs_ages_where_they_are_known():
    answers = np.column_stack([Y[:, 0] + RNG.normal(0, 2, 200), np.full(200, 40.0), X[:, [1, 1]]])
    answers[~KNOWN, 0] = RNG.uniform(0, 99, (~KNOWN).sum())  # would cost the better its weight
    fused = LateFusion().fit(answers, PARTLY)
    assert fused.age_weights_[0] > 0.9
    assert len(fused.band_.scores_) == KNOWN.sum()


@pytest.mark.parametrize("name", sorted(AGE_HEADS))
def test_the_loss_leaves_unknown_ages_out(name):
    head = create_age_head(name)
    loss = FaceLoss(head, True, label_smoothing=0.1, gender_weight=0.7)
    torch.manual_seed(0)
    outputs = {
        "age": torch.randn(6, head.n_outputs, requires_grad=True),
        "gender": torch.randn(6, 1, requires_grad=True),
    }
    age, gender = torch.linspace(1, 80, 6), torch.arange(6) % 2.0
    each = binary_cross_entropy_with_logits(
        outputs["gender"][:, 0], gender * 0.9 + 0.05, reduction="none"
    )
    targets = torch.stack([age, gender, torch.ones(6)], 1)[:, None]
    whole = (head.loss(outputs["age"], age) + 0.7 * each).sum() / 6
    assert torch.equal(loss(outputs, targets), whole), "bit for bit where every age is known"
    targets[3:, 0, 0] = torch.nan
    partly = loss(outputs, targets)
    half = (head.loss(outputs["age"][:3], age[:3]).sum() + 0.7 * each.sum()) / 6
    torch.testing.assert_close(partly, half)
    partly.backward()
    gradient = outputs["age"].grad
    assert gradient[:3].any(1).all() and not gradient[3:].any()
    assert torch.isfinite(outputs["gender"].grad).all()


def test_an_epoch_is_chosen_by_known_ages():
    answers = Answers(Y[:, 0] + np.where(KNOWN, 1.0, 50.0), np.ones(200), X[:, 1])
    assert selection_score(answers, PARTLY[:, 0], Y[:, 1])["mae"] == pytest.approx(1)


def test_a_network_trains_on_faces_without_age():
    pictures, labels = striped_faces()
    labels[::4, 0] = np.nan
    cnn = CnnAgeGender("test_efficientnet", **TINY)
    held = {"select": (pictures, labels), "calibrate": (pictures, labels)}
    answers = cnn.fit(pictures, labels, **held).predict_all(pictures)
    assert all(np.isfinite(answer).all() for answer in answers.values())
    assert len(cnn.band_.scores_) == 24
    labels[:, 0] = np.nan
    with pytest.raises(ValueError, match="no age is known in y: all 32 are NaN"):
        cnn.fit(pictures, labels)
    with pytest.raises(ValueError, match=r"(?i)nan"):
        CnnRegressor("test_efficientnet", **TINY).fit(pictures, labels[:, 0])
