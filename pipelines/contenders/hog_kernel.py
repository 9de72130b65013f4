"""Contender ``hog-kernel``: the strongest answer we know how to get from HOG."""

from __future__ import annotations

from pipelines.age_gender import AgeGender
from pipelines.classical.machine import FeatureMachineClassifier, FeatureMachineRegressor
from pipelines.classical.pipelines import hog_pairs
from pipelines.registry import register


@register(
    "hog-kernel",
    summary="HOG of shape, shading and colour, mirror-even kernel ridge on a learnt metric",
    family="classical",
    image_size=128,
)
def build(
    *,
    random_state: int | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    n_even: int = 400,
    n_odd: int = 200,
    age_bandwidth: float = 0.75,
    age_alpha: float = 0.3,
    age_metric_samples: int = 5000,
    age_metric_floor: float = 1.0,
    gender_bandwidth: float = 0.75,
    gender_alpha: float = 0.1,
    gender_metric_samples: int = 0,
) -> AgeGender:
    """Return the contender; options are those of ``MirrorPairs`` and the feature machines.

    The learnt metric helps age and not gender, so gender keeps the features' own; what each
    setting brings is in ``docs/results/classical.md``.
    """
    return AgeGender(
        FeatureMachineRegressor(
            n_odd,
            bandwidth=age_bandwidth,
            alpha=age_alpha,
            metric_samples=age_metric_samples,
            metric_floor=age_metric_floor,
            n_jobs=n_jobs,
            random_state=random_state,
        ),
        FeatureMachineClassifier(
            n_odd,
            bandwidth=gender_bandwidth,
            alpha=gender_alpha,
            metric_samples=gender_metric_samples,
            n_jobs=n_jobs,
            random_state=random_state,
        ),
        hog_pairs(n_even, n_odd, random_state=random_state, n_jobs=n_jobs),
        random_state=random_state,
    )
