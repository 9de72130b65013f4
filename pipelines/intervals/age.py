"""Conformal age intervals around any regressor."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.utils import _safe_indexing, get_tags
from sklearn.utils.validation import check_is_fitted

from pipelines.holdout import check_labels, cut_part

from .band import ConformalBand


class ConformalAge(MetaEstimatorMixin, RegressorMixin, BaseEstimator):
    """Add conformal intervals to any regressor of age.

    Parameters
    ----------
    estimator : regressor
        Cloned and fitted on the part that calibration leaves.
    calibrate_size : float, default=0.1
        Share of the groups held back for calibration when ``fit`` is given no ``calibrate``.
    random_state : int, RandomState or None, default=None
        Draws that share.

    Attributes
    ----------
    estimator_ : regressor
    band_ : ConformalBand

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> import numpy as np
    >>> X = np.linspace(0, 80, 200)[:, None]
    >>> model = ConformalAge(Ridge(), random_state=0).fit(X, X[:, 0] + np.tile([-3, 3], 100))
    >>> model.predict_interval(X[:2]).shape
    (2, 2)
    """

    def __init__(
        self, estimator: Any, *, calibrate_size: float = 0.1, random_state: Any = None
    ) -> None:
        self.estimator = estimator
        self.calibrate_size = calibrate_size
        self.random_state = random_state

    def fit(
        self, X: Any, y: ArrayLike, *, groups: ArrayLike | None = None, calibrate: Any = None
    ) -> ConformalAge:
        """Fit the regressor, then calibrate its intervals.

        Parameters
        ----------
        X : array-like
            Whatever ``estimator`` takes.
        y : array-like of shape (n,)
            Age in years.
        groups : array-like of shape (n,), optional
            Samples of one group never stand on both sides.
        calibrate : (X, y), optional
            Held-out samples used for calibration only; then all of ``X`` trains.
        """
        if hasattr(X, "tocsr"):
            X = X.tocsr()  # the other sparse formats have no rows to pick
        elif hasattr(X, "__array__") and not hasattr(X, "iloc"):
            X = np.asarray(X)
        y = check_labels(y, X)
        if calibrate is None:
            train, held = cut_part(
                len(y), self.calibrate_size, groups=groups, random_state=self.random_state
            )
            calibrate = (_safe_indexing(X, held), y[held])
            X, y = _safe_indexing(X, train), y[train]
        self.estimator_ = clone(self.estimator).fit(X, y)
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        held_X, held_y = calibrate
        self.band_ = ConformalBand().fit(held_y, self.estimator_.predict(held_X))
        return self

    def predict(self, X: Any) -> NDArray:
        """Return ages in years, shape (n,)."""
        check_is_fitted(self, "band_")
        return self.estimator_.predict(X)

    def predict_interval(self, X: Any, level: float = 0.9) -> NDArray[np.float64]:
        """Return ``(n, 2)`` lower and upper ages in years covering a share ``level``."""
        return self.band_.interval(self.predict(X), level=level)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags
