"""Intervals made honest with a few labelled faces."""

import numpy as np
import pytest

from study.models.recalibrate import DRAWS, factor, measure, scores, widened


def people(n, seed=0, spread=12.0):
    """Ages twice as far from their estimates as the intervals (of 8 and 4 years) promise."""
    rng = np.random.default_rng(seed)
    predicted = rng.uniform(30, 60, n)
    age = predicted + rng.normal(0, spread, n)
    return age, predicted, np.column_stack([predicted - 8, predicted + 4])


def test_a_score_counts_arms():
    age, predicted = np.array([30.0, 46, 40]), np.full(3, 40.0)
    interval = np.tile([36.0, 42.0], (3, 1))
    np.testing.assert_allclose(scores(age, predicted, interval), [2.5, 3, 0])


def test_the_factor_is_the_conformal_quantile():
    assert factor(np.arange(1, 10.0)) == 9  # ceil(10 * .9) = 9th of 9
    assert factor(np.arange(1, 20.0)) == 18
    assert factor(np.arange(1, 100.0), 0.5) == 50
    with pytest.raises(ValueError, match="8 labelled faces are too few"):
        factor(np.arange(8.0))


def test_widened_intervals_keep_their_shape_and_end_at_birth():
    out = widened(np.array([40.0, 2.0]), np.array([[36.0, 42.0], [1.0, 5.0]]), 3.0)
    np.testing.assert_allclose(out, [[28, 46], [0, 11]])


def test_the_promise_is_kept_on_faces_not_used():
    table = measure(*people(800))
    plain = table[table["k"] == 0].iloc[0]
    assert plain["coverage"] < 0.6 and plain["n"] == 800 and plain["width"] == pytest.approx(12)
    for k, part in table[table["k"] > 0].groupby("k"):
        assert len(part) == DRAWS and (part["n"] == 800 - k).all()
        expected = np.ceil((k + 1) * 0.9) / (k + 1)  # exact for exchangeable faces
        assert part["coverage"].mean() == pytest.approx(expected, abs=0.012)
    spread = table[table["k"] > 0].groupby("k")["coverage"].std()
    assert spread.is_monotonic_decreasing


def test_the_trials_can_be_computed_again():
    age, predicted, interval = people(300, seed=4)
    table = measure(age, predicted, interval)
    row = table[(table["k"] == 50) & (table["draw"] == 7)].iloc[0]
    order = np.random.default_rng([50, 7]).permutation(300)
    off = age - predicted
    arms = np.where(off < 0, off / -8, off / 4)
    times = np.sort(arms[order[:50]])[45]
    rest = order[50:]
    assert row["factor"] == pytest.approx(times)
    assert row["coverage"] == pytest.approx((arms[rest] <= times + 1e-9).mean())


def test_sizes_that_leave_too_few_faces_are_not_tried():
    assert set(measure(*people(120))["k"]) == {0, 20, 50}


def test_a_wider_interval_holds_whatever_the_narrower_held():
    """Estimates outside their own interval too: a calibration by age makes some."""
    predicted = np.array([0.0, 0.0, 30.0, 50.0, 9.0])
    interval = np.array([[0.67, 3.0], [2.0, 2.0], [20.0, 28.0], [40.0, 60.0], [9.0, 12.0]])
    ages = np.linspace(0, 100, 401)
    for k in range(len(predicted)):
        one = np.repeat(predicted[k : k + 1], len(ages)), np.repeat(interval[k : k + 1], 401, 0)
        score = scores(ages, *one)
        for times in (0.5, 1.0, 1.3, 2.0, 40.0):
            new = widened(*one, times)
            inside = (new[:, 0] <= ages) & (ages <= new[:, 1])
            np.testing.assert_array_equal(inside, score <= times * (1 + 1e-12))
            assert (new >= 0).all()
            assert (new <= 130).all()


def test_a_biased_model_is_recalibrated_without_absurd_widths():
    rng = np.random.default_rng(0)
    age = rng.uniform(0, 90, 600)
    predicted = age + 25 + rng.normal(0, 4, 600)
    interval = np.stack([age - 8, age + 8], axis=1) + rng.normal(0, 6, 600)[:, None]
    table = measure(age, predicted, interval)
    for k in (50, 200):
        rows = table[table["k"] == k]
        assert rows["coverage"].mean() > 0.88
        assert rows["width"].mean() < 60
