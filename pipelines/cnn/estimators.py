"""CNN estimators for faces: age, gender, or both on one timm backbone.

Each holds a skorch net (``net_``) and follows scikit-learn's conventions; see
:class:`pipelines.cnn.base.CnnEstimator` for the parameters they share.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import mean_absolute_error
from sklearn.utils.validation import check_is_fitted

from pipelines.cnn.batches.inputs import Pair
from pipelines.cnn.network.answers import fit_temperature, probability
from pipelines.cnn.network.heads import MAX_AGE
from pipelines.holdout import check_labels
from pipelines.intervals.band import ConformalBand

from .base import CnnEstimator

__all__ = ["CnnAgeGender", "CnnClassifier", "CnnRegressor"]


class CnnAgeGender(CnnEstimator):
    """Age and gender of faces by one fine-tuned timm backbone with two heads.

    Parameters are those of :class:`pipelines.cnn.base.CnnEstimator`.

    Attributes
    ----------
    net_ : FaceNet
        The trained skorch net.
    training_ : TrainingRecord
        Source of the weights, precision, device, learning curve.
    temperature_ : float
        Divides the gender log odds; fitted on *calibrate*.
    band_ : ConformalBand
        Age intervals; fitted on *calibrate*.

    Examples
    --------
    >>> import numpy as np
    >>> faces = np.random.default_rng(0).integers(0, 255, (24, 48, 48, 3), dtype=np.uint8)
    >>> answers = np.column_stack([np.linspace(1, 80, 24), np.arange(24) % 2])
    >>> cnn = CnnAgeGender(weights=None, image_size=32, epochs=1, random_state=0)
    >>> cnn.fit(faces, answers).predict(faces).shape
    (24, 2)
    """

    __module__ = "pipelines"

    temperature_: float
    band_: ConformalBand

    def fit(
        self,
        X: Any,
        Y: ArrayLike,
        *,
        groups: ArrayLike | None = None,
        select: Pair | None = None,
        calibrate: Pair | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> CnnAgeGender:
        """Fine-tune on faces with known age and gender.

        Parameters
        ----------
        X : array of shape (n, H, W, 3) or (n, H, W), uint8
        Y : array-like of shape (n, 2)
            Age in years; gender 0 male, 1 female.
        groups : array-like of shape (n,), optional
            Rows of one group are never split when *select* or *calibrate* is cut from ``X``.
        select, calibrate : pair (X, Y), optional
            Choose the epoch; fit gender temperature and age intervals. Without them a tenth of
            the groups each is held back.
        sample_weight : array-like of shape (n,), optional

        Returns
        -------
        CnnAgeGender
        """
        targets = np.asarray(Y, dtype=float)
        if targets.ndim != 2 or targets.shape[1] != 2:
            raise ValueError(f"Y must be (n, 2), age and gender, not shape {targets.shape}")
        answers, known = self._fit(X, targets, groups, select, calibrate, sample_weight)
        self.temperature_ = fit_temperature(answers.gender_logit, known[:, 1])
        self.band_ = ConformalBand(high=MAX_AGE).fit(known[:, 0], answers.age, answers.spread)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return age in years and hard gender (0 male, 1 female), float64 ``(n, 2)``."""
        answers = self._answers(X)
        return np.column_stack([answers.age, answers.gender_logit > 0])

    def predict_gender_proba(self, X: Any) -> np.ndarray:
        """Return the calibrated probability of being female, float64 ``(n,)``."""
        return probability(self._answers(X).gender_logit, self.temperature_)

    def predict_age_interval(self, X: Any, level: float = 0.9) -> np.ndarray:
        """Return lower and upper age in years that hold the truth with probability ``level``."""
        answers = self._answers(X)
        return self.band_.interval(answers.age, answers.spread, level)

    def predict_all(self, X: Any, level: float = 0.9) -> dict[str, np.ndarray]:
        """Return every answer from one pass: ``age``, ``interval``, ``p_female``."""
        answers = self._answers(X)
        return {
            "age": answers.age,
            "interval": self.band_.interval(answers.age, answers.spread, level),
            "p_female": probability(answers.gender_logit, self.temperature_),
        }

    def score(self, X: Any, Y: ArrayLike) -> float:
        """Return gender accuracy minus age error in centuries: higher is better."""
        Y, predicted = np.asarray(Y, dtype=float), self.predict(X)
        accuracy = float((predicted[:, 1] == Y[:, 1]).mean())
        return accuracy - float(mean_absolute_error(Y[:, 0], predicted[:, 0])) / 100


class CnnRegressor(RegressorMixin, CnnEstimator):
    """Age of faces in years by a fine-tuned timm backbone; ``y`` is one-dimensional.

    Parameters are those of :class:`pipelines.cnn.base.CnnEstimator`; those about gender
    have no effect.

    Attributes
    ----------
    net_, training_, band_
        As in :class:`CnnAgeGender`.
    """

    __module__ = "pipelines"

    _answers_gender = False
    band_: ConformalBand

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        groups: ArrayLike | None = None,
        select: Pair | None = None,
        calibrate: Pair | None = None,
    ) -> CnnRegressor:
        """Fine-tune on faces ``X`` with ages ``y`` in years, shape (n,)."""
        select, calibrate = _pad_pair(select, 0), _pad_pair(calibrate, 0)
        targets = _pad(check_labels(y, X), 0)
        answers, known = self._fit(X, targets, groups, select, calibrate, sample_weight)
        self.band_ = ConformalBand(high=MAX_AGE).fit(known[:, 0], answers.age, answers.spread)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return ages in years, float64 ``(n,)``."""
        return self._answers(X).age

    def predict_interval(self, X: Any, level: float = 0.9) -> np.ndarray:
        """Return lower and upper age in years, ``(n, 2)``."""
        answers = self._answers(X)
        return self.band_.interval(answers.age, answers.spread, level)


class CnnClassifier(ClassifierMixin, CnnEstimator):
    """A question with two answers, such as gender, by a fine-tuned timm backbone.

    Parameters are those of :class:`pipelines.cnn.base.CnnEstimator`; those about age have
    no effect.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
    net_, training_, temperature_
        As in :class:`CnnAgeGender`.
    """

    __module__ = "pipelines"

    _answers_age = False
    temperature_: float

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        groups: ArrayLike | None = None,
        select: Pair | None = None,
        calibrate: Pair | None = None,
    ) -> CnnClassifier:
        """Fine-tune on faces ``X`` with labels ``y`` of two classes, shape (n,)."""
        y = check_labels(y, X)
        self.classes_ = np.unique(y)
        if len(self.classes_) != 2:
            raise ValueError(
                f"y holds {len(self.classes_)} class(es), {list(self.classes_[:5])}: this "
                f"classifier needs exactly two"
            )
        select = self._encode_pair(select, "select")
        calibrate = self._encode_pair(calibrate, "calibrate")
        targets = _pad(self._encode(y), 1)
        answers, known = self._fit(X, targets, groups, select, calibrate, sample_weight)
        self.temperature_ = fit_temperature(answers.gender_logit, known[:, 1])
        return self

    def _encode(self, y: ArrayLike) -> np.ndarray:
        return (np.asarray(y) == self.classes_[1]).astype(float)

    def _encode_pair(self, pair: Pair | None, name: str) -> Pair | None:
        if pair is None:
            return None
        unknown = np.setdiff1d(np.asarray(pair[1]), self.classes_)
        if len(unknown):
            raise ValueError(f"{name} holds labels that y does not: {list(unknown[:5])}")
        return pair[0], _pad(self._encode(pair[1]), 1)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the calibrated log odds of ``classes_[1]``, float64 ``(n,)``."""
        return self._answers(X).gender_logit / self.temperature_

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return calibrated probabilities of both classes, float64 ``(n, 2)``."""
        second = probability(self._answers(X).gender_logit, self.temperature_)
        return np.column_stack([1 - second, second])

    def predict(self, X: Any) -> np.ndarray:
        """Return the likelier class of every face, ``(n,)``."""
        check_is_fitted(self)
        return self.classes_[np.greater(self._answers(X).gender_logit, 0).astype(int)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


def _pad(y: ArrayLike, column: int) -> np.ndarray:
    """Return one-dimensional targets as the age (0) or gender (1) column of ``(n, 2)``."""
    values = np.asarray(y, dtype=float)
    if values.ndim != 1:
        raise ValueError(f"y must be one-dimensional, not shape {values.shape}")
    padded = np.zeros((len(values), 2))
    padded[:, column] = values
    return padded


def _pad_pair(pair: Pair | None, column: int) -> Pair | None:
    return None if pair is None else (pair[0], _pad(pair[1], column))
