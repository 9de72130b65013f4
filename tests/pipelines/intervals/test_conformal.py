"""Intervals cover what they promise, follow the face, and stay in order."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from pipelines import ConformalAge, ConformalBand
from pipelines.intervals.probability import PlattScaling


def ages(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.gamma(2.2, 15, n).clip(1, 100)
    spread = (2 + 0.15 * truth) * np.exp(rng.normal(0, 0.3, n))
    return truth, (truth + spread * rng.standard_t(5, n)).clip(0, 130), spread


@pytest.mark.parametrize("with_spread", [False, True])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95])
def test_coverage_at_any_level(with_spread, level):
    truth, predicted, spread = ages(2000, 0)
    band = ConformalBand().fit(truth, predicted, spread if with_spread else None)
    truth, predicted, spread = ages(20_000, 1)
    low, high = band.interval(predicted, spread if with_spread else None, level).T
    covered = ((low <= truth) & (truth <= high)).mean()
    assert abs(covered - level) < 0.025


def test_narrower_than_a_constant_band_and_wider_for_the_old():
    truth, predicted, _ = ages(2000, 0)
    band = ConformalBand().fit(truth, predicted)
    half = np.quantile(np.abs(truth - predicted), 0.9)
    _, predicted, _ = ages(5000, 1)
    low, high = band.interval(predicted).T
    constant = np.minimum(130, predicted + half) - np.maximum(0, predicted - half)
    assert (high - low).mean() < 0.97 * constant.mean()
    assert (high - low)[predicted > 60].mean() > 2 * (high - low)[predicted < 10].mean()


def test_a_useful_spread_narrows_the_band():
    truth, predicted, spread = ages(3000, 0)
    plain = ConformalBand().fit(truth, predicted).interval(predicted)
    informed = ConformalBand().fit(truth, predicted, spread).interval(predicted, spread)
    assert np.ptp(informed, axis=1).mean() < np.ptp(plain, axis=1).mean()


def test_few_faces_promise_the_whole_range():
    band = ConformalBand().fit([10, 20, 30], [12, 19, 33])
    np.testing.assert_array_equal(band.interval([25.0]), [[0, 130]])
    # 19 scores: the 18th is the 90% quantile of rank ceil(20 * 0.9)
    error = np.arange(1.0, 20.0)
    band = ConformalBand().fit(50 + error, np.full(19, 50.0))
    np.testing.assert_allclose(band.interval([50.0]), [[32, 68]])


def test_order_range_and_nesting():
    truth, predicted, _ = ages(3000, 0)
    band = ConformalBand().fit(truth, predicted)
    asked = np.linspace(-5, 130, 50)
    wide, narrow = band.interval(asked, level=0.9), band.interval(asked, level=0.5)
    assert (narrow[:, 0] <= narrow[:, 1]).all()
    assert (wide[:, 0] <= narrow[:, 0]).all()
    assert (narrow[:, 1] <= wide[:, 1]).all()
    assert wide.min() >= 0
    assert wide.max() <= 130


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda band: band.interval([1.0], level=1.0), "level must lie between"),
        (lambda band: band.interval([1.0], [1.0]), "without spread"),
        (lambda band: band.fit([1, 2], [1]), "one value for each face"),
        (lambda band: band.fit([1, np.inf], [1, 2]), "finite"),
        (lambda band: band.fit([np.nan, np.nan], [1, 2]), "no age is known"),
        (lambda band: band.fit([1, 2], [1, 2], [1, 0]), "positive"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call(ConformalBand().fit([1, 2, 3], [1, 2, 4]))


def test_groups_are_not_separated_and_calibrate_is_used():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = 40 + 10 * X[:, 0] + rng.normal(size=300)
    model = ConformalAge(Ridge(), random_state=0).fit(X, y, groups=np.arange(300) // 3)
    assert len(model.band_.scores_) == 30
    model.fit(X, y, calibrate=(X[:50], y[:50]))
    assert len(model.band_.scores_) == 50
    assert model.predict_interval(X).shape == (300, 2)


def test_platt_scaling_is_calibrated_and_survives_separable_scores():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=20_000)
    labels = rng.random(20_000) < 1 / (1 + np.exp(-(3 * scores - 1)))
    scaling = PlattScaling().fit(scores, labels)
    assert scaling.slope_ == pytest.approx(3, rel=0.05)
    assert scaling.intercept_ == pytest.approx(-1, abs=0.06)
    separable = PlattScaling().fit([-1.0, -0.5, 0.5, 1.0], [0, 0, 1, 1])
    share = separable.predict_proba([-1.0, 1.0])
    assert 0 < share[0] < 0.5 < share[1] < 1
    with pytest.raises(ValueError, match="finite vectors"):
        PlattScaling().fit([np.inf, 1.0], [0, 1])
