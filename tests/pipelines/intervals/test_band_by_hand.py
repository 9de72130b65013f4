"""The conformal band piece by piece: knots, folds, curves, scores and ranks worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import KFold

from pipelines import ConformalBand
from pipelines.intervals import band as module

RNG = np.random.default_rng(0)


def noisy(n: int) -> tuple[np.ndarray, np.ndarray]:
    """True and predicted ages; the error grows from 0.1 to 10 years."""
    predicted = np.linspace(0, 100, n)
    return predicted + (0.1 + predicted / 10) * RNG.normal(size=n), predicted


@pytest.mark.parametrize(
    ("n", "knots"),
    [
        (59, [1]),
        (60, [1, 99]),
        (119, [1, 99]),
        (120, [1, 50, 99]),
        (180, [1, 1 + 98 / 3, 99 - 98 / 3, 99]),
        (420, 1 + 14 * np.arange(8)),
        (1000, 1 + 14 * np.arange(8)),
    ],
)
def test_a_knot_for_sixty_faces_between_the_outer_percents(n, knots):
    np.testing.assert_allclose(ConformalBand().fit(*noisy(n)).knots_, knots)


@pytest.mark.parametrize(("n", "folds"), [(239, None), (240, 2), (360, 3), (600, 5), (960, 5)])
def test_a_fold_for_a_hundred_and_twenty_faces(monkeypatch, n, folds):
    made = []

    def kfold(n_splits, **options):
        made.append((n_splits, options))
        return KFold(n_splits, **options)

    monkeypatch.setattr(module, "KFold", kfold)
    band = ConformalBand(random_state=7).fit(*noisy(n))
    shuffled = {"shuffle": True, "random_state": 7}
    assert made == ([] if folds is None else [(folds, shuffled)] * 2)
    assert (band.shape_ == "constant") == (folds is None)
    assert len(band.scores_) == n


def test_few_faces_get_a_band_of_one_width():
    truth, predicted = noisy(9)
    band = ConformalBand(low=None, high=None).fit(truth, predicted)
    half = np.abs(truth - predicted)
    np.testing.assert_allclose(band.scores_, np.sort(half))
    # of nine scores the last has rank 10 * 0.9, of eight none has rank 8.1
    asked = np.array([-20.0, 50.0, 300.0])
    expected = np.column_stack([asked - half.max(), asked + half.max()])
    np.testing.assert_allclose(band.interval(asked), expected)
    half_way = np.sort(half)[4]
    np.testing.assert_allclose(band.interval([50.0], level=0.5), [[50 - half_way, 50 + half_way]])
    few = ConformalBand(low=None, high=None).fit(truth[:8], predicted[:8])
    np.testing.assert_array_equal(few.interval([50.0]), [[-np.inf, np.inf]])
    spread = np.exp(RNG.normal(size=9))
    same = ConformalBand(low=None, high=None).fit(truth, predicted, spread)
    np.testing.assert_allclose(same.interval(asked, [0.1, 1.0, 9.0]), expected)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 130, [[0, 13], [120, 130]]),
        (None, 128, [[-7, 13], [120, 128]]),
        (2, None, [[2, 13], [120, 140]]),
        (None, None, [[-7, 13], [120, 140]]),
    ],
)
def test_each_end_is_cut_where_asked(low, high, expected):
    error = np.arange(1.0, 12.0)  # of eleven scores the tenth
    error[::2] *= -1
    band = ConformalBand(low=low, high=high).fit(50 + error, np.full(11, 50.0))
    found = band.interval([3.0, 130.0], level=10 / 12)
    np.testing.assert_allclose(found, expected)


def test_quantiles_of_the_error():
    """Of eleven errors the 5, 50, 90 and 95 % quantiles are the first, 6th, 10th and 11th."""
    error = RNG.permutation(np.arange(1.0, 12.0)) - 4
    ones = np.ones((11, 1))
    np.testing.assert_allclose(module._error_curves("constant", ones, error), [[-1], [0], [1]])
    np.testing.assert_allclose(module._error_curves("quantiles", ones, error), [[-3], [2], [7]])
    apart = np.arange(1.0, 12.0) * np.resize([1, -1], 11)
    found = module._error_curves("symmetric", ones, RNG.permutation(apart))
    np.testing.assert_allclose(found, [[-10], [0], [10]])


def test_curves_bend_at_the_knots():
    """Hats: one at their own knot, none at the others, straight between and flat beyond."""
    truth, predicted = noisy(120)
    spread = np.exp(RNG.normal(1, 0.5, 120))
    band = ConformalBand().fit(truth, predicted, spread)
    assert band.spread_mean_ == pytest.approx(np.log(spread).mean())
    assert band.spread_scale_ == pytest.approx(np.log(spread).std())
    asked = [1.0, 50.0, 99.0, 74.5, -30.0, 140.0]
    unit = np.exp(band.spread_mean_ + 2 * band.spread_scale_)
    found = band._basis(np.array(asked), [unit] * 6)
    hats = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0.5, 0.5], [1, 0, 0], [0, 0, 1]]
    np.testing.assert_allclose(found, np.column_stack([hats, [2] * 6]), atol=1e-12)
    equal = ConformalBand().fit(truth, predicted, np.full(120, 0.5))
    assert equal.spread_scale_ == 1e-6
    assert np.isfinite(equal.interval([50.0], [0.5])).all()


def test_curves_keep_a_quarter_of_a_year_from_the_middle():
    curves = np.array([[-1, -0.1, 3], [0, 0, 2], [0.1, 2, 1.0]])
    lower, middle, upper = ConformalBand._offsets(np.eye(3), curves)
    np.testing.assert_allclose(lower, [-1, -0.25, 1.75])
    np.testing.assert_allclose(middle, [0, 0, 2])
    np.testing.assert_allclose(upper, [0.25, 2, 2.25])


def test_a_score_is_a_share_of_its_own_side():
    """The middle is 1, the lower curve 2 below it and the upper 4 above."""
    error = np.array([1.0, 3.0, 5.0, 9.0, 0.5, -1.0, -5.0])
    found = module._scores(error, *(np.full(7, x) for x in (-1.0, 1.0, 5.0)))
    np.testing.assert_allclose(found, [0, 0.5, 1, 2, 0.25, 1, 3])
    band = ConformalBand(low=None, high=None)
    ends = band._band(np.array([20.0]), 1.5, *(np.array([x]) for x in (-1.0, 1.0, 5.0)))
    np.testing.assert_allclose(ends, [[21 - 3, 21 + 6]])


def test_the_narrowest_shape_is_taken():
    """Its width is that of the 90 % band on the calibration faces, from curves of other folds."""
    n = 600
    predicted = np.linspace(1, 90, n)
    skewed = predicted + 10 * RNG.exponential(size=n)
    symmetric = predicted + (0.3 + predicted / 6) * RNG.uniform(-1, 1, n)
    shapes = [ConformalBand().fit(t, predicted).shape_ for t in (skewed, symmetric)]
    assert shapes[0] == "quantiles"
    assert shapes[1] in ("symmetric", "quantiles")
    band = ConformalBand(low=None, high=None)
    error = symmetric - predicted
    band.has_spread_, band.knots_ = False, np.array([1.0, 90.0])
    basis = band._basis(predicted, None)
    width, scores = band._cross_fitted("symmetric", basis, error, predicted, 4)
    offsets = np.empty(n)
    for rest, held in KFold(4, shuffle=True, random_state=0).split(basis):
        offsets[held] = basis[held] @ module._quantile_curve(basis[rest], np.abs(error[rest]), 0.9)
    expected = np.abs(error) / np.maximum(offsets, 0.25)
    np.testing.assert_allclose(scores, expected)
    factor = np.sort(expected)[int(np.ceil(601 * 0.9)) - 1]
    assert width == pytest.approx((2 * factor * np.maximum(offsets, 0.25)).mean())


def test_faces_of_unknown_age_are_left_out():
    truth, predicted = noisy(30)
    spread = np.exp(RNG.normal(size=30))
    some = truth.copy()
    some[[3, 17]] = np.nan
    kept = np.delete(np.arange(30), [3, 17])
    one = ConformalBand().fit(some, predicted, spread)
    two = ConformalBand().fit(truth[kept], predicted[kept], spread[kept])
    np.testing.assert_array_equal(one.scores_, two.scores_)
    np.testing.assert_array_equal(one.knots_, two.knots_)
    assert one.spread_mean_ == two.spread_mean_


def test_plain_values_and_back():
    truth, predicted = noisy(300)
    band = ConformalBand(low=None, high=99).fit(truth, predicted, np.exp(truth / 99))
    again = ConformalBand.from_dict(band.to_dict())
    asked = ([3.0, 70.0], [1.0, 2.0], [0.5, 0.9])
    np.testing.assert_array_equal(again.interval(*asked), band.interval(*asked))
    assert band.to_dict()["shape_"] == band.shape_


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda band: band.interval([1.0], level=0.0), "level must lie between 0 and 1, got 0"),
        (lambda band: band.interval([1.0], level=-0.5), "level must lie between"),
        (lambda band: band.interval([1.0], level=[[0.5]]), "level must lie between"),
        (lambda band: band.interval([[1.0]]), "age_pred must be a vector"),
        (lambda band: band.fit([], []), "one value for each face"),
        (lambda band: band.fit([1, 2], [1, 2], [1, 2]).interval([1.0]), "calibrated with spread"),
        (lambda band: band.fit([1, 2], [1, 2], [1, -0.5]), "spread must be positive"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(ConformalBand().fit([1, 2, 3], [1, 2, 4]))
