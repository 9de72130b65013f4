"""A feature that says nothing, for estimators that must not look at their input."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin


class ConstantFeature(TransformerMixin, BaseEstimator):
    """Turn any samples into one column of zeros."""

    __module__ = "pipelines"

    def fit(self, X: Any, y: Any = None) -> ConstantFeature:
        """Learn nothing."""
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return zeros of shape (n, 1)."""
        return np.zeros((len(X), 1), dtype=np.float32)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the single name ``constant``."""
        return np.array(["constant"], dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return True
