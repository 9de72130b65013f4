"""Kernel ridge heads on a learnt metric, even under mirroring: ``hog-kernel``'s core."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from .kernel import gram, kernel_ridge, median_distance, metric_factors, predict_blocks


class _FeatureMachine(BaseEstimator):
    """What regressor and classifier share; the target is standardised inside."""

    def __init__(
        self,
        n_odd: int = 0,
        *,
        bandwidth: float = 0.85,
        alpha: float = 0.1,
        metric_samples: int = 5000,
        metric_floor: float = 0.1,
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.n_odd = n_odd
        self.bandwidth = bandwidth
        self.alpha = alpha
        self.metric_samples = metric_samples
        self.metric_floor = metric_floor
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit(self, X: NDArray, target: NDArray) -> None:
        if not self.alpha > 0 or not self.bandwidth > 0:
            raise ValueError(
                f"alpha and bandwidth must be positive, got {self.alpha!r} and {self.bandwidth!r}"
            )
        if not 0 <= self.n_odd <= X.shape[1]:
            raise ValueError(
                f"n_odd must lie between 0 and the {X.shape[1]} features, got {self.n_odd}"
            )
        rng = check_random_state(self.random_state)
        self.mean_ = float(target.mean())
        self.scale_ = float(target.std()) or 1.0
        scaled = ((target - self.mean_) / self.scale_).astype(X.dtype)
        self.factors_ = self._metric(X, scaled, rng)
        self.X_fit_ = self._mapped(X)
        self.width_ = self.bandwidth * median_distance(self.X_fit_, rng)
        unit = X.dtype.type(np.sqrt(2) / self.width_)
        self.X_fit_ *= unit
        self.factors_ = (self.factors_[0] * unit, self.factors_[1] * unit)
        self.dual_coef_ = kernel_ridge(gram(self.X_fit_, self.n_odd), scaled, self.alpha)

    def _metric(self, X: NDArray, target: NDArray, rng: Any) -> tuple[NDArray, NDArray]:
        """Return the two factors of the metric, learnt from a sample of the training set."""
        if self.metric_samples == 0:
            sides = (X.shape[1] - self.n_odd, self.n_odd)
            return np.eye(sides[0], dtype=X.dtype), np.eye(sides[1], dtype=X.dtype)
        few = rng.permutation(len(X))[: self.metric_samples]
        sample = X[few]
        width = self.bandwidth * median_distance(sample, rng)
        sample = sample * X.dtype.type(np.sqrt(2) / width)
        dual = kernel_ridge(gram(sample, self.n_odd), target[few], self.alpha)
        return metric_factors(sample, dual, self.n_odd, self.metric_floor)

    def _mapped(self, X: NDArray) -> NDArray:
        even = X.shape[1] - self.n_odd
        return np.hstack([X[:, :even] @ self.factors_[0], X[:, even:] @ self.factors_[1]])

    def _raw(self, X: Any) -> NDArray[np.float64]:
        check_is_fitted(self, "dual_coef_")
        X = validate_data(self, X, reset=False, dtype=[np.float64, np.float32])
        X = self._mapped(X.astype(self.X_fit_.dtype, copy=False))
        answer = predict_blocks(X, self.X_fit_, self.n_odd, self.dual_coef_, self.n_jobs)
        return answer.astype(np.float64) * self.scale_ + self.mean_


class FeatureMachineRegressor(RegressorMixin, _FeatureMachine):
    r"""Gaussian kernel ridge regression on a metric learnt from the data.

    A first kernel machine :math:`f` is fitted on a sample; the average outer product of its
    gradients :math:`M = \mathrm{E}[\nabla f \nabla f^\top]` says which directions matter, and
    the final machine measures distances by :math:`M + \epsilon I`, on all the training faces,
    solved exactly by Cholesky. This is one step of a recursive feature machine. The kernel is
    summed over both signs of the odd features, so that a face and its mirror image always get
    one answer (see ``MirrorPairs``).

    Parameters
    ----------
    n_odd : int, default=0
        Number of last columns of ``X`` whose sign changes in the mirror.
    bandwidth : float, default=0.85
        Kernel width as a multiple of the median distance.
    alpha : float, default=0.1
        Ridge, of a sum of two kernels: without odd features and metric the machine equals
        ``KernelRidge(alpha=alpha / 2, kernel="rbf")`` of scikit-learn.
    metric_samples : int, default=5000
        Size of the sample that learns the metric; 0 keeps the features' own.
    metric_floor : float, default=0.1
        :math:`\epsilon`, where the mean eigenvalue of :math:`M` is 1.
    n_jobs : int or None, default=None
        Threads of prediction.
    random_state : int, RandomState or None, default=None
        Draws that sample.

    Attributes
    ----------
    X_fit_ : ndarray of shape (n, n_features)
        Training features in the learnt metric, in units of ``width_ / sqrt(2)``.
    factors_ : tuple of two ndarray
        Square roots of the metric's even and odd block, over that unit.
    dual_coef_ : ndarray of shape (n,)
        Coefficients of the kernel at the training faces.
    width_ : float
        Of the kernel :math:`e^{-d^2 / w^2}`, in the learnt metric.

    References
    ----------
    A. Radhakrishnan, D. Beaglehole, P. Pandit, M. Belkin, Mechanism for feature learning in
    neural networks and backpropagation-free machine learning models, Science 383, 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from pipelines import FeatureMachineRegressor
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> machine = FeatureMachineRegressor(random_state=0).fit(X, X[:, 0] ** 2)
    >>> bool(machine.score(X, X[:, 0] ** 2) > 0.9)
    True
    """

    __module__ = "pipelines"

    def fit(self, X: Any, y: Any) -> FeatureMachineRegressor:
        """Fit the machine.

        Parameters
        ----------
        X : array-like of shape (n, n_features)
            Features; the last ``n_odd`` change their sign in the mirror.
        y : array-like of shape (n,)
            Numbers.

        Returns
        -------
        FeatureMachineRegressor
            Itself.

        Raises
        ------
        ValueError
            Settings out of range.
        """
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32], y_numeric=True)
        self._fit(X, y.astype(np.float64))
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return predictions.

        Parameters
        ----------
        X : array-like of shape (n, n_features)
            Features; the last ``n_odd`` change their sign in the mirror.

        Returns
        -------
        ndarray of float64, shape (n,)
        """
        return self._raw(X)


class FeatureMachineClassifier(ClassifierMixin, _FeatureMachine):
    r"""Least-squares kernel classifier on a learnt metric, for two classes.

    The labels are regressed as -1 and 1 (a least-squares support vector machine without bias
    term), which shares the solver of ``FeatureMachineRegressor`` and needs no iterations.

    Parameters
    ----------
    n_odd : int, default=0
        Number of last columns of ``X`` whose sign changes in the mirror.
    bandwidth : float, default=0.85
        Kernel width as a multiple of the median distance.
    alpha : float, default=0.1
        Ridge, of a sum of two kernels: see :class:`FeatureMachineRegressor`.
    metric_samples : int, default=5000
        Size of the sample that learns the metric; 0 keeps the features' own.
    metric_floor : float, default=0.1
        :math:`\epsilon`, where the mean eigenvalue of :math:`M` is 1.
    n_jobs : int or None, default=None
        Threads of prediction.
    random_state : int, RandomState or None, default=None
        Draws that sample.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The labels, sorted.
    X_fit_ : ndarray of shape (n, n_features)
        Training features in the learnt metric, in units of ``width_ / sqrt(2)``.
    factors_ : tuple of two ndarray
        Square roots of the metric's even and odd block, over that unit.
    dual_coef_ : ndarray of shape (n,)
        Coefficients of the kernel at the training faces.
    width_ : float
        Of the kernel :math:`e^{-d^2 / w^2}`, in the learnt metric.

    Examples
    --------
    >>> import numpy as np
    >>> from pipelines import FeatureMachineClassifier
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> machine = FeatureMachineClassifier(random_state=0).fit(X, X[:, 0] > 0)
    >>> bool(machine.score(X, X[:, 0] > 0) > 0.9)
    True
    """

    __module__ = "pipelines"

    def fit(self, X: Any, y: Any) -> FeatureMachineClassifier:
        """Fit the machine.

        Parameters
        ----------
        X : array-like of shape (n, n_features)
            Features; the last ``n_odd`` change their sign in the mirror.
        y : array-like of shape (n,)
            Labels of two classes.

        Returns
        -------
        FeatureMachineClassifier
            Itself.

        Raises
        ------
        ValueError
            Labels of one class or of more than two, or settings out of range.
        """
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) > 2:
            raise ValueError(
                "Only binary classification is supported. The type of the target is multiclass."
            )
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} needs samples of two classes, got 1 class: "
                f"{self.classes_[0]!r}"
            )
        self._fit(X, 2.0 * codes - 1.0)
        return self

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return scores, positive for ``classes_[1]``.

        Parameters
        ----------
        X : array-like of shape (n, n_features)
            Features; the last ``n_odd`` change their sign in the mirror.

        Returns
        -------
        ndarray of float64, shape (n,)
        """
        return self._raw(X)

    def predict(self, X: Any) -> NDArray:
        """Return the class of each sample.

        Parameters
        ----------
        X : array-like of shape (n, n_features)
            Features; the last ``n_odd`` change their sign in the mirror.

        Returns
        -------
        ndarray of shape (n,)
        """
        positive = self.decision_function(X) > 0
        return self.classes_[positive.astype(int)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags
