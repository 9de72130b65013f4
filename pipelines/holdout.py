"""Parts held back from training, cut by group so that no identity stands on both sides."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import GroupShuffleSplit
from sklearn.utils import assert_all_finite, check_consistent_length, column_or_1d


def check_labels(y: Any, X: Any) -> NDArray:
    """Return 1-D labels, finite and one for each sample of ``X``; ``ValueError`` otherwise."""
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    y = column_or_1d(y, warn=True)
    if y.dtype.kind in "fc":
        assert_all_finite(y, input_name="y")
    check_consistent_length(X, y)
    if not len(y):
        raise ValueError("Found array with 0 sample(s) while a minimum of 1 is required.")
    return y


def cut_part(
    n: int, size: float, *, groups: ArrayLike | None = None, random_state: Any = None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the positions that stay and those of a held-out part of ``size`` of the groups.

    Without groups each sample is its own. ``ValueError`` below two groups.
    """
    if n == 0:
        raise ValueError("Found array with 0 sample(s) while a minimum of 2 is required.")
    groups = np.arange(n) if groups is None else np.asarray(groups)
    if groups.shape != (n,):
        raise ValueError(f"groups has shape {groups.shape}, but there are {n} samples")
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        raise ValueError(
            f"cannot hold out a part of n_samples={n} in {n_groups} group(s): at least 2 groups "
            "are needed"
        )
    splitter = GroupShuffleSplit(n_splits=1, test_size=size, random_state=random_state)
    stay, held = next(splitter.split(np.empty(n), groups=groups))
    return np.sort(stay), np.sort(held)
