"""``CnnAgeGender``: both questions by one fine-tuned timm backbone; and its two siblings.

Each holds a skorch net (``net_``) and follows scikit-learn's conventions.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from basis.faces import OLDEST_AGE
from pipelines.cnn.batches.augment import Augmentation
from pipelines.cnn.batches.inputs import Pair
from pipelines.cnn.network.answers import fit_temperature, probability
from pipelines.intervals.band import ConformalBand
from pipelines.joint import AgeGenderMixin
from pipelines.labels import check_age_gender, check_pair

from .base import CnnEstimator
from .classifier import CnnClassifier
from .parameters import documented
from .regressor import CnnRegressor

__all__ = ["CnnAgeGender", "CnnClassifier", "CnnRegressor"]


@documented
class CnnAgeGender(AgeGenderMixin, CnnEstimator):
    """Age and gender of faces by one fine-tuned timm backbone with two heads.

    {parameters}

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

    See Also
    --------
    pipelines.CnnRegressor : Age alone.
    pipelines.CnnClassifier : Gender, or any question with two answers.

    Examples
    --------
    >>> import numpy as np
    >>> from pipelines import CnnAgeGender
    >>> faces = np.random.default_rng(0).integers(0, 255, (24, 48, 48, 3), dtype=np.uint8)
    >>> answers = np.column_stack([np.linspace(1, 80, 24), np.arange(24) % 2])
    >>> cnn = CnnAgeGender(weights=None, image_size=32, epochs=1, random_state=0)
    >>> cnn.fit(faces, answers).predict(faces).shape
    (24, 2)
    """

    __module__ = "pipelines"

    temperature_: float
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
        label_smoothing: float = 0.05,
        gender_weight: float = 1.0,
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
        y: Any,
        *,
        groups: ArrayLike | None = None,
        select: Pair | None = None,
        calibrate: Pair | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> CnnAgeGender:
        """Fine-tune on faces with known age and gender.

        Parameters
        ----------
        X : array-like of shape (n, H, W, 3) or (n, H, W)
            Faces, uint8 or on the scale 0-255 or 0-1.
        y : array-like or data frame of shape (n, 2)
            Age in years; gender 0 or 'male', 1 or 'female'. Of a data frame the columns ``age``
            and ``gender``, in any order. A face of unknown age (NaN) is learnt from for gender
            alone, in ``select`` and ``calibrate`` too.
        groups : array-like of shape (n,), optional
            Rows of one group are never split when *select* or *calibrate* is cut from ``X``.
        select, calibrate : (X, y), optional
            Choose the epoch; fit gender temperature and age intervals.
            Without them a tenth of the groups each is held back.
        sample_weight : array-like of shape (n,), optional
            Weight of each face in the loss; 0 leaves it out.

        Returns
        -------
        CnnAgeGender
            Itself.

        Raises
        ------
        ValueError
            Labels that do not fit the question, or parameters outside their range; the message
            names them.
        """
        targets = check_age_gender(y, X)
        select, calibrate = _labelled(select, "select"), _labelled(calibrate, "calibrate")
        answers, known = self._fit(X, targets, groups, select, calibrate, sample_weight)
        self.temperature_ = fit_temperature(answers.gender_logit, known[:, 1])
        band = ConformalBand(high=OLDEST_AGE)
        self.band_ = band.fit(known[:, 0], answers.age, answers.spread)
        return self

    def predict_all(self, X: Any, level: float | ArrayLike = 0.9) -> dict[str, NDArray[np.float64]]:
        """Return every answer from one pass.

        Parameters
        ----------
        X : array-like of shape (n, H, W, 3) or (n, H, W)
            Faces, as in ``fit``.
        level : float or sequence of float, default=0.9
            Share of faces like these whose age the interval holds.

        Returns
        -------
        dict of str to ndarray
            ``age`` (n,) in years; ``interval`` (n, 2) or (n, 2, n_levels); ``p_female`` (n,).
        """
        answers = self._answers(X)
        return {
            "age": answers.age,
            "interval": self.band_.interval(answers.age, answers.spread, level),
            "p_female": probability(answers.gender_logit, self.temperature_),
        }


def _labelled(pair: Any, name: str) -> Pair | None:
    if pair is None:
        return None
    X, y = check_pair(pair, name)
    return X, check_age_gender(y, X, name)
