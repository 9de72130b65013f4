"""Intervals for any regressor of anything, as users of MAPIE expect them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge

from pipelines import ConformalAge

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 2))
Y = 40 + 8 * X[:, 0] + RNG.normal(size=600) * np.where(X[:, 1] > 0, 6, 1)


def test_several_levels_at_once():
    model = ConformalAge(Ridge(), random_state=0).fit(X, Y)
    levels = [0.5, 0.8, 0.95]
    together = model.predict_interval(X, level=levels)
    assert together.shape == (600, 2, 3)
    for position, level in enumerate(levels):
        np.testing.assert_array_equal(together[..., position], model.predict_interval(X, level))
    assert (np.diff(together[:, 1] - together[:, 0], axis=1) > 0).all()
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        model.predict_interval(X, level=[0.5, 1.0])


def test_any_unit_and_range():
    """Ages in months, and a target below zero: cut only where asked, and said so."""
    months = 12 * Y
    with pytest.warns(
        UserWarning, match=r"outside low=0.0 to high=130.0, where .* set low= and high="
    ):
        cut = ConformalAge(Ridge(), random_state=0).fit(X, months).predict_interval(X)
    assert cut.max() == 130
    free = ConformalAge(Ridge(), low=None, high=None, random_state=0).fit(X, months - 500)
    band = free.predict_interval(X)
    assert band.min() < -300
    held = (band[:, 0] <= months - 500) & (months - 500 <= band[:, 1])
    assert 0.85 < held.mean() < 0.95
    years = ConformalAge(Ridge(), random_state=0).fit(X, Y).predict_interval(X)
    np.testing.assert_allclose(12 * years - 500, band, rtol=1e-6, atol=1e-6)
    narrow = ConformalAge(Ridge(), low=20, high=60, random_state=0)
    with pytest.warns(UserWarning, match="lie outside low=20"):
        band = narrow.fit(X, Y).predict_interval(X)
    assert (band.min(), band.max()) == (20, 60)


def test_before_fit():
    for ask in ("predict", "predict_interval"):
        with pytest.raises(NotFittedError):
            getattr(ConformalAge(Ridge()), ask)(X)


def test_a_fitted_model_keeps_its_answers_and_all_is_calibrated_on():
    fitted = Ridge().fit(X[:300], Y[:300])
    model = ConformalAge(FrozenEstimator(fitted)).fit(X[300:], Y[300:])
    np.testing.assert_array_equal(model.predict(X), fitted.predict(X))
    assert len(model.band_.scores_) == 300


def test_coverage_by_group():
    model = ConformalAge(Ridge(), random_state=0).fit(X[:400], Y[:400])
    new, truth = X[400:], Y[400:]
    group = np.where(new[:, 1] > 0, "noisy", "quiet")
    table = model.coverage(new, truth, by=group, level=0.8)
    low, high = model.predict_interval(new, 0.8).T
    for name in ("noisy", "quiet"):
        rows = group == name
        held = (low[rows] <= truth[rows]) & (truth[rows] <= high[rows])
        assert table.loc[name, "n"] == rows.sum()
        assert table.loc[name, "coverage"] == pytest.approx(held.mean())
        assert table.loc[name, "width"] == pytest.approx((high - low)[rows].mean())
    assert table.loc["quiet", "coverage"] > table.loc["noisy", "coverage"]
    assert model.coverage(new, truth).loc["all", "n"] == 200


def test_the_part_held_back_has_the_size_asked_for():
    for size in (0.1, 0.25):
        model = ConformalAge(Ridge(), calibrate_size=size, random_state=0).fit(X, Y)
        assert len(model.band_.scores_) == 600 * size
    first, second = (ConformalAge(Ridge(), random_state=s).fit(X, Y).band_.scores_ for s in (0, 1))
    assert not np.array_equal(first, second)


def test_calibrate_is_a_pair():
    with pytest.raises(ValueError, match=r"calibrate must be a pair \(calibrate_X, calibrate_y\)"):
        ConformalAge(Ridge()).fit(X, Y, calibrate=X)


def test_words_are_no_answers_of_a_regressor():
    with pytest.raises(ValueError, match=r"holds a regressor, must be numbers: .*'male'"):
        ConformalAge(Ridge()).fit(np.ones((4, 1)), ["male", "female"] * 2)
