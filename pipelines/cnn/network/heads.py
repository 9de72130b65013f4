"""Age heads: how a network's outputs become an age in years, and the loss that trains them.

A head is stateless: it tells how many outputs it needs, the loss of these outputs against ages,
and how to read an age and its spread from them. Another head is one more class in ``AGE_HEADS``.

Heads that answer with a distribution give its median: of all answers it has the least expected
absolute error, which is what MAE measures. The expectation is pulled along by thin tails.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from basis.faces import OLDEST_AGE
from basis.words import did_you_mean

#: Ages the heads can express, in years; labels beyond are an error.
MAX_AGE = int(OLDEST_AGE)


class AgeHead(Protocol):
    """What the network, the loss and the predictions need to know about a head."""

    n_outputs: int

    def initial_bias(self, age: Tensor) -> Tensor:
        """Return the bias ``(n_outputs,)`` that makes an untrained head answer the average."""

    def loss(self, outputs: Tensor, age: Tensor) -> Tensor:
        """Return the loss of each face, shape ``(n,)``."""

    def expectation(self, outputs: Tensor) -> Tensor:
        """Return the expected age in years, ``(n,)``; differentiable, for explanations."""

    def decode(self, views: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return age and its spread (standard deviation), years, each ``(n,)``.

        ``views`` are outputs ``(n, n_outputs)`` for the same faces: of their mirror images, or of
        several networks.
        """


class RegressionHead:
    """One output, the age itself: smooth L1 loss on years divided by ten.

    The plainest choice; it has no spread of its own, only what several views disagree about, so
    intervals get their width mostly from the predicted age.
    """

    n_outputs = 1
    scale = 10.0

    def initial_bias(self, age: Tensor) -> Tensor:
        """Return the median training age on the head's scale."""
        return age.median().reshape(1) / self.scale

    def loss(self, outputs: Tensor, age: Tensor) -> Tensor:
        """Smooth L1: quadratic below one year, linear above."""
        return functional.smooth_l1_loss(
            outputs[:, 0], age / self.scale, reduction="none", beta=1 / self.scale
        )

    def expectation(self, outputs: Tensor) -> Tensor:
        """Return the age."""
        return (outputs[:, 0] * self.scale).clamp(0, MAX_AGE)

    def decode(self, views: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return the mean age, and a year of spread plus what the views disagree about."""
        ages = torch.stack([self.expectation(view) for view in views])
        return ages.mean(0), (1 + ages.var(0, correction=0)).sqrt()


class DistributionHead:
    r"""A distribution over whole years: soft labels and the error of its expectation (DLDL-v2).

    .. math:: \ell = \mathrm{KL}(q_y \,\|\, p) + \lambda\,|\mathbb{E}_p[a] - y| / 10

    where :math:`q_y` is a normal density around the label with standard deviation ``sigma``
    years. The soft label is also what protects against age heaping: a label of 30 pays little
    for an answer of 29.

    References
    ----------
    Gao et al., "Age Estimation Using Expectation of Label Distribution Learning", IJCAI 2018.
    """

    n_outputs = MAX_AGE + 1
    sigma = 2.0
    expectation_weight = 1.0

    def initial_bias(self, age: Tensor) -> Tensor:
        """Return the log of the smoothed distribution of the training ages."""
        prior = self._soft_labels(age).mean(0)
        # centred, so that the softmax works near zero; the floor keeps rare ages reachable
        bias = prior.clamp_min(1e-4).log()
        return bias - bias.mean()

    def loss(self, outputs: Tensor, age: Tensor) -> Tensor:
        """Return cross-entropy minus the soft label's entropy, plus the expectation's error."""
        target = self._soft_labels(age)
        log_p = outputs.log_softmax(1)
        divergence = (torch.xlogy(target, target) - target * log_p).sum(1)
        expectation = log_p.exp() @ self._years(outputs)
        return divergence + self.expectation_weight * (expectation - age).abs() / 10

    def expectation(self, outputs: Tensor) -> Tensor:
        """Return the mean of the distribution."""
        return outputs.softmax(1) @ self._years(outputs)

    def decode(self, views: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return median and standard deviation of the views' mean distribution."""
        return _median_and_spread(torch.stack([view.softmax(1) for view in views]).mean(0))

    @staticmethod
    def _years(like: Tensor) -> Tensor:
        return torch.arange(MAX_AGE + 1, device=like.device, dtype=like.dtype)

    def _soft_labels(self, age: Tensor) -> Tensor:
        distance = (self._years(age)[None] - age[:, None]) / self.sigma
        return (-0.5 * distance.square()).softmax(1)


class OrdinalHead:
    r"""Conditional questions "older than k, given at least k?" (CORN), one output per year.

    The answers multiply into survival probabilities :math:`P(a > k)`, rank-consistent by
    construction; the age is the median they tell. A fractional age answers its own year
    fractionally.

    References
    ----------
    Shi, Cao & Raschka, "Deep Neural Networks for Rank-Consistent Ordinal Regression Based On
    Conditional Probabilities", Pattern Analysis and Applications, 2023.
    """

    n_outputs = MAX_AGE

    def initial_bias(self, age: Tensor) -> Tensor:
        """Return the log odds of the empirical conditional survival, smoothed by one face."""
        years = torch.arange(MAX_AGE, dtype=age.dtype)
        at_risk = (age[:, None] >= years).sum(0)
        survived = (age[:, None] >= years + 1).sum(0)
        return ((survived + 0.5) / (at_risk + 1)).logit().to(age.dtype)

    def loss(self, outputs: Tensor, age: Tensor) -> Tensor:
        """Return the sum of the binary losses of the questions that apply."""
        years = torch.arange(MAX_AGE, device=age.device, dtype=age.dtype)
        applies = (age[:, None] >= years).to(outputs.dtype)
        answer = (age[:, None] - years).clamp(0, 1)
        each = functional.binary_cross_entropy_with_logits(outputs, answer, reduction="none")
        return (each * applies).sum(1)

    def expectation(self, outputs: Tensor) -> Tensor:
        """Return the sum of the survival probabilities."""
        return self._survival(outputs).sum(1)

    def decode(self, views: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return median and spread of the distribution whose mean survival the views tell."""
        survival = torch.stack([self._survival(view) for view in views]).mean(0)
        edge = torch.ones_like(survival[:, :1])
        steps = torch.cat([edge, survival], 1) - torch.cat([survival, 0 * edge], 1)
        return _median_and_spread(steps)

    @staticmethod
    def _survival(outputs: Tensor) -> Tensor:
        return functional.logsigmoid(outputs).cumsum(1).exp()


def _median_and_spread(p: Tensor) -> tuple[Tensor, Tensor]:
    """Return median and standard deviation of rows of probabilities over 0, 1, 2, ... years.

    A year's probability counts as spread evenly from half a year before to half a year after,
    so that the median moves smoothly.
    """
    years = torch.arange(p.shape[1], device=p.device, dtype=p.dtype)
    half = p.sum(1, keepdim=True) / 2
    year = (p.cumsum(1) < half).sum(1, keepdim=True).clamp_max(p.shape[1] - 1)
    below = (p * (years < year)).sum(1, keepdim=True)
    within = (half - below) / p.gather(1, year).clamp_min(torch.finfo(p.dtype).tiny)
    median = year - 0.5 + within.clamp(0, 1)
    variance = (p * (years - p @ years[:, None]).square()).sum(1)
    # a spread below a quarter of a year says nothing: labels are whole years
    return median[:, 0].to(p.dtype), variance.clamp_min(1 / 16).sqrt()


AGE_HEADS: dict[str, type[AgeHead]] = {
    "regression": RegressionHead,
    "distribution": DistributionHead,
    "ordinal": OrdinalHead,
}


def create_age_head(name: str) -> AgeHead:
    """Return the head called ``name``; ``ValueError`` with the nearest name if unknown."""
    if name not in AGE_HEADS:
        raise ValueError(f"unknown age head {name!r}{did_you_mean(name, AGE_HEADS)}")
    return AGE_HEADS[name]()


def check_age_labels(age: Tensor, name: str = "X", *, some_unknown: bool = False) -> None:
    """``ValueError`` naming the first label that is not an age between 0 and ``MAX_AGE``.

    With ``some_unknown`` NaN stands for an unknown age, as long as one is known.
    """
    bad = ~((age >= 0) & (age <= MAX_AGE))
    if some_unknown and not age.isnan().all():
        bad &= ~age.isnan()
    elif some_unknown:
        raise ValueError(f"no age is known in {name}: all {len(age)} are NaN")
    if bad.any():
        row = int(bad.nonzero()[0, 0])
        raise ValueError(
            f"age label {float(age[row]):g} in row {row} of {name} is outside 0 to {MAX_AGE} years"
        )
