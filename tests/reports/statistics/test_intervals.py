"""Intervals against statsmodels and scipy, by hand, and by a short simulation."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from benchmarks.interval_coverage import KINDS, covered
from reports.statistics import resampling
from reports.statistics.intervals import group_sums, mean_interval
from reports.statistics.recipe import mover_mean, recipe_interval
from reports.statistics.shares import effective_n, share_difference, share_interval, wilson


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("right", "n"), [(0, 10), (3, 10), (97, 100), (100, 100), (1, 1)])
def test_wilson_against_statsmodels(right, n):
    low, high = wilson(np.array([right / n]), np.array([n]))
    expected = proportion_confint(right, n, method="wilson")
    assert (low[0], high[0]) == pytest.approx(expected, abs=1e-12)


def test_independent_faces_count_once_each():
    right = (rng().random((400, 1)) < 0.8).astype(float)
    sums = group_sums(right, np.arange(400))
    shrink = (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 399)) ** 2
    assert effective_n(sums.value, sums)[0] == pytest.approx(399 * shrink, rel=1e-9)


@pytest.mark.parametrize(("wrong", "believed"), [(1, 0.8), (2, 8 / 9), (10, 40 / 41)])
def test_seeds_that_average_out_count_as_far_as_there_are_answers_to_see_it_by(wrong, believed):
    """Of 40 faces each wrong one is wrong with one of two seeds: half the variance."""
    right = np.r_[np.full(2 * wrong, 0.5), np.ones(40 - 2 * wrong)][:, None]
    sums = group_sums(right, np.arange(40))
    p = wrong / 40
    shrink = (stats.t.ppf(0.975, 39) / stats.norm.ppf(0.975)) ** 2
    design = (0.5 * p - p**2) / (p - p**2) * 40 / 39 * shrink
    expected = 40 / (1 - (1 - design) * believed)
    assert effective_n(sums.value, sums)[0] == pytest.approx(expected, rel=1e-9)
    fewer = effective_n(1 - sums.value, group_sums(1 - right, np.arange(40)))[0]
    assert fewer == pytest.approx(expected, rel=1e-9)  # whichever answer is the rarer


def test_copies_do_not_count_twice():
    """Every face standing five times in its group is worth one face."""
    right = (rng(1).random(200) < 0.8).astype(float)
    once = share_interval(right[:, None], np.arange(200)).take(0)
    five = share_interval(np.repeat(right, 5)[:, None], np.repeat(np.arange(200), 5)).take(0)
    assert (five.low, five.high) == pytest.approx((once.low, once.high), rel=1e-9)


def test_share_of_one_counts_groups():
    found = share_interval(np.ones((40, 1)), np.repeat(np.arange(20), 2)).take(0)
    assert found.high == 1.0
    assert found.low == pytest.approx(proportion_confint(20, 20, method="wilson")[0])


def test_one_face_still_has_a_wilson_interval():
    found = share_interval(np.array([[1.0]]), np.array([7])).take(0)
    assert found.low == pytest.approx(proportion_confint(1, 1, method="wilson")[0])


def test_group_variance_against_statsmodels():
    import statsmodels.api as sm

    values, groups = rng(2).normal(3, 1, 300), rng(3).integers(0, 90, 300)
    codes = np.unique(groups, return_inverse=True)[1]
    fit = sm.OLS(values, np.ones(300)).fit(
        cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False}
    )
    sums = group_sums(values[:, None], groups)
    n_groups = codes.max() + 1
    expected = fit.cov_params()[0, 0] * n_groups / (n_groups - 1)
    assert sums.variance[0] == pytest.approx(expected, rel=1e-9)


def test_studentised_interval_is_close_to_t_for_normal_values():
    values = rng(4).normal(5, 2, (400, 1))
    found = mean_interval(values, np.arange(400), rng(5), draws=4000).take(0)
    low, high = stats.t.interval(0.95, 399, values.mean(), values.std(ddof=1) / 20)
    assert found.low == pytest.approx(low, abs=0.03)
    assert found.high == pytest.approx(high, abs=0.03)


def test_studentised_interval_is_longer_where_the_tail_is():
    values = rng(6).exponential(1, (40, 1)) ** 2
    found = mean_interval(values, np.arange(40), rng(7), draws=4000).take(0)
    assert found.high - found.value > 1.5 * (found.value - found.low)


def test_nan_faces_are_left_out():
    values = rng(8).normal(0, 1, (60, 1))
    holed = np.vstack([values, np.full((20, 1), np.nan)])
    a = mean_interval(values, np.arange(60), rng(9)).take(0)
    b = mean_interval(holed, np.arange(80), rng(9)).take(0)
    assert (b.value, b.n, b.se) == pytest.approx((a.value, 60, a.se))


def test_weights_standardise():
    values = np.array([[1.0], [3.0], [5.0]])
    found = mean_interval(values, np.arange(3), rng(), np.array([0.5, 0.25, 0.25])).take(0)
    assert found.value == pytest.approx(2.5)


def test_nine_groups_have_no_interval():
    """Five faces once gave an error of -14 to 34 years."""
    values, groups = np.arange(18.0)[:, None], np.repeat(np.arange(9), 2)
    found = mean_interval(values, groups, rng()).take(0)
    assert found.value == 8.5
    assert np.isnan(found.low)


def test_a_positive_mean_has_a_positive_interval():
    values = rng(14).exponential(1, (12, 1)) ** 3
    found = mean_interval(values, np.arange(12), rng(15), positive=True).take(0)
    assert 0 < found.low < found.value < found.high


def test_scale_and_shift_laws():
    values, groups = rng(16).gamma(2, 3, (80, 1)), np.arange(80)
    one = mean_interval(values, groups, rng(17), positive=True).take(0)
    ten = mean_interval(10 * values, groups, rng(17), positive=True).take(0)
    assert (ten.low, ten.high) == pytest.approx((10 * one.low, 10 * one.high), rel=1e-4)
    plain = mean_interval(values, groups, rng(17)).take(0)
    moved = mean_interval(values - 7, groups, rng(17)).take(0)
    assert (moved.low, moved.high) == pytest.approx((plain.low - 7, plain.high - 7), rel=1e-3)


def test_recipe_interval_by_hand():
    """Three seeds 4, 5, 6: t(2) = 4.303, sd 1, arm 2.484; at a right angle to 0.5 and 1."""
    low, high = recipe_interval(5.0, 4.5, 6.0, [4, 5, 6])
    assert low == pytest.approx(5 - np.hypot(0.5, 4.3027 / np.sqrt(3)), abs=1e-3)
    assert high == pytest.approx(5 + np.hypot(1.0, 4.3027 / np.sqrt(3)), abs=1e-3)
    assert np.isnan(recipe_interval(5.0, 4.5, 6.0, [4, 6])).all()
    assert recipe_interval(5.0, 4.5, 6.0, [5, 5, 5]) == (4.5, 6.0)
    assert np.isnan(recipe_interval(1.0, 0.5, 1.5, [4, 5, 6], [3, 4])).all()


def test_constant_values_have_an_interval_of_no_width():
    found = mean_interval(np.full((50, 1), 2.0), np.arange(50), rng()).take(0)
    assert (found.low, found.value, found.high) == (2.0, 2.0, 2.0)


def test_bonett_price_by_hand():
    """Ten gains, four losses among 100 independent pairs, published formula."""
    gap = np.r_[np.ones(10), -np.ones(4), np.zeros(86)][:, None]
    sums = group_sums(gap, np.arange(100))
    n = effective_n(sums.value, sums, spread=np.array([0.14 - 0.06**2]))[0]
    up, down = (0.10 * n + 1) / (n + 2), (0.04 * n + 1) / (n + 2)
    half = stats.norm.ppf(0.975) * np.sqrt((up + down - (up - down) ** 2) / (n + 2))
    found = share_difference(gap, np.arange(100)).take(0)
    assert (found.low, found.high) == pytest.approx((up - down - half, up - down + half))
    assert n == pytest.approx(99 * (1.96 / stats.t.ppf(0.975, 99)) ** 2, rel=1e-3)


def test_no_discordant_pair_gives_a_wide_interval_around_zero():
    found = share_difference(np.zeros((30, 1)), np.arange(30)).take(0)
    assert found.value == 0
    assert found.low == pytest.approx(-found.high)
    assert 0.05 < found.high < 0.2


def test_mover_of_equal_parts_narrows_by_root_two():
    _, low, high = mover_mean([(0.9, 0.88, 0.92), (0.9, 0.88, 0.92)])
    assert high - low == pytest.approx(0.04 / np.sqrt(2))


def test_sign_flip_against_all_flips():
    """With eight groups, all 256 sign patterns can be tried."""
    sums = np.array([3.0, 1.0, 2.5, -0.5, 1.5, 0.7, 2.0, -0.2])
    signs = np.array(np.meshgrid(*[[-1, 1]] * 8)).reshape(8, -1)
    exact = (np.abs(signs.T @ sums) >= sums.sum() - 1e-9).mean()
    found = resampling.sign_flip_p(sums[:, None], rng(10), flips=40_000)[0]
    assert found == pytest.approx(exact, abs=0.005)


def test_sign_flip_against_scipy():
    values = rng(11).normal(0.15, 1, 120)
    peer = stats.permutation_test(
        (values,), np.mean, permutation_type="samples", n_resamples=9999, rng=rng(12)
    )
    found = resampling.sign_flip_p(values[:, None], rng(13))[0]
    assert found == pytest.approx(peer.pvalue, abs=0.015)


def test_sign_flip_is_never_zero_and_ties_count():
    assert resampling.sign_flip_p(np.full((50, 1), 9.0), rng())[0] == 1 / 10_001
    assert resampling.sign_flip_p(np.zeros((50, 1)), rng())[0] == 1.0


def test_counts_draw_with_replacement():
    block = np.concatenate(list(resampling.counts(50, 400, rng())))
    assert (block.sum(axis=1) == 50).all()
    assert block.var() == pytest.approx(1 - 1 / 50, rel=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_intervals_hold(kind):
    """A short form of benchmarks/interval_coverage.py: 80 faces, within three sigma of 95%."""
    row = covered(kind, 80, repetitions=150)
    assert 0.90 <= row["covered"] <= 0.995
