"""``CnnRegressor``: age alone by a fine-tuned timm backbone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin

from basis.faces import OLDEST_AGE
from pipelines.cnn.batches.augment import Augmentation
from pipelines.cnn.batches.inputs import Pair
from pipelines.holdout import check_labels
from pipelines.intervals.band import ConformalBand
from pipelines.labels import check_pair

from .base import CnnEstimator, in_column
from .parameters import documented


@documented
class CnnRegressor(RegressorMixin, CnnEstimator):
    """Age of faces in years by a fine-tuned timm backbone.

    {parameters}

    Attributes
    ----------
    net_ : FaceNet
        The trained skorch net.
    training_ : TrainingRecord
        Source of the weights, precision, device, learning curve.
    band_ : ConformalBand
        Age intervals; fitted on *calibrate*.

    See Also
    --------
    pipelines.CnnAgeGender : Both questions by one network.

    Examples
    --------
    >>> import numpy as np
    >>> from pipelines import CnnRegressor
    >>> faces = np.random.default_rng(0).integers(0, 255, (24, 48, 48, 3), dtype=np.uint8)
    >>> cnn = CnnRegressor(weights=None, image_size=32, epochs=1, random_state=0)
    >>> cnn.fit(faces, np.linspace(1, 80, 24)).predict_interval(faces).shape
    (24, 2)
    """

    __module__ = "pipelines"

    _answers_gender = False
    band_: ConformalBand

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
        age_head: str = "distribution",
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
    ) -> CnnRegressor:
        """Fine-tune on faces with known age.

        Parameters
        ----------
        X : array-like of shape (n, H, W, 3) or (n, H, W)
            Faces, uint8 or on the scale 0-255 or 0-1.
        y : array-like of shape (n,)
            Age in years.
        sample_weight : array-like of shape (n,), optional
            Weight of each face in the loss; 0 leaves it out.
        groups : array-like of shape (n,), optional
            Rows of one group are never split when *select* or *calibrate* is cut from ``X``.
        select, calibrate : (X, y), optional
            Choose the epoch; fit the intervals.
            Without them a tenth of the groups each is held back.

        Returns
        -------
        CnnRegressor
            Itself.

        Raises
        ------
        ValueError
            Labels that do not fit the question, or parameters outside their range; the message
            names them.
        """
        select, calibrate = _pad_pair(select, "select"), _pad_pair(calibrate, "calibrate")
        targets = in_column(check_labels(y, X), 0)
        answers, known = self._fit(X, targets, groups, select, calibrate, sample_weight)
        band = ConformalBand(high=OLDEST_AGE)
        self.band_ = band.fit(known[:, 0], answers.age, answers.spread)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return ages.

        Parameters
        ----------
        X : array-like of shape (n, H, W, 3) or (n, H, W)
            Faces, as in ``fit``.

        Returns
        -------
        ndarray of float64, shape (n,)
            Years.
        """
        return self._answers(X).age

    def predict_interval(self, X: Any, level: float | ArrayLike = 0.9) -> NDArray[np.float64]:
        """Return intervals that hold the age of a share ``level`` of faces like these.

        Parameters
        ----------
        X : array-like of shape (n, H, W, 3) or (n, H, W)
            Faces, as in ``fit``.
        level : float or sequence of float, default=0.9
            Between 0 and 1.

        Returns
        -------
        ndarray of float64, shape (n, 2) or (n, 2, n_levels)
            Lower and upper ages in years.
        """
        answers = self._answers(X)
        return self.band_.interval(answers.age, answers.spread, level)


def _pad_pair(pair: Any, name: str) -> Pair | None:
    """Return a pair of faces and ages with the ages padded."""
    if pair is None:
        return None
    X, y = check_pair(pair, name)
    return X, in_column(y, 0)
