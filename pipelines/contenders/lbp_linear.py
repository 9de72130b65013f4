"""Contender ``lbp-linear``: local binary patterns with linear heads; a contender is one file."""

from __future__ import annotations

from pipelines.age_gender import AgeGender
from pipelines.classical.lbp import LbpTransformer
from pipelines.classical.pipelines import linear_svm, ridge
from pipelines.registry import register


@register(
    "lbp-linear",
    summary="Local binary patterns, ridge regression for age, linear SVM for gender",
    family="classical",
    image_size=128,
)
def build(
    *,
    random_state: int | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    alpha: float = 1.0,
    C: float = 1.0,
) -> AgeGender:
    """Return the contender; ``alpha`` is the ridge's, ``C`` the SVM's."""
    return AgeGender(
        ridge(alpha),
        linear_svm(C, random_state),
        LbpTransformer(n_jobs=n_jobs),
        random_state=random_state,
    )
