"""Features of a frozen timm backbone as a scikit-learn transformer."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from pipelines.cnn.batches.batches import plain_batches
from pipelines.cnn.batches.inputs import check_faces
from pipelines.cnn.network.backbones import create_backbone
from pipelines.cnn.network.network import FaceNetwork
from pipelines.cnn.training.settings import choose_device, torch_threads
from pipelines.images.output import ImagesIn

from .layer_features import feature_reader
from .saving import Arrays, network_arrays, single_network

__all__ = ["TimmFeatures"]

_FEWEST_IMAGES = 50


class TimmFeatures(ImagesIn, TransformerMixin, BaseEstimator):
    """Pooled features of images from a pretrained network that is not trained further.

    Some features hardly ever answer to faces. Where one is all but constant in training, a single
    new face can lie thousands of standard deviations outside, and a linear model behind a
    ``StandardScaler`` answers with an age of 700 years. So ``fit`` learns the range of every
    feature, and what lies outside is moved to its end.

    Parameters
    ----------
    backbone : str
        Any timm model.
    weights : {'pretrained', 'imagenet'}, path or None
        See :func:`pipelines.cnn.network.backbones.create_backbone`; None draws random weights from
        ``random_state``.
    image_size : int or None
        Side in pixels the network sees; None takes the images' own.
    image_shape : tuple of int or None
        ``(H, W)`` or ``(H, W, 3)`` when ``X`` holds flattened rows.
    layers : sequence of str or None
        Names of inner modules, such as ``("stages.1", "stages.2")``, whose maps' means over all
        places come before the backbone's own features: earlier layers know texture, later ones
        what the network was trained for.
    mirror : bool
        Average the features over the image and its mirror image.
    batch_size : int
        Faces at once.
    device : str
        ``auto`` (a GPU if there is one), ``cpu``, ``cuda``, ...
    threads : int or None
        Threads of PyTorch while transforming; None: as many as PyTorch has set, at most the cores
        that this process may use, and no more than joblib leaves to it.
    allow_download : bool
        Whether pretrained weights may come from the network.
    random_state : int, RandomState or None
        Of random weights.
    progress : callable or None
        Called as ``progress("features", done, total)``.

    Attributes
    ----------
    low_, high_ : ndarray of float32, shape (n_features,)
        Range of every feature in ``fit``; infinite if it saw fewer than 50 images, which tell
        little about a range.
    n_features_out_ : int
        Width of the features.
    n_features_in_ : int
        Numbers in one image.
    weights_source_ : dict
        Kind, location and sha256 of the weights.
    n_parameters_ : int
        Of the network.
    device_ : str
        Where the features are computed.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import RidgeCV
    >>> from sklearn.pipeline import make_pipeline
    >>> from pipelines import TimmFeatures
    >>> faces = np.random.default_rng(0).integers(0, 255, (8, 48, 48, 3), dtype=np.uint8)
    >>> age = make_pipeline(TimmFeatures(weights=None), RidgeCV()).fit(faces, np.arange(8.0))
    >>> age.predict(faces).shape
    (8,)
    """

    __module__ = "pipelines"

    def __init__(
        self,
        backbone: str = "tf_efficientnet_lite0",
        *,
        weights: str | Path | None = "pretrained",
        image_size: int | None = None,
        image_shape: tuple[int, ...] | None = None,
        layers: Sequence[str] | None = None,
        mirror: bool = False,
        batch_size: int = 64,
        device: str = "auto",
        threads: int | None = None,
        allow_download: bool = False,
        random_state: int | np.random.RandomState | None = 0,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> None:
        self.backbone = backbone
        self.weights = weights
        self.image_size = image_size
        self.image_shape = image_shape
        self.layers = layers
        self.mirror = mirror
        self.batch_size = batch_size
        self.device = device
        self.threads = threads
        self.allow_download = allow_download
        self.random_state = random_state
        self.progress = progress

    def fit(self, X: Any, y: ArrayLike | None = None) -> TimmFeatures:
        """Load the network and learn the range of every feature.

        Parameters
        ----------
        X : array-like of shape (n, H, W, 3) or (n, H, W)
            Faces, on the scale 0-255 or floats from 0 to 1.
        y : ignored
            There for scikit-learn.

        Returns
        -------
        TimmFeatures
            Itself.
        """
        self._fit(X)
        return self

    def fit_transform(self, X: Any, y: ArrayLike | None = None) -> NDArray[np.float32]:
        """Fit, and return the features of the same images, which are computed once.

        Parameters
        ----------
        X : array-like of shape (n, H, W, 3) or (n, H, W)
            Faces, on the scale 0-255 or floats from 0 to 1.
        y : ignored
            There for scikit-learn.

        Returns
        -------
        ndarray of float32, shape (n, n_features)
        """
        return self._fit(X)

    def _fit(self, X: Any) -> NDArray[np.float32]:
        images = check_faces(X, self.image_shape)
        self.image_size_ = self.image_size or int(images.shape[1])
        self.n_features_in_ = int(np.prod(images.shape[1:]))
        with torch.random.fork_rng():
            seed: Any = self.random_state
            if not isinstance(seed, Integral):
                seed = check_random_state(seed).randint(2**31 - 1)
            torch.manual_seed(int(seed))
            backbone = create_backbone(
                self.backbone,
                weights=self.weights,
                image_size=self.image_size_,
                allow_download=self.allow_download,
            )
            self.network_ = FaceNetwork(backbone, {}, image_size=self.image_size_).eval()
        self.weights_source_ = backbone.source.as_dict()
        self.n_parameters_ = sum(p.numel() for p in self.network_.parameters())
        self.device_ = choose_device(self.device)
        blank = torch.zeros(1, 3, self.image_size_, self.image_size_)
        with (
            torch.inference_mode(),
            feature_reader(self.network_, tuple(self.layers or ())) as read,
        ):
            self.n_features_out_ = read(blank).shape[1]
        features = self._features(images)
        self.low_, self.high_ = features.min(0), features.max(0)
        if len(features) < _FEWEST_IMAGES:
            self.low_ = np.full_like(self.low_, -np.inf)
            self.high_ = np.full_like(self.high_, np.inf)
        return features

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return features of images.

        Parameters
        ----------
        X : array-like of shape (n, H, W, 3) or (n, H, W)
            Faces, on the scale 0-255 or floats from 0 to 1.

        Returns
        -------
        ndarray of float32, shape (n, n_features)
            Inside the range that ``fit`` saw.
        """
        check_is_fitted(self)
        features = self._features(check_faces(X, self.image_shape))
        return np.clip(features, self.low_, self.high_, out=features)

    def _features(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        device = choose_device(self.device)
        network = self.network_.to(device)
        features = np.empty((len(images), self.n_features_out_), dtype=np.float32)
        done = 0
        with (
            torch_threads(self.threads),
            torch.inference_mode(),
            feature_reader(network, tuple(self.layers or ())) as read,
        ):
            for batch in plain_batches(images, self.batch_size, self.image_size_):
                batch = batch.to(device)
                found = read(batch)
                if self.mirror:
                    found = (found + read(batch.flip(3))) / 2
                features[done : done + len(batch)] = found.float().cpu().numpy()
                done += len(batch)
                if self.progress is not None:
                    self.progress("features", done, len(images))
        return features

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Return the names of the features.

        Parameters
        ----------
        input_features : ignored
            There for scikit-learn.

        Returns
        -------
        ndarray of str, shape (n_features,)
            ``<backbone>_0``, ``<backbone>_1`` and so on.
        """
        check_is_fitted(self)
        return np.array([f"{self.backbone}_{i}" for i in range(self.n_features_out_)], dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_")

    def detach_tensors(self) -> tuple[TimmFeatures, Arrays]:
        """Return a copy without the network, and the network as arrays.

        Returns
        -------
        copy : TimmFeatures
        arrays : dict of str to ndarray
        """
        light = copy.copy(self)
        del light.network_
        light.progress = None
        return light, network_arrays(self.network_)

    def attach_tensors(self, tensors: Arrays) -> None:
        """Give a copy made by :meth:`detach_tensors` its network back.

        Parameters
        ----------
        tensors : dict of str to ndarray
            What ``detach_tensors`` returned.
        """
        self.network_ = single_network(tensors, backbone=self.backbone, image_size=self.image_size_)
