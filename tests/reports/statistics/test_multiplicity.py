"""One adjustment for the page, against statsmodels, all flips, and the law it must keep."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from reports.statistics.multiplicity import holm, page_wide


def rng(seed=0):
    return np.random.default_rng(seed)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_holm_against_statsmodels(p):
    assert holm(np.array(p)) == pytest.approx(multipletests(p, method="holm")[1])


def test_holm_leaves_out_what_was_not_tested():
    found = holm(np.array([0.01, np.nan, 0.04]))
    assert found == pytest.approx([0.02, np.nan, 0.04], nan_ok=True)


def test_against_all_flips():
    """With ten groups, all 1,024 sign patterns can be tried: step-down maxima by hand."""
    d = rng(1).normal([0.9, 0.3, 0.0], 1, (10, 3))
    signs = np.array(np.meshgrid(*[[-1, 1]] * 10)).reshape(10, -1).T
    unit = d / np.sqrt((d**2).sum(axis=0))
    observed, flipped = np.abs(unit.sum(axis=0)), np.abs(signs @ unit)
    order = np.argsort(-observed)
    steps, least = {}, 0.0
    for k, test in enumerate(order):
        p = (flipped[:, order[k:]].max(axis=1) >= observed[test] - 1e-9).mean()
        least = max(least, p)
        steps[test] = least
    found = page_wide(d, rng(2), flips=40_000)
    assert found.p_page == pytest.approx([steps[k] for k in range(3)], abs=0.01)
    alone = (flipped >= observed - 1e-9).mean(axis=0)
    assert found.p == pytest.approx(alone, abs=0.01)


def test_order_of_tests_and_names_of_contenders_change_nothing():
    d = rng(3).normal([0.3, 0.0, 0.2, 0.1], 1, (60, 4))
    one = page_wide(d, rng(4))
    turned = page_wide(-d[:, ::-1], rng(4))
    assert turned.p_page[::-1] == pytest.approx(one.p_page)
    assert turned.p[::-1] == pytest.approx(one.p)


def test_scale_changes_nothing():
    d = rng(5).normal(0.2, 1, (50, 3))
    assert page_wide(d * [1, 1000, 0.001], rng(6)).p_page == pytest.approx(
        page_wide(d, rng(6)).p_page
    )


def test_copies_of_a_test_cost_nothing():
    d = rng(7).normal(0.35, 1, (60, 1))
    found = page_wide(np.repeat(d, 30, axis=1), rng(8))
    assert found.p_page == pytest.approx(np.repeat(found.p[0], 30))


def test_a_test_without_difference_is_never_significant():
    d = np.column_stack([np.zeros(40), rng(9).normal(1, 1, 40)])
    found = page_wide(d, rng(10))
    assert found.p_page[0] == 1.0
    assert found.p_page[1] < 0.01


def test_a_page_under_the_null_rarely_reports_anything():
    """Forty correlated tests of equal contenders: some p below 5% on few pages after adjustment."""
    pages, alone = 0, 0
    for k in range(200):
        r = rng([k, 11])
        shared = r.standard_t(4, (80, 1))
        d = shared * (r.random((80, 40)) < 0.3) + 0.3 * r.standard_normal((80, 40))
        found = page_wide(d * r.choice([-1, 1], (80, 1)), r, flips=400)
        pages += (found.p_page < 0.05).any()
        alone += (found.p < 0.05).any()
    assert pages <= 18  # 5% of 200 and three standard errors
    assert alone > 60
