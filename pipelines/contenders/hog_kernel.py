"""Contender ``hog-kernel``: the strongest answer we know how to get from HOG."""

from __future__ import annotations

from ..age_gender import AgeGender
from ..classical import hog_pairs
from ..feature_machine import FeatureMachineClassifier, FeatureMachineRegressor
from ..registry import register


@register(
    "hog-kernel",
    summary="HOG at two cell sizes, mirror-even kernel ridge on a learnt metric",
    family="classical",
    image_size=128,
)
def build(
    *,
    random_state: int | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    n_even: int = 600,
    n_odd: int = 300,
    bandwidth: float = 0.85,
    alpha: float = 0.1,
    metric_samples: int = 5000,
) -> AgeGender:
    """Return the contender; options are those of ``MirrorPairs`` and the feature machines."""
    options = {
        "bandwidth": bandwidth,
        "alpha": alpha,
        "metric_samples": metric_samples,
        "random_state": random_state,
    }
    return AgeGender(
        FeatureMachineRegressor(n_odd, **options),
        FeatureMachineClassifier(n_odd, **options),
        hog_pairs(n_even, n_odd, random_state=random_state, n_jobs=n_jobs),
        random_state=random_state,
    )
