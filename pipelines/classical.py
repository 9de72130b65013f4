"""HOG pipelines for one question each, as ordinary scikit-learn estimators."""

from __future__ import annotations

from typing import Any

from sklearn.linear_model import Ridge
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from .hog import HogTransformer
from .mirror_pairs import MirrorPairs
from .shrink import Shrink

RIDGE_ALPHA = 30.0
SVM_C = 0.01
"""From a search on a de-duplicated UTKFace; ``benchmarks/classical_utkface.py`` repeats it."""


def hog_ridge_age(*, alpha: float = RIDGE_ALPHA, n_jobs: int | None = None) -> Pipeline:
    """Return HOG and ridge regression: images to age in years."""
    return make_pipeline(HogTransformer(n_jobs=n_jobs), ridge(alpha))


def hog_svm_gender(
    *, C: float = SVM_C, random_state: Any = None, n_jobs: int | None = None
) -> Pipeline:
    """Return HOG and a linear support vector machine: images to gender 0 male, 1 female."""
    return make_pipeline(HogTransformer(n_jobs=n_jobs), linear_svm(C, random_state))


def ridge(alpha: float = RIDGE_ALPHA) -> Ridge:
    """Return the ridge head; features are single precision and so are its sums."""
    return Ridge(alpha=alpha, solver="cholesky")


def linear_svm(C: float = SVM_C, random_state: Any = None) -> LinearSVC:
    """Return the support vector machine head (squared hinge, liblinear)."""
    return LinearSVC(C=C, dual="auto", random_state=random_state)


def hog_pairs(
    n_even: int = 600, n_odd: int = 300, *, random_state: Any = None, n_jobs: int | None = None
) -> MirrorPairs:
    """Return HOG at several scales as principal components of mirror pairs.

    Cells of 8 and 16 pixels, and signed orientations (18 bins) on the image at half and at a
    quarter of its size: wrinkles, parts of the face, and its shading.
    """
    signed: dict[str, Any] = {"orientations": 18, "signed": True, "n_jobs": n_jobs}
    scales = FeatureUnion(
        [
            ("cells8", HogTransformer(cell_size=8, n_jobs=n_jobs)),
            ("cells16", HogTransformer(cell_size=16, n_jobs=n_jobs)),
            ("half", make_pipeline(Shrink(2), HogTransformer(cell_size=8, **signed))),
            ("quarter", make_pipeline(Shrink(4), HogTransformer(cell_size=4, **signed))),
        ]
    )
    return MirrorPairs(scales, n_even, n_odd, random_state=random_state)
