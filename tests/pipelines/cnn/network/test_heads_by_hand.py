"""Losses, first biases and borders of the age heads, each against its formula."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import entropy, norm

from pipelines.cnn.network.heads import (
    MAX_AGE,
    check_age_labels,
    create_age_head,
)

YEARS = np.arange(131)
NAN = float("nan")


def soft(age, sigma=2.0):
    """Return a normal density around an age at whole years, as shares of one."""
    density = norm(age, sigma).pdf(YEARS)
    return density / density.sum()


def test_oldest_age_and_outputs():
    assert MAX_AGE == 130
    widths = [create_age_head(n).n_outputs for n in ("regression", "distribution", "ordinal")]
    assert widths == [1, 131, 130]


def test_regression_is_smooth_l1_on_decades():
    """Half the square below a year, over that year; straight above. In tens of years."""
    head = create_age_head("regression")
    outputs = torch.tensor([[3.0], [3.05], [3.5], [2.0]])
    found = head.loss(outputs, torch.full((4,), 30.0))
    np.testing.assert_allclose(found, [0, 0.0125, 0.45, 0.95], atol=1e-6)
    expected = head.expectation(torch.tensor([[-0.1], [0.05], [13.5], [12.9]]))
    np.testing.assert_allclose(expected, [0, 0.5, 130, 129], atol=1e-4)
    assert head.initial_bias(torch.tensor([5.0, 90.0, 31.0])).tolist() == pytest.approx([3.1])


def test_distribution_is_divergence_from_soft_labels_and_a_tenth_of_the_error():
    rng = np.random.default_rng(0)
    outputs, ages = rng.normal(size=(3, 131)), np.array([0.0, 40.5, 128.0])
    p = np.exp(outputs - logsumexp(outputs, axis=1, keepdims=True))
    expected = [
        entropy(soft(age), row) + abs(row @ YEARS - age) / 10
        for age, row in zip(ages, p, strict=True)
    ]
    head = create_age_head("distribution")
    found = head.loss(torch.from_numpy(outputs), torch.from_numpy(ages))
    np.testing.assert_allclose(found, expected)
    np.testing.assert_allclose(head.expectation(torch.from_numpy(outputs)), p @ YEARS)


def test_the_first_distribution_is_that_of_the_ages_and_no_age_is_out_of_reach():
    ages = torch.tensor([20.0, 20.0, 80.0], dtype=torch.float64)
    bias = create_age_head("distribution").initial_bias(ages).numpy()
    prior = np.maximum((2 * soft(20) + soft(80)) / 3, 1e-4)
    np.testing.assert_allclose(bias, np.log(prior) - np.log(prior).mean())


def test_ordinal_asks_up_to_the_own_year():
    """Age 2.25 answers: yes, yes, a quarter yes; the fourth question does not apply."""
    outputs = torch.zeros(2, 130, dtype=torch.float64)
    outputs[:, :4] = torch.tensor([0.3, -1.0, 2.0, 9.0])
    yes = np.log1p(np.exp(-np.array([0.3, -1.0, 2.0])))
    no = np.log1p(np.exp(np.array([0.3, -1.0, 2.0])))
    expected = [yes[0] + yes[1] + yes[2] / 4 + 3 * no[2] / 4, no[0]]
    head = create_age_head("ordinal")
    ages = torch.tensor([2.25, 0.0], dtype=torch.float64)
    np.testing.assert_allclose(head.loss(outputs, ages), expected)


def test_ordinal_begins_with_the_shares_that_grew_older():
    """Of ages 0, 2 and 2: two of three passed 0, both passed 1, none 2; half a face is added."""
    bias = create_age_head("ordinal").initial_bias(torch.tensor([0.0, 2.0, 2.0]))
    share = np.array([2.5 / 4, 2.5 / 3, 0.5 / 3] + [0.5] * 127)
    np.testing.assert_allclose(bias, np.log(share / (1 - share)), atol=1e-6)


def test_ordinal_answers_the_distribution_its_survival_tells():
    """Survival of 1, 0.6, 0.6, 0 means 1 year with 0.4 and 3 years with 0.6."""
    share = np.array([1 - 1e-12, 0.6, 1 - 1e-12] + [1e-12] * 127)
    outputs = torch.from_numpy(np.log(share / (1 - share)))[None]
    head = create_age_head("ordinal")
    age, spread = head.decode([outputs])
    assert float(age) == pytest.approx(2.5 + 0.1 / 0.6)
    assert float(spread) == pytest.approx(2 * np.sqrt(0.6 * 0.4))
    assert float(head.expectation(outputs)) == pytest.approx(2.2)
    two = outputs.clone()
    two[0, 0] = -60  # this view says 0 years: together 0.5 of 0, 0.2 of 1 and 0.3 of 3
    age, spread = head.decode([outputs, two])
    assert float(age) == pytest.approx(0.5)
    assert float(spread) == pytest.approx(np.sqrt(0.2 + 2.7 - 1.1**2))


def test_ages_at_the_borders():
    check_age_labels(torch.tensor([0.0, 130.0]))
    check_age_labels(torch.tensor([NAN, 130.0]), some_unknown=True)
    for bad, message in (
        ([3.0, -0.5], "age label -0.5 in row 1 of X is outside 0 to 130 years"),
        ([3.0, 5.0, 130.5], "age label 130.5 in row 2"),
        ([131.5, -3.0], "age label 131.5 in row 0"),
    ):
        for some_unknown in (False, True):
            with pytest.raises(ValueError, match=message):
                check_age_labels(torch.tensor(bad), some_unknown=some_unknown)
    with pytest.raises(ValueError, match="no age is known in y: all 2 are NaN"):
        check_age_labels(torch.tensor([NAN, NAN]), "y", some_unknown=True)
    with pytest.raises(ValueError, match="nan in row 1"):
        check_age_labels(torch.tensor([1.0, NAN]))
