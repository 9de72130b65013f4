"""Metrics against hand-computed cases and scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics as peer

from reports.statistics.metrics import METRICS

RNG = np.random.default_rng(0)
AGE = RNG.integers(0, 90, 400).astype(float)
AGE_PRED = AGE + RNG.normal(1, 7, 400)
FEMALE = RNG.integers(0, 2, 400).astype(float)
P = np.clip(0.5 + 0.25 * (2 * FEMALE - 1) + RNG.normal(0, 0.25, 400), 0, 1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mae", 3.0),
        ("median_error", 2.5),
        ("rmse", np.sqrt((0 + 4 + 9 + 49) / 4)),
        ("bias", (0 + 2 - 3 + 7) / 4),
        ("cs5", 0.75),
        ("within10", 1.0),
        ("r2", 1 - 62 / 500),
    ],
)
def test_age_by_hand(name, expected):
    age, predicted = np.array([10.0, 20, 30, 40]), np.array([10.0, 22, 27, 47])
    assert METRICS[name](age, predicted) == pytest.approx(expected)


def test_cumulative_score_counts_exactly_five_years():
    assert METRICS["cs5"](np.array([20.0, 20]), np.array([25.0, 25.001])) == 0.5


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("mae", peer.mean_absolute_error),
        ("median_error", peer.median_absolute_error),
        ("rmse", peer.root_mean_squared_error),
        ("r2", peer.r2_score),
    ],
)
def test_age_against_scikit_learn(name, function):
    assert METRICS[name](AGE, AGE_PRED) == pytest.approx(function(AGE, AGE_PRED))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("accuracy", lambda y, p: peer.accuracy_score(y, p >= 0.5)),
        ("balanced_accuracy", lambda y, p: peer.balanced_accuracy_score(y, p >= 0.5)),
        ("auc", peer.roc_auc_score),
        ("brier", peer.brier_score_loss),
    ],
)
def test_gender_against_scikit_learn(name, function):
    assert METRICS[name](FEMALE, P) == pytest.approx(function(FEMALE, P))


def test_auc_counts_ties_as_half():
    rounded = P.round(1)
    assert METRICS["auc"](FEMALE, rounded) == pytest.approx(peer.roc_auc_score(FEMALE, rounded))
    assert METRICS["auc"](FEMALE, np.full(400, 0.3)) == 0.5


def test_one_gender_has_no_auc_and_no_balanced_accuracy():
    ones = np.ones(50)
    assert np.isnan(METRICS["auc"](ones, P[:50]))
    assert np.isnan(METRICS["balanced_accuracy"](ones, P[:50]))


def test_calibration_error_is_debiased():
    """A calibrated model scores near zero, where the plug-in error does not."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(200):
        p = rng.random(300)
        found.append(METRICS["ece"]((rng.random(300) < p).astype(float), p) ** 2)
    plug_in_floor = np.mean(1 / 6) * 15 / 300  # mean p (1 - p) times bins over faces
    assert np.mean(found) < plug_in_floor / 2


def test_calibration_error_sees_overconfidence():
    rng = np.random.default_rng(2)
    p = rng.choice([0.0, 1.0], 4000)
    y = (rng.random(4000) < 0.1 + 0.8 * p).astype(float)
    assert METRICS["ece"](y, p) == pytest.approx(0.1, abs=0.02)


def test_interval_coverage_includes_both_ends():
    age = np.array([20.0, 30, 40])
    spans = np.array([[20.0, 25], [25, 30], [41, 50]])
    assert METRICS["coverage"](age, spans) == pytest.approx(2 / 3)
    assert METRICS["width"](age, spans) == pytest.approx((5 + 5 + 9) / 3)


def test_ranges_include_both_ends_and_count_years_beyond_them():
    """Six faces of 20-29: below, at the low end, inside, at the high end, above, far above."""
    spans = np.tile([20.0, 29.0], (6, 1))
    predicted = np.array([17.5, 20.0, 24.0, 29.0, 30.0, 49.0])
    assert METRICS["within_range"](spans, predicted) == pytest.approx(3 / 6)
    assert METRICS["outside_range"](spans, predicted) == pytest.approx((2.5 + 1 + 20) / 6)


@pytest.mark.parametrize("name", ["mae", "median_error", "rmse", "r2", "accuracy", "auc"])
def test_no_faces_give_nan(name):
    assert np.isnan(METRICS[name](np.zeros(0), np.zeros(0)))
