"""A feature that says nothing, for estimators that must not look at their input."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin


class ConstantFeature(TransformerMixin, BaseEstimator):
    """Turn any samples into one column of zeros, without looking at them.

    Examples
    --------
    >>> from pipelines import ConstantFeature
    >>> ConstantFeature().fit_transform(["any", "thing"]).tolist()
    [[0.0], [0.0]]
    """

    __module__ = "pipelines"

    def fit(self, X: Any, y: Any = None) -> ConstantFeature:
        """Learn nothing.

        Parameters
        ----------
        X : sequence of length n
            Anything.
        y : ignored
            There for scikit-learn.

        Returns
        -------
        ConstantFeature
            Itself.
        """
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return zeros.

        Parameters
        ----------
        X : sequence of length n
            Anything.

        Returns
        -------
        ndarray of float32, shape (n, 1)
        """
        return np.zeros((len(X), 1), dtype=np.float32)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the single name ``constant``.

        Parameters
        ----------
        input_features : ignored
            There for scikit-learn.

        Returns
        -------
        ndarray of str, shape (1,)
        """
        return np.array(["constant"], dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return True
