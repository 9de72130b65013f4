"""What the three CNN estimators share: parameters, training and raw answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from pipelines.cnn.batches.augment import Augmentation, create_augmentation
from pipelines.cnn.batches.batches import FaceSet
from pipelines.cnn.batches.inputs import (
    Pair,
    Parts,
    check_faces,
    check_length,
    check_weights,
    cut_parts,
)
from pipelines.cnn.network.answers import Answers, decode
from pipelines.cnn.network.backbones import check_backbone
from pipelines.cnn.network.heads import AgeHead, check_age_labels, create_age_head
from pipelines.cnn.training.loop import train_members
from pipelines.cnn.training.settings import (
    check_settings,
    explained_memory,
    torch_threads,
)
from pipelines.images.output import ImagesIn
from pipelines.images.sharpness import MatchSharpness

from .saving import Arrays, restore_network, without_network

#: Training faces whose sharpness is measured.
_MEASURED = 2000


class CnnEstimator(ImagesIn, BaseEstimator):
    """Base of the CNN estimators; not used by itself.

    Every subclass lists the parameters that have an effect on it; those it leaves out have here
    the value that leaves its training alone. :mod:`pipelines.cnn.parameters` says what they mean.
    """

    backbone: str
    weights: str | Path | None
    image_size: int
    first_image_size: int | None
    image_shape: tuple[int, ...] | None
    epochs: int
    batch_size: int
    lr: float
    layer_decay: float
    weight_decay: float
    dropout: float
    drop_path: float
    freeze_stages: int
    norm: str
    augment: str | Augmentation | None
    mixup: float
    age_head: str = "distribution"
    label_smoothing: float = 0.0
    gender_weight: float = 1.0
    ema: float | None
    patience: int | None
    members: int
    mirror: bool
    match_sharpness: float | None
    precision: str
    device: str
    threads: int | None
    checkpoint: str | Path | None
    allow_download: bool
    random_state: int | np.random.RandomState | None
    verbose: int
    progress: Callable[[str, int, int], None] | None

    _answers_age = True
    _answers_gender = True
    sharpness_: MatchSharpness | None = None

    def _keep(self, given: dict[str, Any]) -> None:
        """Store every parameter of the constructor under its own name, as scikit-learn asks."""
        for name in self._get_param_names():
            setattr(self, name, given[name])

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "net_")

    def _head(self) -> AgeHead | None:
        return create_age_head(self.age_head) if self._answers_age else None

    def check_parameters(self) -> None:
        """Refuse parameters that no training could use; ``fit`` asks first, a study before it runs.

        Raises
        ------
        ValueError
            Naming the first one, and what it may be.
        """
        check_settings(self.get_params(deep=False))
        check_backbone(self.backbone)
        create_augmentation(self.augment)
        self._head()

    def _fit(
        self,
        X: Any,
        targets: np.ndarray,
        groups: ArrayLike | None,
        select: Pair | None,
        calibrate: Pair | None,
        sample_weight: ArrayLike | None,
    ) -> tuple[Answers, np.ndarray]:
        """Train, keep the net, and return answers and targets of the *calibrate* part.

        ``targets`` and those of the pairs are ``(n, 2)``: age, gender; the column of a question
        that is not asked is zero.
        """
        images = check_faces(X, self.image_shape)
        check_length(len(images), y=targets, groups=groups, sample_weight=sample_weight)
        self.check_parameters()
        rng = check_random_state(self.random_state)
        seeds = [int(rng.randint(2**31 - 1)) for _ in range(self.members)]
        self._check_targets(targets, "y")
        parts = cut_parts(images, targets, groups, select, calibrate, seeds[0])
        pairs = {"select": parts.select, "calibrate": parts.calibrate}
        parts = Parts(parts.rows, *(self._check_pair(*pair, name) for name, pair in pairs.items()))
        weight = check_weights(sample_weight, parts.rows, len(images))
        rows = np.column_stack([targets[parts.rows], weight]).astype(np.float32)
        self._check_targets(rows[rows[:, 2] > 0, :2], "the training part of y")
        self.sharpness_ = None
        if self.match_sharpness is not None:
            few = parts.rows[:: max(1, len(parts.rows) // _MEASURED)]
            self.sharpness_ = MatchSharpness(self.match_sharpness).fit(images[few])
        with torch_threads(self.threads):
            faces = FaceSet(images, parts.rows, rows)
            self.net_, self.training_ = train_members(
                self, faces, parts.select, self._head(), seeds
            )
            self.device_ = self.training_.device
            self.n_parameters_ = self.training_.n_parameters
            self.weights_source_ = self.training_.weights
            return self._answers(parts.calibrate[0]), parts.calibrate[1]

    def _check_pair(self, X: Any, targets: Any, name: str) -> Pair:
        images, known = check_faces(X, self.image_shape), np.asarray(targets, dtype=float)
        check_length(len(images), **{f"targets of {name}": known})
        self._check_targets(known, name)
        return images, known

    def _check_targets(self, targets: np.ndarray, name: str) -> None:
        if self._answers_age:
            # who is asked for age alone has nothing to learn from a face without it
            ages = torch.as_tensor(targets[:, 0])
            check_age_labels(ages, name, some_unknown=self._answers_gender)
        if self._answers_gender:
            classes = np.unique(targets[:, 1])
            if not np.isin(classes, (0, 1)).all():
                raise ValueError(f"gender labels of {name} must be 0 or 1, found {classes[:5]}")
            if len(classes) < 2 and name in ("y", "the training part of y"):
                raise ValueError(
                    f"only one class in the gender labels of {name} ({classes[0]:g}): a "
                    f"classifier needs faces of both"
                )

    def _answers(self, X: Any) -> Answers:
        """Return raw answers for images; the net must be there."""
        check_is_fitted(self)
        images = check_faces(X, self.image_shape)
        if self.sharpness_ is not None:
            images = self.sharpness_.transform(images)
        with (
            torch_threads(self.threads),
            explained_memory(self.batch_size, self.image_size),
        ):
            batches = self.net_.outputs(
                images, size=self.image_size, batch_size=self.batch_size, mirror=self.mirror
            )
            return decode(batches, self._head())

    def detach_tensors(self) -> tuple[CnnEstimator, Arrays]:
        """Return a copy without the network, and the network as arrays.

        Returns
        -------
        copy : estimator
        arrays : dict of str to ndarray
        """
        return without_network(self)

    def attach_tensors(self, tensors: Arrays) -> None:
        """Give a copy made by :meth:`detach_tensors` its network back.

        Parameters
        ----------
        tensors : dict of str to ndarray
            What ``detach_tensors`` returned.
        """
        restore_network(self, tensors)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = self.random_state is None
        return tags


def in_column(y: ArrayLike, column: int) -> np.ndarray:
    """Return one-dimensional targets as the age (0) or gender (1) column of ``(n, 2)``."""
    values = np.asarray(y, dtype=float)
    if values.ndim != 1:
        raise ValueError(f"y must be one-dimensional, not shape {values.shape}")
    padded = np.zeros((len(values), 2))
    padded[:, column] = values
    return padded
