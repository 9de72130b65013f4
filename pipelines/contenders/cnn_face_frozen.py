"""``cnn-face-frozen``: features of a network that only learnt who is who, with kernel machines."""

from __future__ import annotations

from typing import Any

from ..registry import register


@register(
    "cnn-face-frozen",
    summary="Frozen features of dlib's face recognition network (CC0), Gaussian kernel ridge",
    family="cnn",
    image_size=150,
    all_cores=True,
    pretrained_on="faces",
    options_of="pipelines.cnn.features:TimmFeatures",
)
def build(
    *,
    random_state: int | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    n_components: int = 400,
    **options: Any,
) -> Any:
    """Return features and heads; options are ``n_components`` and those of ``TimmFeatures``."""
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from pipelines.classical.machine import FeatureMachineClassifier, FeatureMachineRegressor
    from pipelines.cnn.features import TimmFeatures
    from pipelines.cnn.network.dlib_face_resnet import BLOCKS

    from ..age_gender import AgeGender

    settings = {
        "backbone": "dlib_face_resnet",
        "image_size": 150,
        "layers": BLOCKS,
        "threads": n_jobs,
        **options,
    }
    features = make_pipeline(
        TimmFeatures(**settings),
        StandardScaler(),
        PCA(n_components, svd_solver="randomized", random_state=random_state),
    )
    common: dict[str, Any] = {"n_jobs": n_jobs, "random_state": random_state}
    # the learnt metric is worth half a year and costs gender half a point: docs/results/cnn.md
    return AgeGender(
        FeatureMachineRegressor(
            bandwidth=0.75, alpha=0.3, metric_samples=5000, metric_floor=0.1, **common
        ),
        FeatureMachineClassifier(bandwidth=0.75, alpha=0.1, metric_samples=0, **common),
        features,
        random_state=random_state,
    )
