"""Platt scaling is logistic regression on smoothed labels whose slope is not negative."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from pipelines.intervals.probability import PlattScaling

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("size", [0.01, 1.0, 300.0])
@pytest.mark.parametrize("slope", [0.2, 4.0])
def test_against_logistic_regression_on_both_labels_of_every_face(size, slope):
    """A face counts with the share of each label that smoothing gives it."""
    scores = RNG.normal(1, 2, size=90)
    labels = (RNG.random(90) < expit(slope * scores)).astype(int)
    labels[:40] = np.arange(40) % 2
    n_one, n_zero = labels.sum(), (1 - labels).sum()
    share = np.where(labels == 1, (n_one + 1) / (n_one + 2), 1 / (n_zero + 2))
    twin = LogisticRegression(C=1e9, tol=1e-9, max_iter=10_000)
    twin.fit(np.tile(scores, 2)[:, None], np.repeat([1, 0], 90), np.r_[share, 1 - share])
    found = PlattScaling().fit(size * scores, labels)
    expected = max(twin.coef_[0, 0], 0)
    if expected:
        assert size * found.slope_ == pytest.approx(expected, rel=2e-3, abs=1e-3)
        assert found.intercept_ == pytest.approx(twin.intercept_[0], rel=2e-3, abs=2e-3)
    asked = np.array([-1.0, 0.0, 2.5])
    p = 1 / (1 + np.exp(-(found.slope_ * asked + found.intercept_)))
    np.testing.assert_allclose(found.predict_proba(asked), p)


def test_scores_that_say_the_opposite_say_nothing():
    """The share of ones after smoothing: twenty of 21 / 22 and thirty of 1 / 32."""
    scores = np.r_[np.full(20, -3.0), np.full(30, 2.0)]
    found = PlattScaling().fit(scores, scores < 0)
    assert found.slope_ == 0
    assert found.intercept_ == pytest.approx(logit((20 * 21 / 22 + 30 / 32) / 50), abs=1e-4)


def test_scores_of_zero_leave_a_score_as_it_is():
    found = PlattScaling().fit(np.zeros(60), np.arange(60) % 3 > 0)
    assert found.slope_ == 1
    assert found.intercept_ == pytest.approx(logit((40 * 41 / 42 + 20 / 22) / 60), abs=1e-4)


@pytest.mark.parametrize("n_few", [1, 2, 19])
@pytest.mark.parametrize("rare", [0, 1])
@pytest.mark.parametrize("right", [1, -1])
def test_too_few_of_one_label_leave_the_decisions_alone(n_few, rare, right):
    """Also where all of them lie on the wrong side."""
    labels = np.r_[np.full(n_few, rare), np.full(60, 1 - rare)]
    scores = right * np.where(labels, 1.0, -1.0) * RNG.uniform(0.1, 3, len(labels))
    found = PlattScaling().fit(scores, labels)
    assert found.intercept_ == 0 and found.slope_ > 0
    asked = np.array([-0.3, -0.01, 0.01, 5.0])
    np.testing.assert_array_equal(found.predict_proba(asked) > 0.5, asked > 0)


def test_twenty_of_each_move_the_boundary():
    labels = np.arange(40) % 2
    found = PlattScaling().fit(2.0 + np.where(labels, 1.0, -1.0), labels)
    assert found.predict_proba([1.9])[0] < 0.5 < found.predict_proba([2.1])[0]


@pytest.mark.parametrize("label", [0, 1])
def test_one_label_alone_is_no_calibration(label):
    found = PlattScaling().fit([3.0, 4.0, -5.0], [label] * 3)
    assert (found.slope_, found.intercept_) == (1, 0)


@pytest.mark.parametrize(
    ("scores", "labels"), [([[1.0], [2.0]], [[0], [1]]), ([1.0, 2.0], [1]), ([np.nan, 1], [0, 1])]
)
def test_what_is_no_vector(scores, labels):
    with pytest.raises(ValueError, match="must be finite vectors"):
        PlattScaling().fit(scores, labels)
