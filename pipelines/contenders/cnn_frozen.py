"""``cnn-frozen``: ImageNet features that never saw a face label, with linear heads."""

from __future__ import annotations

from typing import Any

from pipelines.registry import register


@register(
    "cnn-frozen",
    summary="Frozen EfficientNet-Lite0 features, ridge for age, logistic regression for gender",
    family="cnn",
    image_size=128,
    all_cores=True,
    pretrained_on="ImageNet",
    options_of="pipelines.cnn.features:TimmFeatures",
)
def build(
    *,
    random_state: int | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    **options: Any,
) -> Any:
    """Return features and heads; options are those of :class:`pipelines.TimmFeatures`."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression, RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from pipelines.age_gender import AgeGender
    from pipelines.cnn.features import TimmFeatures

    features = make_pipeline(
        TimmFeatures(**{"mirror": True, "threads": n_jobs, **options}), StandardScaler()
    )
    return AgeGender(
        RidgeCV(np.logspace(1, 4, 13)),
        LogisticRegression(C=0.003, max_iter=1000),
        features,
        random_state=random_state,
    )
