"""Intervals and tests at their smallest: no faces, one group, one outlier, a level of one face."""

import dataclasses
import importlib
import pkgutil

import numpy as np
import pytest
from scipy import stats

import reports.statistics
from reports.statistics import equal_levels as levels
from reports.statistics import resampling, whole_intervals
from reports.statistics.equal_levels import equal_levels
from reports.statistics.intervals import group_sums, mean_interval, student_interval
from reports.statistics.metrics import METRICS
from reports.statistics.multiplicity import page_wide
from reports.statistics.recipe import mover_mean, recipe_interval
from reports.statistics.shares import share_difference, share_interval, wilson

NONE, NO_GROUPS = np.zeros((0, 1)), np.zeros(0, int)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_no_result_is_changed_afterwards():
    modules = [
        importlib.import_module(f"reports.statistics.{m.name}")
        for m in pkgutil.iter_modules(reports.statistics.__path__)
    ]
    found = {v for m in modules for v in vars(m).values() if dataclasses.is_dataclass(v)}
    assert len(found) >= 9
    assert all(cls.__dataclass_params__.frozen for cls in found)


def test_no_faces_have_no_value_and_no_interval():
    for found in (
        share_interval(NONE, NO_GROUPS), share_difference(NONE, NO_GROUPS),
        student_interval(NONE, NO_GROUPS), mean_interval(NONE, NO_GROUPS, rng()),
    ):  # fmt: skip
        one = found.only()
        assert one.n == 0
        assert np.isnan([one.value, one.low, one.high]).all()
    assert whole_intervals.median_interval(
        np.full((2, 20), np.nan), np.arange(20)
    ) == pytest.approx((np.nan, np.nan), nan_ok=True)


def test_one_group_has_no_variance_whatever_rounding_leaves():
    sums = group_sums(np.array([[0.1], [0.2], [0.3]]), np.zeros(3, int))
    assert np.isnan(sums.variance).all()


@pytest.mark.parametrize("codes", [np.arange(12) - 5, np.arange(12) * 10**12])
def test_groups_may_have_any_numbers(codes):
    values = rng(1).normal(3, 1, (12, 1))
    plain = student_interval(values, np.arange(12)).only()
    assert student_interval(values, codes).only() == plain


def test_errors_of_zero_have_an_interval_of_zero():
    zeros, groups = np.zeros((20, 1)), np.arange(20)
    for found in (
        mean_interval(zeros, groups, rng(), positive=True),
        student_interval(zeros, groups, positive=True),
    ):
        assert (found.low[0], found.value[0], found.high[0]) == (0, 0, 0)


def test_tiny_errors_are_as_sure_as_large_ones():
    values, groups = rng(2).gamma(2, 3, (40, 1)), np.arange(40)
    one, tiny = (mean_interval(v, groups, rng(3)).only() for v in (values, values * 1e-6))
    assert (tiny.low, tiny.high) == pytest.approx((one.low * 1e-6, one.high * 1e-6), rel=1e-4)


def test_draws_without_the_only_outlier_do_not_count():
    """A third of the draws of 12 groups miss the one that differs: nothing to studentise by."""
    values = np.r_[np.zeros(11), 1.0][:, None]
    found = mean_interval(values, np.arange(12), rng(4)).only()
    assert np.isfinite([found.low, found.high]).all()
    assert found.low < found.value < found.high


def test_a_heavy_tail_widens_by_half_at_most():
    """One of 50 faces far off: skewness 6.9 would widen by 2.4; eight of them: 1.9, by 1.10."""
    values = np.r_[np.ones(49), 101.0][:, None]
    found = student_interval(values, np.arange(50), positive=True).only()
    arm = 1.5 * stats.t.ppf(0.975, 49) * found.se / 3.0
    assert (found.low, found.high) == pytest.approx((3 / np.exp(arm), 3 * np.exp(arm)))
    skewed = np.r_[np.full(42, 4.0), np.full(8, 10.0)][:, None]
    found = student_interval(skewed, np.arange(50), positive=True).only()
    mean = 4 + 6 * 0.16
    skewness = (1 - 2 * 0.16) / np.sqrt(0.16 * 0.84)  # of a Bernoulli variable
    arm = (1 + 1.5 * skewness**2 / 50) * stats.t.ppf(0.975, 49) * found.se / mean
    assert (found.low, found.high) == pytest.approx((mean / np.exp(arm), mean * np.exp(arm)))
    square, error = (
        mean_interval(skewed, np.arange(50), rng(), positive=True, squared=s).only()
        for s in (True, False)
    )
    longer = (1 + 2.5 * skewness**2 / 50) / (1 + 0.6 * skewness**2 / 50)
    for end in ("low", "high"):
        arms = [np.log(getattr(found, end) / mean) for found in (square, error)]
        assert arms[0] == pytest.approx(longer * arms[1])
    mild = np.r_[np.ones(25), 2 * np.ones(25)][:, None]
    found = student_interval(mild, np.arange(50), positive=True).only()
    arm = stats.t.ppf(0.975, 49) * found.se / 1.5
    assert found.high == pytest.approx(1.5 * np.exp(arm))


def test_shares_stay_between_none_and_all():
    n = np.arange(1, 400.0)
    assert wilson(np.zeros(399), n)[0].min() == 0
    assert wilson(np.ones(399), n)[1].max() == 1
    gain = share_difference(np.array([[1.0]]), np.array([0])).only()
    half = 1.959964 * np.sqrt((1 - 1 / 9) / 3)
    assert (gain.low, gain.high) == pytest.approx((1 / 3 - half, 1.0))
    loss = share_difference(np.array([[-1.0]]), np.array([0])).only()
    assert (loss.low, loss.high) == pytest.approx((-1.0, half - 1 / 3))


def test_two_contenders_have_welchs_arm():
    a, b = [4.0, 5.0, 7.0], [3.0, 3.5, 5.0, 3.2]
    gap = np.mean(a) - np.mean(b)
    welch = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    assert recipe_interval(gap, gap, gap, a, b) == pytest.approx(tuple(welch))
    assert recipe_interval(gap, gap, gap, [*a, np.nan], b) == pytest.approx(tuple(welch))


def test_mover_by_hand():
    """Arms 3 and 4 below, 6 and 8 above: 5 / 2 and 10 / 2 of their mean."""
    assert mover_mean([(10.0, 7.0, 16.0), (20.0, 16.0, 28.0)]) == pytest.approx((15, 12.5, 20))


def test_draws_come_in_blocks_that_fit_memory(monkeypatch):
    assert (resampling.DRAWS, resampling.FLIPS) == (2_000, 10_000)
    monkeypatch.setattr(resampling, "_CHUNK", 100)
    assert [len(b) for b in resampling.counts(10, 25, rng())] == [10, 10, 5]
    assert [len(b) for b in resampling.counts(1000, 2, rng())] == [1, 1]
    assert [len(b) for b in resampling.flipped_sums(np.ones((5, 1)), rng(), 45)] == [20, 20, 5]
    assert [len(b) for b in resampling.flipped_sums(np.ones((90, 1)), rng(), 17)] == [8, 8, 1]


@pytest.mark.parametrize("n_groups", [1, 7, 8, 9, 16, 17])
def test_every_group_is_flipped_by_a_bit_of_its_own(n_groups):
    asked = []

    class Bits:
        def bytes(self, n):
            asked.append(n)
            return rng(5).bytes(n)

    sums = np.concatenate(list(resampling.flipped_sums(np.eye(n_groups), Bits(), 800)))
    assert asked == [800 * -(-n_groups // 8)]
    assert set(np.unique(sums)) == {-1.0, 1.0}
    assert np.abs(sums.mean(axis=0)).max() < 4.5 / np.sqrt(800)


def test_without_groups_nothing_is_tested():
    assert page_wide(np.zeros((0, 2)), rng()).p_page.tolist() == [1.0, 1.0]
    assert resampling.sign_flip_p(np.zeros((0, 2)), rng(), flips=16).tolist() == [1.0, 1.0]


def test_one_test_of_many_groups_counts_from_two_standard_errors():
    found = page_wide(rng(6).normal(size=(300, 1)), rng(7))
    assert found.critical == pytest.approx(1.96, abs=0.08)  # four errors of a quantile


def between_levels(values, level):
    return sum(values[level == k].sum() ** 2 / (level == k).sum() for k in np.unique(level))


def test_levels_of_one_face_and_of_none_against_all_but_a_theory():
    level, values = np.r_[0, np.repeat([1, 2], [4, 7])], np.r_[1.0, rng(8).normal(size=11)]
    centred = values - values.mean()
    seen = between_levels(centred, level)
    draws = [between_levels(rng(k).permutation(centred), level) for k in range(2000)]
    expected = np.mean([d >= seen for d in draws])
    for codes in (level, level * 2):  # a code that no face has changes nothing
        p, p_all = equal_levels([codes], values[:, None], np.arange(12), rng(9))
        assert p[0, 0] == p_all[0, 0] == pytest.approx(expected, abs=0.05)


def test_a_constant_and_a_breakdown_of_nothing_are_not_tested():
    level, values = np.tile([0, 1], 20), rng(10).normal(size=(40, 2))
    values[:, 1] = 3.0
    p, p_all = equal_levels([level, np.full(40, -1)], values, np.arange(40), rng(11))
    assert np.isfinite(p).tolist() == np.isfinite(p_all).tolist() == [[True, False], [False, False]]


@pytest.mark.parametrize(("n", "draws"), [(40, 200), (42, 50)])
def test_large_test_parts_are_shuffled_a_quarter_as_often(monkeypatch, n, draws):
    monkeypatch.setattr(levels, "MANY_GROUPS", 40)
    monkeypatch.setattr(levels, "DRAWS", 200)
    level = np.arange(n) % 2
    p, _ = equal_levels([level], level[:, None] * 9.0, np.arange(n), rng(12))
    assert p[0, 0] == pytest.approx(1 / (1 + draws))


def test_design_effect_by_hand():
    """Two levels; in each every value stands twice in its group, which doubles the variance.

    Of values -1, 1 twice: plain variance 4/3; between two groups 2 * (4 + 4) / 16 = 1, times four.
    """
    level, values = np.repeat([0, 1], 4), np.tile([-1.0, -1, 1, 1], 2)[:, None]
    groups = np.repeat(np.arange(4), 2)
    assert levels._design_effect(level, values, groups) == pytest.approx([8 / (8 / 3)])
    alone = levels._design_effect(np.r_[level, 2], np.r_[values, [[5.0]]], np.r_[groups, 9])
    assert alone == pytest.approx([3.0])  # one face alone has no variance
    assert levels._design_effect(level, values * 0, groups).tolist() == [1.0]
    assert levels._design_effect(level, values, np.arange(8)) == pytest.approx([1.0])


def test_calibration_error_of_two_faces_a_bin_by_hand():
    """Fifteen bins of a pair stated at 0.5 nearly: both right, both wrong, or one of each."""
    p = 0.5 + 1e-9 * np.arange(30)
    pairs = np.repeat([1.0, 0.0], 15)  # seven bins of women, one of each, seven of men
    chance = 0.5 * 0.5 / 1
    expected = (28 * 0.25 + 2 * (0 - chance)) / 30
    assert METRICS["ece"](pairs, p) == pytest.approx(np.sqrt(expected), rel=1e-6)
    assert METRICS["ece_plug_in"](pairs, p) == pytest.approx(np.sqrt(28 * 0.25 / 30), rel=1e-6)


def test_calibration_error_of_one_face_in_a_bin():
    female, p = np.r_[np.zeros(29), 1.0], np.r_[np.full(29, 0.2), 0.9]
    expected = (29 * 0.2**2 + 1 * 0.1**2) / 30
    assert METRICS["ece"](female, p) == pytest.approx(np.sqrt(expected))


def test_ece_interval_of_a_constant_error_and_of_few_groups():
    """All women, all stated at one half: a bin of no variance counts half a face of each kind."""
    arm = np.sqrt(1 / 1002 / 1000)
    ends = whole_intervals.ece_interval(np.ones(1000), np.full(1000, 0.5), np.arange(1000))
    assert ends == pytest.approx((0.5 - 1.96 * arm, 0.5 + 1.96 * arm), abs=1e-5)
    female, p = np.tile([1.0, 0.0], 20), np.linspace(0.1, 0.9, 40)
    for n_groups in (9, 10):
        found = whole_intervals.ece_interval(female, p, np.arange(40) % n_groups)
        assert np.isfinite(found).all() == (n_groups == 10)


def test_median_interval_by_hand():
    """Of 100 independent errors 0 to 99: the Wilson interval of a half, read off outward."""
    errors, groups = np.arange(100.0)[None], np.arange(100)
    size = 0.9 * 99 * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 99)) ** 2
    low, high = wilson(np.array([0.5]), np.array([size]))
    expected = np.floor(99 * low.item()), np.ceil(99 * high.item())
    assert whole_intervals.median_interval(errors, groups) == expected
    silent = np.r_[errors, np.full((1, 100), np.nan)]
    assert whole_intervals.median_interval(silent, groups) == expected
    for n_groups in (9, 10):
        found = whole_intervals.median_interval(errors, groups % n_groups)
        assert np.isfinite(found).all() == (n_groups == 10)
