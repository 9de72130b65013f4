"""HOG pipelines for one question each, as ordinary scikit-learn estimators."""

from __future__ import annotations

from typing import Any

from sklearn.linear_model import Ridge
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from pipelines.hog.transformer import HogTransformer
from pipelines.images.chroma import Chroma
from pipelines.images.shrink import Shrink

from .mirror_pairs import MirrorPairs

RIDGE_ALPHA = 100.0
SVM_C = 0.003
"""From a search on UTKFace's *select* part; ``benchmarks/classical_search.py`` repeats it."""


def hog_ridge_age(*, alpha: float = RIDGE_ALPHA, n_jobs: int | None = None) -> Pipeline:
    """Return HOG and ridge regression: images to age in years.

    Parameters
    ----------
    alpha : float, default=100
        Ridge penalty.
    n_jobs : int or None, default=None
        Threads.

    Returns
    -------
    Pipeline

    Examples
    --------
    >>> from pipelines import hog_ridge_age
    >>> hog_ridge_age(alpha=10.0)[-1].alpha
    10.0
    """
    return make_pipeline(HogTransformer(n_jobs=n_jobs), ridge(alpha))


def hog_svm_gender(
    *, C: float = SVM_C, random_state: Any = None, n_jobs: int | None = None
) -> Pipeline:
    """Return HOG and a linear support vector machine: images to gender 0 male, 1 female.

    Parameters
    ----------
    C : float, default=0.003
        Inverse penalty.
    random_state : int, RandomState or None, default=None
        Of the solver.
    n_jobs : int or None, default=None
        Threads.

    Returns
    -------
    Pipeline

    Examples
    --------
    >>> from pipelines import hog_svm_gender
    >>> hog_svm_gender(C=0.1)[-1].C
    0.1
    """
    return make_pipeline(HogTransformer(n_jobs=n_jobs), linear_svm(C, random_state))


def ridge(alpha: float = RIDGE_ALPHA) -> Ridge:
    """Return the ridge head; features are single precision and so are its sums."""
    return Ridge(alpha=alpha, solver="cholesky")


def linear_svm(C: float = SVM_C, random_state: Any = None) -> LinearSVC:
    """Return the support vector machine head (squared hinge, liblinear)."""
    return LinearSVC(C=C, dual="auto", random_state=random_state)


def hog_pairs(
    n_even: int = 400, n_odd: int = 200, *, random_state: Any = None, n_jobs: int | None = None
) -> MirrorPairs:
    """Return HOG of shape, shading and colour as principal components of mirror pairs.

    Unsigned orientations in cells of 16 pixels; signed ones (18 bins), which know the dark side
    of an edge, in cells of 8, 16 and 16 pixels of the image at full, half and quarter size; and
    signed ones of the two colour differences.

    Parameters
    ----------
    n_even, n_odd : int, default=400, 200
        Components of the symmetric and of the antisymmetric half.
    random_state : int, RandomState or None, default=None
        Of the decomposition.
    n_jobs : int or None, default=None
        Threads.

    Returns
    -------
    MirrorPairs

    Examples
    --------
    >>> from pipelines import hog_pairs
    >>> len(hog_pairs(40, 20).get_feature_names_out())
    60
    """

    def signed(*steps: Any, cell_size: int) -> Any:
        hog = HogTransformer(orientations=18, signed=True, cell_size=cell_size)
        return make_pipeline(*steps, hog) if steps else hog

    quarter = [
        ("grey", signed(cell_size=4)),
        ("red", signed(Chroma("red"), cell_size=4)),
        ("blue", signed(Chroma("blue"), cell_size=4)),
    ]
    half = [
        ("grey", signed(cell_size=8)),
        ("red", signed(Chroma("red"), cell_size=8)),
        ("quarter", make_pipeline(Shrink(2), FeatureUnion(quarter))),
    ]
    full = [
        ("coarse", HogTransformer(cell_size=16)),
        ("signed", signed(cell_size=8)),
        ("half", make_pipeline(Shrink(2), FeatureUnion(half))),
    ]
    # a cell of 16 pixels and the next pixel of the smallest image, which its gradient needs
    return MirrorPairs(
        FeatureUnion(full), n_even, n_odd, margin=20, n_jobs=n_jobs, random_state=random_state
    )
