"""Contender ``hog-pose``: ``hog-kernel`` that also sees the face turned to the front."""

from __future__ import annotations

from typing import Any

from pipelines.classical.machine import FeatureMachineClassifier, FeatureMachineRegressor
from pipelines.classical.mesh_pairs import MeshPairs

from ..age_gender import AgeGender
from ..registry import register


@register(
    "hog-pose",
    summary="HOG of the chip, of the face warped to a frontal mesh, and the mesh; kernel ridge",
    family="classical",
    image_size=200,
    pretrained_on="face landmarks",
)
def build(
    *,
    random_state: int | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    mesh: Any = None,
    n_even: int = 400,
    n_odd: int = 200,
    n_shape: int = 40,
    shape_weight: float = 1.0,
    warped_weight: float = 1.0,
    age_bandwidth: float = 0.75,
    age_alpha: float = 0.3,
    age_metric_samples: int = 5000,
    age_metric_floor: float = 1.0,
    gender_bandwidth: float = 0.75,
    gender_alpha: float = 0.1,
    gender_metric_samples: int = 0,
) -> AgeGender:
    """Return the contender; options are those of ``MeshPairs`` and the feature machines.

    Landmarks come from ``mesh``, a small network; a study gives it ``data.FaceLandmarks()``.
    """
    features = MeshPairs(
        mesh,
        n_even=n_even,
        n_odd=n_odd,
        n_shape=n_shape,
        shape_weight=shape_weight,
        warped_weight=warped_weight,
        n_jobs=n_jobs,
        random_state=random_state,
    )
    common: dict[str, Any] = {"n_jobs": n_jobs, "random_state": random_state}
    return AgeGender(
        FeatureMachineRegressor(
            features.n_odd_columns,
            bandwidth=age_bandwidth,
            alpha=age_alpha,
            metric_samples=age_metric_samples,
            metric_floor=age_metric_floor,
            **common,
        ),
        FeatureMachineClassifier(
            features.n_odd_columns,
            bandwidth=gender_bandwidth,
            alpha=gender_alpha,
            metric_samples=gender_metric_samples,
            **common,
        ),
        features,
        random_state=random_state,
    )
