"""One thread and two: sums in single precision are added in another order, and that is all."""

import numpy as np
import pytest
from tiny_training import TINY, noise_faces

from pipelines import CnnAgeGender


@pytest.fixture(scope="module")
def trained():
    X, Y = noise_faces()
    return CnnAgeGender(**TINY, epochs=2).fit(X, Y)


def test_answers_on_two_threads_differ_by_rounding_only(trained):
    X, _ = noise_faces()
    one = trained.predict_all(X)
    two = trained.set_params(threads=2).predict_all(X)
    assert np.abs(one["age"] - two["age"]).max() < 1e-3  # years
    assert np.abs(one["p_female"] - two["p_female"]).max() < 1e-4


def test_the_same_threads_give_the_same_bits(trained):
    X, Y = noise_faces()
    again = CnnAgeGender(**TINY, epochs=2).fit(X, Y).predict_all(X)
    first = trained.set_params(threads=1).predict_all(X)
    for name, values in first.items():
        assert np.array_equal(values, again[name]), name
