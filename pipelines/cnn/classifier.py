"""``CnnClassifier``: a question with two answers by a fine-tuned timm backbone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from pipelines.cnn.batches.augment import Augmentation
from pipelines.cnn.batches.inputs import Pair
from pipelines.cnn.network.answers import fit_temperature, probability
from pipelines.holdout import check_labels
from pipelines.labels import check_pair

from .base import CnnEstimator, in_column
from .parameters import documented


@documented
class CnnClassifier(ClassifierMixin, CnnEstimator):
    """A question with two answers, such as gender, by a fine-tuned timm backbone.

    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The two answers, sorted.
    net_ : FaceNet
        The trained skorch net.
    training_ : TrainingRecord
        Source of the weights, precision, device, learning curve.
    temperature_ : float
        Divides the log odds; fitted on *calibrate*.

    See Also
    --------
    pipelines.CnnAgeGender : Both questions by one network.

    Examples
    --------
    >>> import numpy as np
    >>> from pipelines import CnnClassifier
    >>> faces = np.random.default_rng(0).integers(0, 255, (24, 48, 48, 3), dtype=np.uint8)
    >>> cnn = CnnClassifier(weights=None, image_size=32, epochs=1, random_state=0)
    >>> cnn.fit(faces, np.tile(["left", "right"], 12)).predict_proba(faces).shape
    (24, 2)
    """

    __module__ = "pipelines"

    _answers_age = False
    temperature_: float

    def __init__(
        self,
        backbone: str = "tf_efficientnet_lite0",
        *,
        weights: str | Path | None = "pretrained",
        image_size: int = 128,
        first_image_size: int | None = None,
        image_shape: tuple[int, ...] | None = None,
        epochs: int = 8,
        batch_size: int = 64,
        lr: float = 2e-3,
        layer_decay: float = 0.8,
        weight_decay: float = 0.02,
        dropout: float = 0.2,
        drop_path: float = 0.1,
        freeze_stages: int = 0,
        norm: str = "batch",
        augment: str | Augmentation | None = "standard",
        mixup: float = 0.0,
        label_smoothing: float = 0.05,
        ema: float | None = 0.998,
        patience: int | None = None,
        members: int = 1,
        mirror: bool = True,
        match_sharpness: float | None = None,
        precision: str = "auto",
        device: str = "auto",
        threads: int | None = None,
        checkpoint: str | Path | None = None,
        allow_download: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> None:
        self._keep(locals())

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
        """Fine-tune on faces with known answers.

        Parameters
        ----------
        X : array-like of shape (n, H, W, 3) or (n, H, W)
            Faces, uint8 or on the scale 0-255 or 0-1.
        y : array-like of shape (n,)
            Labels of two classes, numbers or words.
        sample_weight : array-like of shape (n,), optional
            Weight of each face in the loss; 0 leaves it out.
        groups : array-like of shape (n,), optional
            Rows of one group are never split when *select* or *calibrate* is cut from ``X``.
        select, calibrate : (X, y), optional
            Choose the epoch; fit the temperature.
            Without them a tenth of the groups each is held back.

        Returns
        -------
        CnnClassifier
            Itself.

        Raises
        ------
        ValueError
            Labels that do not fit the question, or parameters outside their range; the message
            names them.
        """
        y = check_labels(y, X)
        self.classes_ = np.unique(y)
        if len(self.classes_) != 2:
            raise ValueError(
                f"y holds {len(self.classes_)} class(es), {list(self.classes_[:5])}: this "
                f"classifier needs exactly two"
            )
        select = self._encode_pair(select, "select")
        calibrate = self._encode_pair(calibrate, "calibrate")
        targets = in_column(self._encode(y), 1)
        answers, known = self._fit(X, targets, groups, select, calibrate, sample_weight)
        self.temperature_ = fit_temperature(answers.gender_logit, known[:, 1])
        return self

    def _encode(self, y: ArrayLike) -> np.ndarray:
        return (np.asarray(y) == self.classes_[1]).astype(float)

    def _encode_pair(self, pair: Any, name: str) -> Pair | None:
        if pair is None:
            return None
        X, y = check_pair(pair, name)
        unknown = np.setdiff1d(np.asarray(y), self.classes_)
        if len(unknown):
            raise ValueError(f"{name} holds labels that y does not: {list(unknown[:5])}")
        return X, in_column(self._encode(y), 1)

    def decision_function(self, X: Any) -> NDArray:
        """Return the calibrated log odds of ``classes_[1]``.

        Parameters
        ----------
        X : array-like of shape (n, H, W, 3) or (n, H, W)
            Faces, as in ``fit``.

        Returns
        -------
        ndarray of float64, shape (n,)
        """
        return self._answers(X).gender_logit / self.temperature_

    def predict_proba(self, X: Any) -> NDArray:
        """Return calibrated probabilities of both classes.

        Parameters
        ----------
        X : array-like of shape (n, H, W, 3) or (n, H, W)
            Faces, as in ``fit``.

        Returns
        -------
        ndarray of float64, shape (n, 2)
            In the order of ``classes_``.
        """
        second = probability(self._answers(X).gender_logit, self.temperature_)
        return np.column_stack([1 - second, second])

    def predict(self, X: Any) -> NDArray:
        """Return the likelier class of every face.

        Parameters
        ----------
        X : array-like of shape (n, H, W, 3) or (n, H, W)
            Faces, as in ``fit``.

        Returns
        -------
        ndarray of shape (n,)
        """
        check_is_fitted(self)
        return self.classes_[np.greater(self._answers(X).gender_logit, 0).astype(int)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags
