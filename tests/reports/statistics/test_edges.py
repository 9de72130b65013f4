"""Where statistics begin and end: thresholds, ties, one group too few, nothing at all."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from small_panels import panel_of

from reports.statistics import age_assurance as assurance
from reports.statistics import multiplicity, pairs, resampling, whole_intervals
from reports.statistics.equal_levels import equal_levels
from reports.statistics.intervals import group_sums, mean_interval, student_interval
from reports.statistics.metrics import METRICS
from reports.statistics.paired import survives
from reports.statistics.shares import wilson

TEN, NINE = np.repeat(np.arange(10), 4), np.repeat(np.arange(9), 4)


@pytest.mark.parametrize(
    ("name", "truth", "predicted", "value"),
    [
        ("cs5", [30, 30, 30, 30], [25, 35, 24.9, 35.1], 0.5),
        ("within10", [30, 30, 30, 30], [20, 40, 19.9, 40.1], 0.5),
        ("bias", [30, 30], [31, 35], 3.0),
        ("rmse", [30, 30], [33, 34], np.sqrt(12.5)),
        ("accuracy", [1, 0, 1, 0], [0.5, 0.5, 0.49, 0.49], 0.5),
        ("balanced_accuracy", [1, 0, 0, 0], [0.5, 0.5, 0.2, 0.49], (1 + 2 / 3) / 2),
        ("auc", [1, 0, 0, 1], [0.5, 0.5, 0.2, 0.9], 0.875),
        ("brier", [1, 0], [0.7, 0.4], (0.09 + 0.16) / 2),
        ("r2", [10, 20], [10, 25], 1 - 25 / 50),
        ("median_error", [0, 0, 0], [-3, 1, 9], 3.0),
    ],
)
def test_metrics_by_hand(name, truth, predicted, value):
    assert METRICS[name](truth, predicted) == pytest.approx(value)


def test_metrics_of_intervals_and_ranges_by_hand():
    ends = np.array([[20.0, 30.0], [20.0, 30.0], [20.0, 30.0], [20.0, 30.0]])
    truth = np.array([20.0, 30.0, 19.0, 32.0])
    assert METRICS["coverage"](truth, ends) == 0.5
    assert METRICS["width"](truth, ends) == 10.0
    assert METRICS["interval_score"](truth, ends) == pytest.approx(10 + 20 * (0 + 0 + 1 + 2) / 4)
    assert METRICS["within_range"](ends, truth) == 0.5
    assert METRICS["outside_range"](ends, truth) == pytest.approx((1 + 2) / 4)


def test_numbers_that_have_no_value():
    for name in ("auc", "balanced_accuracy"):
        assert np.isnan(METRICS[name]([1, 1], [0.2, 0.7]))
        assert np.isnan(METRICS[name]([0, 0], [0.2, 0.7]))
    assert np.isnan(METRICS["r2"]([5, 5], [4, 6]))
    assert np.isnan(METRICS["r2"]([5], [4]))
    for name in ("ece", "ece_plug_in"):
        assert np.isnan(METRICS[name](np.ones(29), np.full(29, 0.5)))
        assert METRICS[name](np.ones(30), np.full(30, 0.5)) == pytest.approx(0.5)


@pytest.mark.parametrize("make", [student_interval, None])
def test_ten_groups_have_an_interval_and_nine_have_none(make):
    rng = np.random.default_rng(0)
    for groups, known in ((TEN, True), (NINE, False)):
        values = rng.normal(5, 1, (len(groups), 1))
        found = make(values, groups) if make else mean_interval(values, groups, rng)
        assert np.isfinite(found.low[0]) == np.isfinite(found.high[0]) == known
        assert found.n[0] == len(groups)


def test_ten_groups_for_whole_numbers_and_nine_for_none():
    rng = np.random.default_rng(1)
    for groups, known in ((TEN, True), (NINE, False)):
        part = rng.normal(size=len(groups))
        female = np.arange(len(groups)) % 2.0
        assert np.isfinite(whole_intervals.auc_interval(0.8, part, groups, female)).all() == known
        assert np.isfinite(whole_intervals.r2_interval(0.8, part, groups)).all() == known


def hanley_mcneil(area, n):
    """Variance of an AUC of n women and n men, as of 1982."""
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    return (area * (1 - area) + (n - 1) * (q1 + q2 - 2 * area**2)) / n**2


@pytest.mark.parametrize("area", [0.3, 0.8, 0.99])
def test_ends_of_an_auc_are_t_standard_errors_away(area):
    part, female = np.r_[np.ones(5), -np.ones(5)] / 4, np.arange(10) % 2.0
    seen, t = 10 / 9 * 10 / 16 / 100, stats.t.ppf(0.975, 9)
    factor = (seen + 0.1 / 25) / (hanley_mcneil(area, 5) + 0.1 / 25)
    ends = whole_intervals.auc_interval(area, part, np.arange(10), female)
    assert 0 <= ends[0] < area < ends[1] <= 1
    for end in ends:
        away = t * np.sqrt(factor * hanley_mcneil(end, 5))
        assert abs(end - area) == pytest.approx(away, rel=1e-5, abs=1e-7)


def test_perfect_useless_and_constant_scores():
    from statsmodels.stats.proportion import proportion_confint

    female = np.r_[np.ones(6), np.zeros(4)]
    low, high = whole_intervals.auc_interval(1.0, np.zeros(10), np.arange(10), female)
    assert (0.5 < low < 0.8, high) == (True, 1.0)
    down, up = whole_intervals.auc_interval(0.0, np.zeros(10), np.arange(10), female)
    assert (down, up) == pytest.approx((0.0, 1 - low), abs=1e-6)
    constant = whole_intervals.auc_interval(0.5, np.zeros(10), np.arange(10), female)
    assert constant == pytest.approx(proportion_confint(2, 4, method="wilson"))


def test_r2_interval_by_hand():
    part = np.r_[np.ones(5), -np.ones(5)]
    se, t = np.sqrt(10 / 9 * 10 / 100), stats.t.ppf(0.975, 9)
    factor = np.exp((1 + 1.7 / np.sqrt(10)) * t * se / 0.25)
    found = whole_intervals.r2_interval(0.75, part, np.arange(10))
    assert found == pytest.approx((1 - 0.25 * factor, 1 - 0.25 / factor))
    assert np.isnan(whole_intervals.r2_interval(1.0, part, np.arange(10))).all()


def test_ece_interval_needs_thirty_faces():
    female, p = np.tile([1.0, 0.0], 15), np.linspace(0.1, 0.9, 30)
    assert np.isfinite(whole_intervals.ece_interval(female, p, np.arange(30))).all()
    assert np.isnan(whole_intervals.ece_interval(female[1:], p[1:], np.arange(29))).all()


def test_ece_interval_is_inverted_at_both_ends():
    """One bin, all of the same probability: the gap's own normal interval, squared."""
    female, p = np.r_[np.ones(700), np.zeros(300)], np.full(1000, 0.5)
    low, high = whole_intervals.ece_interval(female, p, np.arange(1000))
    arm = np.sqrt(0.7 * 0.3 / 1000)
    assert low == pytest.approx(0.2 - 1.96 * arm, abs=0.001)
    assert high == pytest.approx(0.2 + 1.96 * arm, abs=0.001)
    assert whole_intervals._non_centrality(3.0, 2.0, stats.chi2.cdf(3.0, 2.0)) == 0.0


def test_influences_sum_to_nothing_and_move_the_number():
    rng = np.random.default_rng(3)
    truth, predicted = rng.integers(0, 2, 60).astype(float), rng.random(60).round(1)
    for name in ("auc", "balanced_accuracy"):
        part = whole_intervals.influence(name, truth, predicted)
        assert part.mean() == pytest.approx(0, abs=1e-12)
        twice = METRICS[name](np.r_[truth, truth[:1]], np.r_[predicted, predicted[:1]])
        moved = twice - METRICS[name](truth, predicted)
        assert moved == pytest.approx(part[0] / 61, abs=0.002)
        assert np.sign(moved) == np.sign(part[0])


def test_draws_by_number_of_groups():
    assert resampling.draws_for(4_000) == 2_000
    assert resampling.draws_for(4_001) == 1_000


def test_totals_by_hand():
    found = resampling.totals(np.array([[1.0, 10], [2, 20], [4, 40]]), np.array([0, 2, 0]), 4)
    assert found.tolist() == [[5, 50], [0, 0], [2, 20], [0, 0]]
    assert resampling.totals(np.zeros((3, 0)), np.array([0, 1, 2]), 3).shape == (3, 0)


def test_group_variance_by_hand():
    """Two groups of one and three faces: residuals -3 and 3 about the mean 4, factor 2."""
    sums = group_sums(np.array([[1.0], [5], [5], [5]]), np.array([7, 9, 9, 9]))
    assert (sums.value[0], sums.n_groups[0], sums.n[0]) == (4.0, 2, 4)
    assert sums.variance[0] == pytest.approx(2 * (9 + 9) / 16)
    one = group_sums(np.array([[1.0], [5]]), np.array([3, 3]))
    assert np.isnan(one.variance[0])


def test_holm_by_hand():
    found = multiplicity.holm(np.array([0.01, np.nan, 0.04, 0.03, 0.9]))
    assert found.tolist() == pytest.approx([0.04, np.nan, 0.09, 0.09, 0.9], nan_ok=True)
    assert multiplicity.holm(np.array([0.6, 0.7])).tolist() == [1.0, 1.0]


def test_a_test_of_nothing_is_never_significant():
    found = multiplicity.page_wide(
        np.c_[np.zeros(40), np.ones(40)], np.random.default_rng(0), flips=999
    )
    assert found.p.tolist() == found.p_page.tolist() == [1.0, 0.001]
    empty = multiplicity.page_wide(np.zeros((5, 0)), np.random.default_rng(0))
    assert len(empty.p) == 0
    assert np.isnan(empty.critical)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "second"),
        ({"advantage": -1.0, "low": -2.0, "high": -0.5}, "first"),
        ({"p_page": 0.05}, "borderline"),
        ({"p_page": 0.05, "breakdown": "gender"}, "undecided"),
        ({"low": 0.0}, "borderline"),
        ({"low": -1.0, "p_page": 0.5}, "undecided"),
        ({"advantage": -1.0, "low": -2.0, "high": 0.0}, "borderline"),
        ({"recipe_low": -0.1, "recipe_high": 2.1}, "borderline"),
        ({"low": -1.0, "recipe_low": 0.1, "recipe_high": 2.1}, "second"),
    ],
)
def test_claims(given, expected):
    row = {"breakdown": "", "advantage": 1.0, "low": 0.5, "high": 2.0, "p_page": 0.049}
    row |= {"recipe_low": np.nan, "recipe_high": np.nan} | given
    assert pairs.claim(row) == expected


@pytest.mark.parametrize(
    ("home", "away", "word"),
    [
        (1.0, "second", "survives"), (0.0, "second", "survives"), (-1.0, "first", "survives"),
        (1.0, "first", "turns round"), (-1.0, "second", "turns round"),
        (1.0, "undecided", "is open"), (1.0, "borderline", "is open"),
    ],
)  # fmt: skip
def test_an_advantage_elsewhere(home, away, word):
    assert survives(home, away) == word


def test_which_pair_is_tested():
    families = {"d": "baseline", "h1": "classical", "h2": "classical", "n1": "cnn", "n2": "cnn"}
    facts = {"contenders": {c: {"family": f} for c, f in families.items()}}

    def pair(names, scores=None, **more):
        scores = {c: {"mae": v} for c, v in (scores or {}).items()}
        found = pairs.choose_pair(names, facts | {"select_scores": scores} | more)
        return found and (found.first, found.second)

    everybody = list(families)
    assert pair(["d"]) is None
    assert pair(everybody, {"h1": 6.0, "h2": 5.0, "n1": 4.0, "n2": 3.0}) == ("h2", "n2")
    assert pair(everybody, {"h1": 5.0, "h2": 6.0, "n1": 4.0, "n2": np.nan}) == ("h1", "n1")
    assert pair(everybody, {"h1": 5.0}) == ("h1", "n1")
    assert pair(everybody, {"n1": 5.0}) == ("h1", "n1")
    assert pair(everybody, {"n1": 5.0}, pair=["d", "n2"]) == ("d", "n2")
    assert pair(everybody, {}, pair=["d", "gone"]) == ("h1", "n1")
    assert pair(["d", "h1"]) == ("d", "h1")
    assert pair(["d", "h1", "h2"]) == ("h1", "h2")
    assert pair(["d", "n1"]) == ("d", "n1")
    facts["contenders"]["cnn"] = {"family": "cnn"}
    assert pair([*everybody, "cnn"], {"h1": 6.0, "n1": 4.0, "cnn": 9.0}) == ("h1", "cnn")


def test_levels_with_too_few_groups_or_one_level_are_not_tested():
    values = np.random.default_rng(0).normal(size=(40, 1))
    two, one = np.tile([0, 1], 20), np.zeros(40, int)
    for level, groups, known in ((two, TEN, True), (two[:36], NINE, False), (one, TEN, False)):
        rng = np.random.default_rng(1)
        p, p_all = equal_levels([level], values[: len(level)], groups, rng)
        assert np.isfinite(p[0, 0]) == np.isfinite(p_all[0, 0]) == known


def test_two_seeds_count_half_each_and_silent_ones_not_at_all():
    panel = panel_of(np.full(4, 20), [20, 20, 20, 20])
    (answers,) = panel.answers.values()
    ages = np.array([[17.0, 18, 19, np.nan], [19.0, np.nan, 17, np.nan]])
    object.__setattr__(answers, "age", ages)
    found = assurance.at_least(panel, 18)[:, 0]
    assert found.tolist() == pytest.approx([0.5, 1.0, 0.5, np.nan], nan_ok=True)


def test_unknown_level_and_thin_ones_take_no_part_in_gaps():
    from reports.statistics.gaps import worst_cell

    table = pd.DataFrame(
        {"row": ["a", "b", "unknown", "c"], "column": "x", "contender": "m",
         "n": [30, 31, 90, 29], "mae": [4.0, 5.0, 9.0, 8.0], "accuracy": [0.9, 0.8, 0.1, 0.2]}
    )  # fmt: skip
    assert worst_cell(table, "m", "mae")["row"] == "b"
    assert worst_cell(table, "m", "accuracy")["row"] == "b"
    assert worst_cell(table[:1], "m", "mae")["row"] == "a"
    assert worst_cell(table[2:], "m", "mae") is None
    assert worst_cell(table, "other", "mae") is None


def test_why_shares_get_no_percentile_bootstrap():
    """The two coverages of ``docs/methods.md``: exact sums at accuracy .97 and n = 30."""
    right, true = np.arange(31), 0.97
    chance = stats.binom.pmf(right, 30, true)
    drawn = [stats.binom.ppf(q, 30, right / 30) / 30 for q in (0.025, 0.975)]
    for (low, high), covered in (
        (drawn, 0.587),
        (wilson(right / 30, np.full(31, 30.0)), 0.940),
    ):
        held = (low <= true) & (true <= high)
        assert chance[held].sum() == pytest.approx(covered, abs=5e-4)
