"""Probabilities from classifier scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

#: Below so many of either label they cannot say where the boundary lies.
FEWEST = 20


class PlattScaling(BaseEstimator):
    r"""Sigmoid calibration of a score: :math:`p = 1 / (1 + e^{-(a s + b)})`.

    Fitted by maximum likelihood on smoothed targets
    :math:`(n_1 + 1) / (n_1 + 2)` and :math:`1 / (n_0 + 2)`, so that separable calibration faces
    do not give infinite slopes. The slope is kept non-negative: calibration never turns the order
    of two scores around. Fewer than 20 scores of either label cannot tell where the boundary lies:
    it stays at score 0 (:math:`b = 0`, :math:`a > 0`), and so do the classifier's decisions; where
    one label is missing, :math:`a = 1` too.

    Attributes
    ----------
    slope_, intercept_ : float
        :math:`a` and :math:`b`.

    References
    ----------
    J. Platt, Probabilistic outputs for support vector machines, 1999; H.-T. Lin et al., A note
    on Platt's probabilistic outputs for support vector machines, Machine Learning 68, 2007.

    Examples
    --------
    >>> from pipelines import PlattScaling
    >>> scaling = PlattScaling().fit([-2.0, -1.0, 1.0, 2.0], [0, 0, 1, 1])
    >>> bool(scaling.predict_proba([3.0])[0] > 0.8)
    True
    """

    __module__ = "pipelines"

    def fit(self, scores: ArrayLike, labels: ArrayLike) -> PlattScaling:
        """Calibrate on held-out scores.

        Parameters
        ----------
        scores : array-like of shape (n,)
            Higher for class 1.
        labels : array-like of shape (n,)
            0 or 1.

        Returns
        -------
        PlattScaling
            Itself.

        Raises
        ------
        ValueError
            Scores or labels that are not vectors of one length, scores that are not finite, labels
            other than 0 and 1.
        """
        s, y = np.asarray(scores, dtype=np.float64), np.asarray(labels)
        if s.ndim != 1 or s.shape != y.shape or not np.isfinite(s).all():
            raise ValueError(f"scores {s.shape} and labels {y.shape} must be finite vectors")
        if not np.isin(y, (0, 1)).all():
            raise ValueError(f"labels must be 0 or 1, got {np.unique(y)[:5].tolist()}")
        positive = y == 1
        n_positive, n_negative = positive.sum(), (~positive).sum()
        few = min(n_positive, n_negative)
        if few == 0:
            self.slope_, self.intercept_ = 1.0, 0.0
            return self
        target = np.where(positive, (n_positive + 1) / (n_positive + 2), 1 / (n_negative + 2))
        scale = float(np.abs(s).mean()) or 1.0

        def loss(parameters: NDArray) -> tuple[float, NDArray]:
            z = parameters[0] * s / scale + parameters[1]
            value = -(target * log_expit(z) + (1 - target) * log_expit(-z)).sum()
            error = expit(z) - target
            return value, np.array([(error * s).sum() / scale, error.sum()])

        bounds = [(1e-3, None), (0, 0)] if few < FEWEST else [(0, None), (None, None)]
        best = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds)
        self.slope_, self.intercept_ = float(best.x[0]) / scale, float(best.x[1])
        return self

    def predict_proba(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of class 1 for each score.

        Parameters
        ----------
        scores : array-like of shape (n,)
            As in ``fit``.

        Returns
        -------
        ndarray of float64, shape (n,)
        """
        check_is_fitted(self, "slope_")
        return expit(self.slope_ * np.asarray(scores, dtype=np.float64) + self.intercept_)
