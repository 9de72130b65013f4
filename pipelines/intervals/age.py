"""Conformal intervals around any regressor."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import _safe_indexing, check_consistent_length, get_tags
from sklearn.utils.metadata_routing import MetadataRouter
from sklearn.utils.validation import check_is_fitted

from basis.faces import OLDEST_AGE
from pipelines.holdout import check_labels, cut_part
from pipelines.labels import as_numbers, check_pair
from pipelines.metadata import fit_metadata, router, rows_of

from .band import ConformalBand

if TYPE_CHECKING:
    import pandas as pd


class ConformalAge(MetaEstimatorMixin, RegressorMixin, BaseEstimator):
    """Add conformal intervals to any regressor of age, or of anything else.

    The intervals hold the truth of a share ``level`` of samples, on average over samples like
    those of the calibration part; about one person or one group they promise nothing
    (:meth:`coverage` tells what they hold there).

    Parameters
    ----------
    estimator : regressor
        Cloned and fitted on the part that calibration leaves. One that is fitted already goes
        into ``sklearn.frozen.FrozenEstimator``; then everything ``fit`` is given calibrates.
    low, high : float or None, default=0, 130
        Where intervals are cut, in the unit of ``y``: years of age here. None: nowhere.
    calibrate_size : float, default=0.1
        Share of the groups held back for calibration when ``fit`` is given no ``calibrate``.
    random_state : int, RandomState or None, default=None
        Draws that share.

    Attributes
    ----------
    estimator_ : regressor
        Fitted.
    band_ : ConformalBand
        The calibrated band around its answers.

    See Also
    --------
    pipelines.ConformalBand : The band by itself, for answers from elsewhere.

    References
    ----------
    Y. Romano, E. Patterson, E. Candès, Conformalized quantile regression, NeurIPS 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from pipelines import ConformalAge
    >>> X = np.linspace(5, 80, 200)[:, None]
    >>> model = ConformalAge(Ridge(), random_state=0).fit(X, X[:, 0] + np.tile([-3, 3], 100))
    >>> model.predict_interval(X[:2]).shape
    (2, 2)
    >>> model.predict_interval(X[:2], level=[0.5, 0.9]).shape
    (2, 2, 2)
    """

    __module__ = "pipelines"

    def __init__(
        self,
        estimator: Any,
        *,
        low: float | None = 0.0,
        high: float | None = OLDEST_AGE,
        calibrate_size: float = 0.1,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.low = low
        self.high = high
        self.calibrate_size = calibrate_size
        self.random_state = random_state

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        *,
        groups: ArrayLike | None = None,
        calibrate: tuple[Any, ArrayLike] | None = None,
        **fit_params: Any,
    ) -> ConformalAge:
        """Fit the regressor, then calibrate its intervals.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Whatever ``estimator`` takes.
        y : array-like of shape (n,)
            Age in years, or any number.
        groups : array-like of shape (n,), optional
            Samples of one group never stand on both sides. They are passed on to an estimator
            that cuts parts too.
        calibrate : (X, y), optional
            Held-out samples used for calibration only; then all of ``X`` trains.
        **fit_params
            Such as ``sample_weight``, of shape (n,): passed on to the estimator, with metadata
            routing enabled as it requests them.

        Returns
        -------
        ConformalAge
            Itself.

        Raises
        ------
        TypeError
            A parameter, such as weights, for an estimator that takes none.
        ValueError
            ``y`` missing, not finite or not one-dimensional, or no two groups to cut.

        Warns
        -----
        UserWarning
            Values of ``y`` below ``low`` or above ``high``: no interval can hold them.
        """
        if hasattr(X, "tocsr"):
            X = X.tocsr()  # the other sparse formats have no rows to pick
        elif hasattr(X, "__array__") and not hasattr(X, "iloc") and not hasattr(X, "columns"):
            X = np.asarray(X)
        y = check_labels(y, X)
        if y.dtype.kind not in "uif":
            y = as_numbers(y, "y of ConformalAge, which holds a regressor,")
        check_consistent_length(X, groups, fit_params.get("sample_weight"))
        self._warn_outside(y)
        n = len(y)
        rows = np.arange(n)
        if isinstance(self.estimator, FrozenEstimator):
            calibrate = (X, y) if calibrate is None else calibrate
        elif calibrate is None:
            rows, held = cut_part(
                n, self.calibrate_size, groups=groups, random_state=self.random_state
            )
            calibrate = (_safe_indexing(X, held), y[held])
            X, y = _safe_indexing(X, rows), y[rows]
        own_groups = None if groups is None else np.asarray(groups)[rows]
        own_params = rows_of(fit_params, rows, n)
        passed = fit_metadata(self, {"estimator": self.estimator}, own_groups, own_params)
        self.estimator_ = clone(self.estimator).fit(X, y, **passed["estimator"])
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
            elif hasattr(self, name):
                delattr(self, name)  # of an earlier fit
        held_X, held_y = check_pair(calibrate, "calibrate")
        band = ConformalBand(low=self.low, high=self.high)
        self.band_ = band.fit(check_labels(held_y, held_X), self.estimator_.predict(held_X))
        return self

    def predict(self, X: Any) -> NDArray:
        """Return the regressor's answers.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            As in ``fit``.

        Returns
        -------
        ndarray of shape (n,)
            Age in years, or whatever ``y`` was.
        """
        check_is_fitted(self, "band_")
        return self.estimator_.predict(X)

    def predict_interval(self, X: Any, level: float | ArrayLike = 0.9) -> NDArray[np.float64]:
        """Return intervals that hold a share ``level`` of samples like these.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            As in ``fit``.
        level : float or sequence of float, default=0.9
            Between 0 and 1.

        Returns
        -------
        ndarray of float64, shape (n, 2) or (n, 2, n_levels)
            Lower and upper end, in the unit of ``y``.
        """
        check_is_fitted(self, "band_")
        return self.band_.interval(self.predict(X), level=level)

    def coverage(
        self, X: Any, y: ArrayLike, by: ArrayLike | None = None, level: float = 0.9
    ) -> pd.DataFrame:
        """Return how often the intervals hold the truth and how wide they are, group by group.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Samples that neither trained nor calibrated.
        y : array-like of shape (n,)
            Their truth.
        by : array-like of shape (n,), optional
            Group of each sample, such as the age bin; None: all together.
        level : float, default=0.9
            Of the intervals.

        Returns
        -------
        DataFrame
            A row per group: ``n``, ``coverage`` (share), ``width`` (mean, in the unit of ``y``).
        """
        import pandas as pd

        truth = check_labels(y, X)
        low, high = self.predict_interval(X, level=level).T
        held = pd.DataFrame({"coverage": (low <= truth) & (truth <= high), "width": high - low})
        groups = pd.Series(["all"] * len(held) if by is None else np.asarray(by), name="group")
        table = held.groupby(groups).agg(
            n=("width", "size"), coverage=("coverage", "mean"), width=("width", "mean")
        )
        return table

    def _warn_outside(self, y: NDArray) -> None:
        low = -np.inf if self.low is None else self.low
        high = np.inf if self.high is None else self.high
        outside = (y < low) | (y > high)
        if outside.any():
            found = f"{y.min():g} to {y.max():g}"
            warnings.warn(
                f"{int(outside.sum())} of {len(y)} values of y ({found}) lie outside "
                f"low={self.low} to high={self.high}, where intervals are cut: "
                "set low= and high= to the range that is possible, or to None",
                UserWarning,
                stacklevel=3,
            )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags

    def get_metadata_routing(self) -> MetadataRouter:
        """Return how ``groups`` and ``sample_weight`` reach the estimator.

        Returns
        -------
        MetadataRouter
        """
        return router(self, {"estimator": self.estimator})
