"""Contender ``hog-linear``: the textbook baseline, HOG with ridge and a linear SVM."""

from __future__ import annotations

from pipelines.age_gender import AgeGender
from pipelines.classical.pipelines import RIDGE_ALPHA, SVM_C, linear_svm, ridge
from pipelines.hog.transformer import HogTransformer
from pipelines.registry import register


@register(
    "hog-linear",
    summary="HOG, ridge regression for age, linear SVM for gender",
    family="classical",
    image_size=128,
)
def build(
    *,
    random_state: int | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    alpha: float = RIDGE_ALPHA,
    C: float = SVM_C,
) -> AgeGender:
    """Return the baseline; ``alpha`` is the ridge's, ``C`` the SVM's."""
    return AgeGender(
        ridge(alpha),
        linear_svm(C, random_state),
        HogTransformer(n_jobs=n_jobs),
        random_state=random_state,
    )
