"""Tests of a page in the tail that decides: short intervals elsewhere, levels with groups."""

import numpy as np
import pytest
from scipy import stats

from reports.statistics.elsewhere import _short_p
from reports.statistics.equal_levels import equal_levels


@pytest.mark.parametrize("missed", [1, 12, 20])
def test_short_intervals_are_judged_by_the_binomial_tail(missed):
    held = np.arange(100) >= missed
    expected = stats.binom.sf(missed - 1, 100, 0.1)
    assert _short_p(held, np.arange(100), 0.9) == pytest.approx(
        expected, rel=0.2
    )  # normal: 0.0004 for 0.002


def test_intervals_that_hold_everything_are_not_short():
    assert _short_p(np.ones(50), np.arange(50), 0.9) == 1.0


def test_levels_are_told_apart_by_as_many_groups_not_by_as_many_copies():
    rng = np.random.default_rng(2)
    level, values = np.repeat([0, 1], 20), rng.normal(size=(40, 1))
    values[level == 1] += 0.6
    alone, _ = equal_levels([level], values, np.arange(40), np.random.default_rng(0))
    copies = np.repeat(np.arange(40), 8)
    many, _ = equal_levels([level[copies]], values[copies], copies, np.random.default_rng(0))
    assert many[0, 0] == pytest.approx(alone[0, 0], abs=0.04)
