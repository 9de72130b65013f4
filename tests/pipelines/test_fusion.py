"""Late fusion of contenders' answers."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from pipelines.fusion import LateFusion


def answers(n: int = 600, noise: tuple[float, ...] = (4.0, 8.0), seed: int = 0):
    """Return answers of contenders with independent errors, and the truth."""
    rng = np.random.default_rng(seed)
    truth = np.column_stack([rng.uniform(5, 90, n), np.arange(n) % 2])
    ages = [truth[:, 0] + rng.normal(0, sd, n) for sd in noise]
    odds = [k * (4 * truth[:, 1] - 2 + rng.normal(0, 2.5, n)) for k in range(1, len(noise) + 1)]
    return np.column_stack([*ages, *odds]), truth


def test_independent_errors_are_averaged_by_their_variance():
    X, Y = answers()
    fused = LateFusion(smoothing=0.0).fit(X, Y)
    # inverse variances of 4 and 8 years: 0.8 and 0.2
    assert fused.age_weights_ == pytest.approx([0.8, 0.2], abs=0.06)
    test, truth = answers(4000, seed=1)
    errors = [np.abs(test[:, k] - truth[:, 0]).mean() for k in range(2)]
    fused_error = np.abs(fused.predict(test)[:, 0] - truth[:, 0]).mean()
    assert fused_error < 0.93 * min(errors)
    # two sets of odds of one quality on scales 1 and 2 count alike
    assert fused.gender_weights_ == pytest.approx([0.5, 0.5], abs=0.12)
    alone = ((test[:, 2] > 0) == truth[:, 1]).mean()
    assert (fused.predict(test)[:, 1] == truth[:, 1]).mean() > alone + 0.03


def test_a_contender_that_knows_nothing_gets_no_weight():
    X, Y = answers(noise=(4.0, 60.0))
    X[:, 3] = np.random.default_rng(5).normal(size=len(X))
    fused = LateFusion().fit(X, Y)
    assert fused.age_weights_[1] < 0.05
    assert fused.gender_weights_[1] < 0.05


def test_two_equal_contenders_share_the_weight():
    X, Y = answers(noise=(4.0,))
    twice = np.column_stack([X[:, 0], X[:, 0], X[:, 1], X[:, 1]])
    fused = LateFusion().fit(twice, Y)
    assert fused.age_weights_ == pytest.approx([0.5, 0.5], abs=0.02)
    assert fused.gender_weights_ == pytest.approx([0.5, 0.5], abs=0.02)


def test_weights_come_from_select_and_intervals_from_calibrate():
    X, Y = answers()
    other, truth = answers(seed=3)
    shifted = truth + np.array([30.0, 0.0])
    fused = LateFusion().fit(X[:50], Y[:50], select=(X, Y), calibrate=(other, shifted))
    np.testing.assert_array_equal(fused.age_weights_, clone(fused).fit(X, Y).age_weights_)
    low, high = fused.predict_age_interval(other, level=0.9).T
    assert 0.85 < ((low <= shifted[:, 0]) & (shifted[:, 0] <= high)).mean() <= 1
    everything = fused.predict_all(other, level=0.9)
    np.testing.assert_array_equal(everything["age"], fused.predict(other)[:, 0])
    np.testing.assert_array_equal(everything["p_female"], fused.predict_gender_proba(other))
    np.testing.assert_array_equal(everything["interval"], np.column_stack([low, high]))


def test_wrong_tables_are_named():
    X, Y = answers(40)
    with pytest.raises(ValueError, match="as many log odds as ages, got 3 columns"):
        LateFusion().fit(X[:, :3], Y)
    with pytest.raises(ValueError, match="at least 2 classes"):
        LateFusion().fit(X, Y * (1, 0))
    with pytest.raises(ValueError, match="smoothing must be at least 0"):
        LateFusion(-1).fit(X, Y)
