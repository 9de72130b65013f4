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
    scores = RNG.normal(1, 2, size=11)
    labels = (RNG.random(11) < expit(slope * scores)).astype(int)
    labels[:2] = 0, 1
    n_one, n_zero = labels.sum(), (1 - labels).sum()
    share = np.where(labels == 1, (n_one + 1) / (n_one + 2), 1 / (n_zero + 2))
    twin = LogisticRegression(C=1e9, tol=1e-9, max_iter=10_000)
    twin.fit(np.tile(scores, 2)[:, None], np.repeat([1, 0], 11), np.r_[share, 1 - share])
    found = PlattScaling().fit(size * scores, labels)
    expected = max(twin.coef_[0, 0], 0)
    if expected:
        assert size * found.slope_ == pytest.approx(expected, rel=2e-3, abs=1e-3)
        assert found.intercept_ == pytest.approx(twin.intercept_[0], rel=2e-3, abs=2e-3)
    asked = np.array([-1.0, 0.0, 2.5])
    p = 1 / (1 + np.exp(-(found.slope_ * asked + found.intercept_)))
    np.testing.assert_allclose(found.predict_proba(asked), p)


def test_scores_that_say_the_opposite_say_nothing():
    """The share of ones after smoothing: two of 3 / 4 and three of 1 / 5."""
    found = PlattScaling().fit([-3.0, -2.0, 1.0, 2.0, 4.0], [1, 1, 0, 0, 0])
    assert found.slope_ == 0
    assert found.intercept_ == pytest.approx(logit((2 * 0.75 + 3 * 0.2) / 5), abs=1e-4)


def test_scores_of_zero_leave_a_score_as_it_is():
    found = PlattScaling().fit(np.zeros(4), [0, 1, 1, 1])
    assert found.slope_ == 1
    assert found.intercept_ == pytest.approx(logit((3 * 0.8 + 1 / 3) / 4), abs=1e-4)


@pytest.mark.parametrize(
    ("scores", "labels"), [([[1.0], [2.0]], [[0], [1]]), ([1.0, 2.0], [1]), ([np.nan, 1], [0, 1])]
)
def test_what_is_no_vector(scores, labels):
    with pytest.raises(ValueError, match="must be finite vectors"):
        PlattScaling().fit(scores, labels)
