"""HOG pipelines for one question each, as ordinary scikit-learn estimators."""

from __future__ import annotations

from typing import Any

from sklearn.linear_model import Ridge
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from .hog import HogTransformer
from .mirror_pairs import MirrorPairs

RIDGE_ALPHA = 30.0
SVM_C = 0.01
"""Chosen on UTKFace's select part by ``benchmarks/classical_utkface.py``."""


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
    """Return HOG with cells of 8 and 16 pixels as principal components of mirror pairs."""
    scales = [(f"cells{c}", HogTransformer(cell_size=c, n_jobs=n_jobs)) for c in (8, 16)]
    return MirrorPairs(FeatureUnion(scales), n_even, n_odd, random_state=random_state)
