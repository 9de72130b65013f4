"""What holds for every metric, whatever the numbers: laws under order, names, scale and copies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.statistics.metrics import METRICS

AGE_METRICS = [m.name for m in METRICS.values() if m.target == "age"]
GENDER_METRICS = [m.name for m in METRICS.values() if m.target == "gender"]
law = settings(max_examples=15, deadline=None, derandomize=True)
NAMED_AFTER_YEARS = {"cs5", "within10"}  # five and ten years are not scaled with the ages


def faces(target, seed, n=60):
    """Truth and predictions for ``n`` faces, both genders among them, no two answers alike."""
    rng = np.random.default_rng(seed)
    age = rng.uniform(0, 90, n)
    if target == "age":
        return age, age + rng.normal(2, 8, n)
    if target == "interval":
        middle = age + rng.normal(0, 8, n)
        return age, np.stack([middle - 9, middle + rng.uniform(5, 12, n)], axis=1)
    if target == "range":
        return np.stack([age, age + rng.uniform(0, 9, n)], axis=1), age + rng.normal(3, 8, n)
    female = (np.arange(n) % 2).astype(float)
    return female, 1 / (1 + np.exp(1 - 2 * female + rng.normal(0, 1, n)))


@pytest.mark.parametrize("name", METRICS)
@law
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_faces_changes_nothing(name, seed):
    truth, predicted = faces(METRICS[name].target, seed)
    order = np.random.default_rng(seed).permutation(len(truth))
    again = METRICS[name](truth[order], predicted[order])
    assert again == pytest.approx(METRICS[name](truth, predicted), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", GENDER_METRICS)
@law
@given(seed=st.integers(0, 2**32 - 1))
def test_it_does_not_matter_which_gender_is_called_one(name, seed):
    female, p = faces("gender", seed)
    turned = METRICS[name](1 - female, 1 - p)
    assert turned == pytest.approx(METRICS[name](female, p), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", AGE_METRICS)
@law
@given(seed=st.integers(0, 2**32 - 1), years=st.floats(-50, 50))
def test_errors_do_not_depend_on_where_the_ages_lie(name, seed, years):
    age, predicted = faces("age", seed)
    moved = METRICS[name](age + years, predicted + years)
    assert moved == pytest.approx(METRICS[name](age, predicted), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", sorted(set(AGE_METRICS) - NAMED_AFTER_YEARS))
@law
@given(seed=st.integers(0, 2**32 - 1), factor=st.floats(0.1, 10))
def test_years_grow_with_the_unit_and_shares_do_not(name, seed, factor):
    age, predicted = faces("age", seed)
    power = 1 if METRICS[name].unit == "years" else 0
    expected = METRICS[name](age, predicted) * factor**power
    assert METRICS[name](age * factor, predicted * factor) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", AGE_METRICS)
@law
@given(seed=st.integers(0, 2**32 - 1))
def test_too_old_counts_as_much_as_too_young_but_for_the_bias(name, seed):
    age, predicted = faces("age", seed)
    mirrored = METRICS[name](-age, -predicted)
    sign = -1 if name == "bias" else 1
    assert mirrored == pytest.approx(sign * METRICS[name](age, predicted), rel=1e-6)


@pytest.mark.parametrize("name", sorted(m.name for m in METRICS.values() if m.per_face))
@law
@given(seed=st.integers(0, 2**32 - 1))
def test_every_face_twice_is_the_same_mean(name, seed):
    truth, predicted = faces(METRICS[name].target, seed)
    twice = METRICS[name](np.concatenate([truth, truth]), np.concatenate([predicted, predicted]))
    assert twice == pytest.approx(METRICS[name](truth, predicted), rel=1e-9)
