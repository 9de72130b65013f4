"""Late fusion: one answer from several contenders' answers about the same faces."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from basis.faces import OLDEST_AGE
from pipelines.intervals.band import ConformalBand
from pipelines.intervals.probability import PlattScaling

from .joint import AgeGenderMixin
from .labels import check_age_gender, known_ages, some_rows


class LateFusion(AgeGenderMixin, BaseEstimator):
    """Weighted means of ages and of log odds; the weights are what is learnt.

    ``X`` holds answers, not images: ``(n, 2 k)`` with the ages in years of k contenders and then
    their log odds of being female. The answers must be about faces that none of the contenders
    was trained on (a study gives the *select* part), or the one that overfits most wins.

    Weights are at least 0 and sum to 1: those of the ages minimise the mean absolute error, those
    of the log odds the log loss, whose scale is free.

    Parameters
    ----------
    smoothing : float, default=0.02
        Penalty on the squared distance of the weights from equal ones, as a share of the loss of
        equal weights: of two contenders that are as good, both count.

    Attributes
    ----------
    age_weights_, gender_weights_ : ndarray of float64, shape (k,)
        One weight per contender, at least 0; each sums to 1.
    odds_scale_ : ndarray of float64, shape (k,)
        Spread of each contender's log odds, by which they are divided.
    band_ : ConformalBand
        Turns ages into intervals.
    calibration_ : PlattScaling
        Turns weighted log odds into probabilities.

    Examples
    --------
    >>> import numpy as np
    >>> from pipelines import LateFusion
    >>> rng = np.random.default_rng(0)
    >>> truth = np.column_stack([rng.uniform(1, 90, 300), np.arange(300) % 2])
    >>> good, bad = (truth[:, 0] + rng.normal(0, s, 300) for s in (3, 30))
    >>> odds = 4 * truth[:, 1] - 2 + rng.normal(0, 1, (2, 300))
    >>> fused = LateFusion().fit(np.column_stack([good, bad, *odds]), truth)
    >>> bool(fused.age_weights_[0] > 0.9)
    True
    """

    __module__ = "pipelines"

    def __init__(self, smoothing: float = 0.02) -> None:
        self.smoothing = smoothing

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        *,
        groups: ArrayLike | None = None,
        select: tuple[Any, ArrayLike] | None = None,
        calibrate: tuple[Any, ArrayLike] | None = None,
    ) -> LateFusion:
        """Learn the weights.

        Parameters
        ----------
        X : array-like of shape (n, 2 k)
            Ages in years of k contenders, then their log odds of being female.
        y : array-like of shape (n, 2)
            Age in years (NaN where unknown), gender 0 male or 1 female.
        groups : array-like of shape (n,), optional
            Not used: nothing is held back.
        select : (X, y), optional
            Answers to learn the weights from, in place of ``X``.
        calibrate : (X, y), optional
            Answers for intervals and probabilities; without them those of ``X`` serve, and a few
            weights cannot overfit them by much.

        Returns
        -------
        LateFusion
            Itself.

        Raises
        ------
        ValueError
            ``smoothing`` below 0, an odd number of columns, labels of another shape or scale, or
            faces of one gender only.
        """
        if not self.smoothing >= 0:
            raise ValueError(f"smoothing must be at least 0, got {self.smoothing!r}")
        if select is not None:
            X, y = select
        X = validate_data(self, X, dtype=np.float64)
        if X.shape[1] % 2:
            raise ValueError(
                f"X must hold as many log odds as ages, got {X.shape[1]} columns: ages of k "
                "contenders first, then their log odds"
            )
        Y = check_age_gender(y, X)
        if len(np.unique(Y[:, 1])) < 2:
            raise ValueError("This LateFusion needs samples of at least 2 classes in the data")
        age, odds = self._halves(X)
        known = known_ages(Y, "y")
        some, truth = some_rows(age, known), some_rows(Y[:, 0], known)
        self.age_weights_ = self._weights(lambda w: np.abs(some @ w - truth).mean(), age.shape[1])
        sign = 1 - 2 * Y[:, 1]
        spread = odds.std(0)
        self.odds_scale_ = np.where(spread > 0, spread, 1.0)
        scaled = odds / self.odds_scale_

        def log_loss(weights: NDArray) -> float:
            mixed = scaled @ weights
            factors = np.geomspace(0.5, 16, 11)  # sure or unsure: the calibration decides
            return min(float(np.logaddexp(0, sign * f * mixed).mean()) for f in factors)

        self.gender_weights_ = self._weights(log_loss, odds.shape[1])
        held, labels = (X, Y) if calibrate is None else calibrate
        labels = check_age_gender(labels, held)
        found, score = self._answers(held)
        self.band_ = ConformalBand().fit(labels[:, 0], found)
        self.calibration_ = PlattScaling().fit(score, labels[:, 1])
        return self

    def predict_all(self, X: Any, level: float | ArrayLike = 0.9) -> dict[str, NDArray[np.float64]]:
        """Return every answer from one pass.

        Parameters
        ----------
        X : array-like of shape (n, 2 k)
            Ages in years of k contenders, then their log odds of being female.
        level : float or sequence of float, default=0.9
            Share of faces whose age the interval should cover, above 0 and below 1.

        Returns
        -------
        dict of str to ndarray of float64
            ``age`` in years, shape (n,); ``interval`` in years, (n, 2) or (n, 2, n_levels);
            ``p_female``, (n,).

        Raises
        ------
        NotFittedError
            Before ``fit``.
        ValueError
            Another number of columns than in ``fit``, or ``level`` out of range.
        """
        age, score = self._answers(X)
        return {
            "age": age,
            "interval": self.band_.interval(age, level=level),
            "p_female": self.calibration_.predict_proba(score),
        }

    def _weights(self, loss: Any, k: int) -> NDArray[np.float64]:
        """Return the weights on the simplex that minimise ``loss``, from several starts."""
        equal = np.full(k, 1 / k)
        unit = self.smoothing * loss(equal)

        def penalised(free: NDArray) -> float:
            weights = _simplex(free)
            return float(loss(weights) + unit * np.square(weights - equal).sum())

        starts = [np.zeros(k), *(3.0 * np.eye(k))]
        found = [
            minimize(penalised, start, method="Nelder-Mead", options={"maxiter": 400 * k})
            for start in starts
        ]
        return _simplex(min(found, key=lambda result: result.fun).x)

    @staticmethod
    def _halves(X: NDArray) -> tuple[NDArray, NDArray]:
        k = X.shape[1] // 2
        return X[:, :k], X[:, k:]

    def _answers(self, X: Any) -> tuple[NDArray, NDArray]:
        check_is_fitted(self, "gender_weights_")
        X = validate_data(self, X, reset=False, dtype=np.float64)
        age, odds = self._halves(X)
        mean = np.clip(age @ self.age_weights_, 0, OLDEST_AGE)
        return mean, (odds / self.odds_scale_) @ self.gender_weights_


def _simplex(free: NDArray) -> NDArray[np.float64]:
    """Return numbers of any size as weights that sum to 1."""
    weights = np.exp(free - free.max())
    return weights / weights.sum()
