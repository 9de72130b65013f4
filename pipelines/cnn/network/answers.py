"""From raw outputs to answers: age with its spread, and the log odds of being female."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from scipy.special import expit
from torch import Tensor

from .heads import AgeHead


@dataclass(frozen=True)
class Answers:
    """What a network says about n faces: years, and uncalibrated log odds of the second class.

    Arrays of shape ``(n,)``, empty where the network was not asked.
    """

    age: np.ndarray
    spread: np.ndarray
    gender_logit: np.ndarray


def decode(batches: Iterable[list[dict[str, Tensor]]], age_head: AgeHead | None) -> Answers:
    """Average the views of every face and read the answers.

    Ages are read from the views' mean distribution, so that the spread holds what they disagree
    about; log odds are averaged.
    """
    ages, spreads, logits = [], [], []
    for views in batches:
        if age_head is not None:
            age, spread = age_head.decode([view["age"] for view in views])
            ages.append(age)
            spreads.append(spread)
        if "gender" in views[0]:
            logits.append(torch.stack([view["gender"][:, 0] for view in views]).mean(0))
    return Answers(_join(ages), _join(spreads), _join(logits))


def _join(parts: list[Tensor]) -> np.ndarray:
    return torch.cat(parts).double().numpy() if parts else np.empty(0)


def fit_temperature(logit: np.ndarray, label: np.ndarray) -> float:
    """Return the temperature that minimises the log loss of ``expit(logit / temperature)``.

    It lies in 0.05 to 20, and is 1 when one class is missing: then nothing can be learned (Guo et
    al., "On Calibration of Modern Neural Networks", ICML 2017).
    """
    if len(np.unique(label)) < 2:
        return 1.0

    def log_loss(log_temperature: float) -> float:
        scaled = logit * np.exp(-log_temperature)
        return float(np.mean(np.logaddexp(0, scaled) - label * scaled))

    found = minimize_scalar(log_loss, bounds=(np.log(0.05), np.log(20.0)), method="bounded")
    return float(np.exp(found.x))


def selection_score(answers: Answers, age: np.ndarray, gender: np.ndarray) -> dict[str, float]:
    """Return the measures by which epochs are compared; ``score`` is the one to minimise.

    The score adds the mean absolute error as a share of the ages' own mean absolute deviation, and
    the gender log loss as a share of a coin's: both are 1 for a model that knows nothing. Ages of
    NaN are left out.
    """
    measures: dict[str, float] = {}
    score = 0.0
    if answers.age.size:
        known = ~np.isnan(age)
        measures["mae"] = float(np.abs(answers.age[known] - age[known]).mean())
        deviation = float(np.abs(age[known] - np.median(age[known])).mean())
        score += measures["mae"] / max(deviation, 1.0)
    if answers.gender_logit.size:
        logit = answers.gender_logit
        measures["gender"] = float(((logit > 0) == (gender > 0.5)).mean())
        # calibrated first: an epoch is not better for being less sure of itself
        scaled = logit / fit_temperature(logit, gender)
        log_loss = float(np.mean(np.logaddexp(0, scaled) - gender * scaled))
        score += log_loss / np.log(2)
    return {**measures, "score": float(score)}


def probability(logit: np.ndarray, temperature: float) -> np.ndarray:
    """Return the calibrated probability of the second class, float64 ``(n,)``."""
    return expit(logit / temperature)
