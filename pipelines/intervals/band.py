"""Intervals that hold the truth as often as they say, on average over samples like these."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.linear_model import QuantileRegressor
from sklearn.model_selection import KFold
from sklearn.utils.validation import check_is_fitted

from basis.faces import OLDEST_AGE

_POINTS_PER_KNOT = 60
_MOST_KNOTS = 8
_NARROWEST = 0.25  # years; keeps the scores finite where the calibration part has ties
_FOLDS = 5
_SHAPES = ("constant", "symmetric", "quantiles")


class ConformalBand(BaseEstimator):
    r"""Conformalised quantile band around predicted ages.

    Curves of the error are regressed on hat functions of the predicted age, and on the spread if
    one is given, so that children get narrow bands. Of three shapes the narrowest on the
    calibration faces is taken: ``constant``; ``symmetric``, the 90% quantile :math:`h` of the
    absolute error; ``quantiles``, the 5, 50 and 95% quantiles :math:`l, m, h` of the error. The
    scores :math:`s = (y - m) / (h - m)` above the middle curve and :math:`(m - y) / (m - l)`
    below it come from curves of other folds, so that the finite-sample quantile of :math:`s`, of
    rank :math:`\lceil (n+1) \cdot level \rceil`, keeps any level although the curves are
    fitted at one.

    Parameters
    ----------
    low, high : float or None, default=0, 130
        Where intervals are cut: ages in years here. None: nowhere.
    random_state : int, default=0
        Seed of the folds.

    Attributes
    ----------
    shape_ : {'constant', 'symmetric', 'quantiles'}
    scores_ : ndarray of shape (n,)
        Calibration scores, ascending.
    knots_ : ndarray
        Predicted ages in years at which the curves bend.
    curves_ : ndarray of shape (3, n_columns)
        Coefficients of the lower, middle and upper error curve.

    See Also
    --------
    pipelines.ConformalAge : A regressor with such a band.

    References
    ----------
    Y. Romano, E. Patterson, E. Candès, Conformalized quantile regression, NeurIPS 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from pipelines import ConformalBand
    >>> truth = np.linspace(1, 80, 100)
    >>> band = ConformalBand().fit(truth, truth + np.tile([-4, 4], 50))
    >>> band.interval([30.0], level=0.9).round().tolist()
    [[26.0, 34.0]]
    """

    __module__ = "pipelines"

    def __init__(
        self,
        low: float | None = 0.0,
        high: float | None = OLDEST_AGE,
        random_state: int = 0,
    ) -> None:
        self.low = low
        self.high = high
        self.random_state = random_state

    def fit(
        self, age_true: ArrayLike, age_pred: ArrayLike, spread: ArrayLike | None = None
    ) -> ConformalBand:
        """Calibrate on faces the age model has not seen.

        Parameters
        ----------
        age_true, age_pred : array-like of shape (n,)
            Years. Faces whose true age is unknown (NaN) are left out.
        spread : array-like of shape (n,), optional
            Any positive number that grows with the uncertainty of a face, for example the
            standard deviation of a predicted age distribution.

        Returns
        -------
        ConformalBand
            Itself.

        Raises
        ------
        ValueError
            Empty, infinite, of different lengths, or no true age is known.
        """
        truth = np.asarray(age_true, dtype=np.float64)
        prediction = _vector(age_pred, "age_pred")
        if truth.shape != prediction.shape or len(truth) == 0:
            raise ValueError(
                f"age_true and age_pred must have one value for each face, got {truth.shape} and "
                f"{prediction.shape}"
            )
        known = ~np.isnan(truth)
        if not known.any():
            raise ValueError(f"no age is known among the {len(truth)} faces to calibrate on")
        truth, prediction = _vector(truth[known], "age_true"), prediction[known]
        spread = None if spread is None else _vector(spread, "spread")[known]
        self.has_spread_ = spread is not None
        n_knots = min(_MOST_KNOTS, 1 + len(truth) // _POINTS_PER_KNOT)
        self.knots_ = np.unique(np.quantile(prediction, np.linspace(0.01, 0.99, n_knots)))
        if self.has_spread_:
            logs = _log_spread(spread)
            self.spread_mean_, self.spread_scale_ = logs.mean(), max(logs.std(), 1e-6)
        basis, error = self._basis(prediction, spread), truth - prediction
        folds = min(_FOLDS, len(truth) // (2 * _POINTS_PER_KNOT))
        # Too few faces to learn a shape: a band of constant width.
        shapes = _SHAPES if folds > 1 else _SHAPES[:1]
        candidates = [
            self._cross_fitted(shape, basis, error, prediction, folds) for shape in shapes
        ]
        widths = [width for width, _ in candidates]
        self.shape_ = shapes[int(np.argmin(widths))]
        self.scores_ = np.sort(candidates[int(np.argmin(widths))][1])
        self.curves_ = _error_curves(self.shape_, basis, error)
        return self

    def interval(
        self,
        age_pred: ArrayLike,
        spread: ArrayLike | None = None,
        level: float | ArrayLike = 0.9,
    ) -> NDArray[np.float64]:
        """Return intervals that hold the truth of a share ``level`` of samples like these.

        With fewer calibration samples than ``level / (1 - level)`` only the whole range from
        ``low`` to ``high`` can promise that, and it is returned.

        Parameters
        ----------
        age_pred : array-like of shape (n,)
            Predicted ages in years.
        spread : array-like of shape (n,), optional
            As in ``fit``.
        level : float or sequence of float, default=0.9
            Between 0 and 1.

        Returns
        -------
        ndarray of float64, shape (n, 2) or (n, 2, n_levels)
            Lower and upper ages in years; a third axis for a sequence of levels.

        Raises
        ------
        ValueError
            A level outside 0 to 1, or a spread where ``fit`` had none or the other way round.
        """
        check_is_fitted(self, "scores_")
        levels = np.atleast_1d(np.asarray(level, dtype=np.float64))
        if levels.ndim != 1 or not ((levels > 0) & (levels < 1)).all():
            raise ValueError(f"level must lie between 0 and 1, got {level!r}")
        if (spread is not None) != self.has_spread_:
            state = "with" if self.has_spread_ else "without"
            raise ValueError(f"this ConformalBand was calibrated {state} spread: ask it likewise")
        prediction = _vector(age_pred, "age_pred")
        offsets = self._offsets(self._basis(prediction, spread), self.curves_)
        bands = [
            self._band(prediction, _finite_sample_quantile(self.scores_, one), *offsets)
            for one in levels
        ]
        return bands[0] if np.ndim(level) == 0 else np.stack(bands, axis=2)

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted band as plain values, for files that hold no Python objects.

        Returns
        -------
        dict
            Numbers, strings and lists.
        """
        check_is_fitted(self, "scores_")
        return {
            name: value.tolist() if isinstance(value, np.ndarray | np.generic) else value
            for name, value in vars(self).items()
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ConformalBand:
        """Return the band that ``to_dict`` described.

        Parameters
        ----------
        values : dict
            As ``to_dict`` returned them.

        Returns
        -------
        ConformalBand
        """
        band = cls()
        for name, value in values.items():
            setattr(band, name, np.asarray(value) if isinstance(value, list) else value)
        return band

    def _cross_fitted(
        self, shape: str, basis: NDArray, error: NDArray, prediction: NDArray, folds: int
    ) -> tuple[float, NDArray]:
        """Return the mean width at 90% and the scores, each from curves of the other folds."""
        offsets = np.empty((3, len(error)))
        if shape == "constant":
            offsets[:] = self._offsets(basis, _error_curves(shape, basis, error))
        else:
            splitter = KFold(folds, shuffle=True, random_state=self.random_state)
            for rest, held in splitter.split(basis):
                curves = _error_curves(shape, basis[rest], error[rest])
                offsets[:, held] = self._offsets(basis[held], curves)
        scores = _scores(error, *offsets)
        band = self._band(prediction, _finite_sample_quantile(np.sort(scores), 0.9), *offsets)
        return float((band[:, 1] - band[:, 0]).mean()), scores

    def _band(
        self, prediction: NDArray, factor: float, lower: NDArray, middle: NDArray, upper: NDArray
    ) -> NDArray[np.float64]:
        centre = prediction + middle
        band = np.column_stack(
            [centre - factor * (middle - lower), centre + factor * (upper - middle)]
        )
        if self.low is None and self.high is None:
            return band
        return np.clip(band, self.low, self.high)

    def _basis(self, prediction: NDArray, spread: ArrayLike | None) -> NDArray:
        """Return hat functions of the predicted age, constant beyond the outer knots."""
        hats = np.eye(len(self.knots_))
        columns = [np.interp(prediction, self.knots_, hat) for hat in hats]
        if self.has_spread_:
            columns.append((_log_spread(spread) - self.spread_mean_) / self.spread_scale_)
        return np.column_stack(columns)

    @staticmethod
    def _offsets(basis: NDArray, curves: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        lower, middle, upper = curves @ basis.T
        return (
            np.minimum(lower, middle - _NARROWEST),
            middle,
            np.maximum(upper, middle + _NARROWEST),
        )


def _vector(values: ArrayLike, name: str) -> NDArray[np.float64]:
    vector = np.asarray(values, dtype=np.float64)
    if vector.ndim != 1 or not np.isfinite(vector).all():
        raise ValueError(f"{name} must be a vector of finite numbers, got shape {vector.shape}")
    return vector


def _log_spread(spread: ArrayLike | None) -> NDArray[np.float64]:
    values = _vector(spread if spread is not None else [], "spread")
    if (values <= 0).any():
        raise ValueError("spread must be positive")
    return np.log(values)


def _error_curves(shape: str, basis: NDArray, error: NDArray) -> NDArray[np.float64]:
    """Return the coefficients (3, n_columns) of the lower, middle and upper curve."""
    if shape == "constant":
        # One for the hats, which add up to one everywhere; zero for a spread after them.
        ones = np.linalg.lstsq(basis, np.ones(len(basis)), rcond=None)[0]
        return np.outer([-1.0, 0.0, 1.0], ones)
    if shape == "symmetric":
        return np.outer([-1.0, 0.0, 1.0], _quantile_curve(basis, np.abs(error), 0.9))
    return np.stack([_quantile_curve(basis, error, q) for q in (0.05, 0.5, 0.95)])


def _quantile_curve(basis: NDArray, error: NDArray, quantile: float) -> NDArray[np.float64]:
    return (
        QuantileRegressor(quantile=quantile, alpha=0, fit_intercept=False).fit(basis, error).coef_
    )


def _finite_sample_quantile(ascending: NDArray, level: float) -> float:
    """Return the score of rank ceil((n + 1) level), infinity beyond the last."""
    rank = int(np.ceil((len(ascending) + 1) * level))
    return float(ascending[rank - 1]) if rank <= len(ascending) else float("inf")


def _scores(error: NDArray, lower: NDArray, middle: NDArray, upper: NDArray) -> NDArray:
    above = error - middle
    return np.where(above >= 0, above / (upper - middle), -above / (middle - lower))
