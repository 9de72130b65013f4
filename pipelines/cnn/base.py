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

from pipelines.cnn.batches.augment import Augmentation
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
from pipelines.cnn.network.heads import AgeHead, check_age_labels, create_age_head
from pipelines.cnn.training.loop import train_members
from pipelines.cnn.training.settings import (
    check_settings,
    explained_memory,
    torch_threads,
)

from .saving import Arrays, restore_network, without_network


class CnnEstimator(BaseEstimator):
    """Base of the CNN estimators; not used by itself.

    Parameters
    ----------
    backbone : str
        Any timm model.
    weights : {'imagenet'}, path or None
        Where the training starts; see :func:`pipelines.cnn.network.backbones.create_backbone`.
    image_size : int
        Side in pixels the network sees; images of other sizes are resized in the batch.
    first_image_size : int or None
        Progressive resizing: side of the first epoch, growing linearly (in steps of 16) to
        ``image_size`` at three quarters of the training. None: ``image_size`` throughout.
    image_shape : tuple of int or None
        ``(H, W)`` or ``(H, W, 3)`` when ``X`` holds flattened rows.
    epochs, batch_size : int
    lr : float
        Highest learning rate, of the heads (one-cycle, AdamW).
    layer_decay : float
        Factor per layer group from the heads down to the stem.
    weight_decay : float
    dropout, drop_path : float
        Hidden share of the features; stochastic depth of the backbone.
    freeze_stages : int
        Number of first layer groups that keep their ImageNet weights.
    norm : {'batch', 'frozen'}
        Batch normalisation while training: by each batch's own statistics, or by the pretrained
        ones. Frozen stages never follow the batches.
    augment : {'none', 'mirror', 'standard', 'strong'} or Augmentation
    mixup : float
        Blend pairs of faces with shares from Beta(mixup, mixup); 0: not at all.
    age_head : {'distribution', 'ordinal', 'regression'}
    label_smoothing : float
        Of the gender labels.
    gender_weight : float
        Of the gender loss beside the age loss.
    ema : float or None
        Decay of the weights' moving average, which answers; None: the last weights.
    patience : int or None
        Stop after so many epochs without a better *select* score; None: never early. The best
        epoch's weights are kept either way.
    members : int
        Train so many networks from different seeds and average their answers: time and
        prediction cost grow with it, the error falls a little.
    mirror : bool
        Average every prediction over the image and its mirror image.
    precision : {'auto', 'fp32', 'bf16'}
        Of training; ``auto`` takes bf16 on GPUs and on CPUs with AMX or AVX512-BF16.
        Predictions are always fp32.
    device : str
        ``auto`` (a GPU if there is one), ``cpu``, ``cuda``, ...
    threads : int or None
        Threads of PyTorch while fitting and predicting; None: as they are.
    checkpoint : path or None
        Folder in which every epoch is saved; a fit that finds the same task there goes on.
    allow_download : bool
        Whether ImageNet weights may come from the network.
    random_state : int, RandomState or None
    verbose : int
    progress : callable or None
        Called as ``progress(stage, done, total)``.
    """

    _answers_age = True
    _answers_gender = True

    def __init__(
        self,
        backbone: str = "tf_efficientnet_lite0",
        *,
        weights: str | Path | None = "imagenet",
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
        precision: str = "auto",
        device: str = "auto",
        threads: int | None = None,
        checkpoint: str | Path | None = None,
        allow_download: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> None:
        self.backbone = backbone
        self.weights = weights
        self.image_size = image_size
        self.first_image_size = first_image_size
        self.image_shape = image_shape
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.layer_decay = layer_decay
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.drop_path = drop_path
        self.freeze_stages = freeze_stages
        self.norm = norm
        self.augment = augment
        self.mixup = mixup
        self.age_head = age_head
        self.label_smoothing = label_smoothing
        self.gender_weight = gender_weight
        self.ema = ema
        self.patience = patience
        self.members = members
        self.mirror = mirror
        self.precision = precision
        self.device = device
        self.threads = threads
        self.checkpoint = checkpoint
        self.allow_download = allow_download
        self.random_state = random_state
        self.verbose = verbose
        self.progress = progress

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "net_")

    def _head(self) -> AgeHead | None:
        return create_age_head(self.age_head) if self._answers_age else None

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
        check_length(len(images), Y=targets, groups=groups, sample_weight=sample_weight)
        check_settings(self.get_params(deep=False))
        rng = check_random_state(self.random_state)
        seeds = [int(rng.randint(2**31 - 1)) for _ in range(self.members)]
        self._check_targets(targets, "X")
        parts = cut_parts(images, targets, groups, select, calibrate, seeds[0])
        pairs = {"select": parts.select, "calibrate": parts.calibrate}
        parts = Parts(parts.rows, *(self._check_pair(*pair, name) for name, pair in pairs.items()))
        weight = check_weights(sample_weight, parts.rows, len(images))
        rows = np.column_stack([targets[parts.rows], weight]).astype(np.float32)
        with torch_threads(self.threads):
            faces = FaceSet(images, parts.rows, rows)
            self.net_, self.training_ = train_members(
                self, faces, parts.select, self._head(), seeds
            )
            self.device_ = self.training_.device
            self.n_parameters_ = self.training_.n_parameters
            self.weights_source_ = self.training_.weights
            return self._answers(parts.calibrate[0]), parts.calibrate[1]

    def _check_pair(self, X: Any, targets: ArrayLike, name: str) -> Pair:
        images, known = check_faces(X, self.image_shape), np.asarray(targets, dtype=float)
        check_length(len(images), **{f"targets of {name}": known})
        self._check_targets(known, name)
        return images, known

    def _check_targets(self, targets: np.ndarray, name: str) -> None:
        if self._answers_age:
            check_age_labels(torch.as_tensor(targets[:, 0]), name)
        if self._answers_gender:
            classes = np.unique(targets[:, 1])
            if not np.isin(classes, (0, 1)).all():
                raise ValueError(f"gender labels of {name} must be 0 or 1, found {classes[:5]}")
            if len(classes) < 2 and name == "X":
                raise ValueError(
                    f"only one class in the gender labels of {name} ({classes[0]:g}): a "
                    f"classifier needs faces of both"
                )

    def _answers(self, X: Any) -> Answers:
        """Return raw answers for images; the net must be there."""
        check_is_fitted(self)
        images = check_faces(X, self.image_shape)
        with (
            torch_threads(self.threads),
            explained_memory(self.batch_size, self.image_size),
        ):
            batches = self.net_.outputs(
                images, size=self.image_size, batch_size=self.batch_size, mirror=self.mirror
            )
            return decode(batches, self._head())

    def detach_tensors(self) -> tuple[CnnEstimator, Arrays]:
        """Return a copy without the network, and the network as arrays."""
        return without_network(self)

    def attach_tensors(self, tensors: Arrays) -> None:
        """Give a copy made by :meth:`detach_tensors` its network back."""
        restore_network(self, tensors)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = self.image_shape is not None
        tags.input_tags.three_d_array = True
        tags.non_deterministic = self.random_state is None
        return tags
