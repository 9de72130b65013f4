"""Grad-CAM: which parts of a face raise the score of the answer a CNN gives.

Maps come from the ``grad-cam`` package; here they are asked for in batches, for age and gender,
turned the right way up and averaged over groups.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from pipelines.cnn.batches.batches import plain_batches
from pipelines.cnn.batches.inputs import check_faces
from pipelines.cnn.network.network import FaceNetwork

__all__ = ["average_maps", "grad_cam", "has_maps", "overlay"]


def grad_cam(
    estimator: Any,
    X: Any,
    target: str = "age",
    *,
    reduction: int = 16,
    batch_size: int = 32,
) -> NDArray[np.float32]:
    """Return one heat map per face.

    Parameters
    ----------
    estimator : CnnAgeGender, CnnRegressor or CnnClassifier
        Fitted.
    X : array-like of shape (n, H, W, 3) or (n, H, W)
        Faces, as in ``fit``.
    target : {'age', 'gender'}
        ``age``: what raises the estimated age; ``gender``: what speaks for the predicted class.
    reduction : int
        Resolution of the explained layer: the last one whose features are nearest to this many
        times smaller than the image. 16 shows parts of a face, 32 little more than its middle.
        Transformers are explained where the tokens enter the last block.
    batch_size : int
        Faces at once.

    Returns
    -------
    ndarray of float32, shape (n, H, W)
        0 to 1, the largest value of every face 1 (0 throughout where nothing speaks for it).

    Raises
    ------
    ValueError
        A target the network was not trained for, a backbone whose features are no maps (see
        :func:`has_maps`).

    References
    ----------
    Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
    Localization", ICCV 2017.

    Examples
    --------
    >>> from pipelines import CnnAgeGender, grad_cam
    >>> maps = grad_cam(CnnAgeGender().fit(X, Y), X, "gender")  # doctest: +SKIP
    """
    images = check_faces(X, estimator.image_shape)
    members = estimator.net_.module_.eval().members
    if target not in members[0].heads:
        raise ValueError(f"the network answers {', '.join(members[0].heads)}, not {target!r}")
    direction = np.ones(len(images))
    if target == "gender":  # several networks explain the class they predict together
        direction = np.where(estimator._answers(images).gender_logit > 0, 1.0, -1.0)
    maps = np.zeros(images.shape[:3], dtype=np.float32)
    if not has_maps(members[0], estimator.image_size, reduction):
        raise ValueError(f"no layer of {estimator.backbone} holds one map: nothing to explain")
    for network in members:
        batches = plain_batches(images, batch_size, estimator.image_size)
        answer = _Answer(network, target, estimator._head())
        layer = spatial_layer(network.backbone, reduction)
        done = 0
        for batch in batches:
            chosen = slice(done, done + len(batch))
            found = _maps(answer, layer, batch.to(estimator.net_.device), direction[chosen])
            maps[chosen] += _enlarge(found, images.shape[1:3])
            done += len(batch)
    return maps / np.maximum(maps.max((1, 2), keepdims=True), np.finfo(np.float32).tiny)


def _maps(
    answer: _Answer, layer: nn.Module, batch: Tensor, direction: np.ndarray
) -> NDArray[np.float32]:
    """Return the maps ``(n, h, w)`` of a batch, as one network sees it."""
    from pytorch_grad_cam import GradCAM

    as_maps = _as_maps(answer.network)
    # nothing below the layer needs a gradient, and the layer's own weights may be frozen
    start = layer.register_forward_hook(lambda *call: call[-1].detach().requires_grad_().clone())
    try:
        # grad-cam leaves its hooks on the layer unless it is closed
        with GradCAM(model=answer, target_layers=[layer], reshape_transform=as_maps) as cam:
            return cam(input_tensor=batch, targets=[_Towards(sign) for sign in direction])
    finally:
        start.remove()


def average_maps(maps: NDArray[np.float32], groups: ArrayLike) -> dict[Any, NDArray[np.float32]]:
    """Return the mean map of every group by name, in sorted order; missing names are left out."""
    groups = np.asarray(groups, dtype=object)
    known = [name for name in dict.fromkeys(groups.tolist()) if name is not None and name == name]
    return {name: maps[groups == name].mean(0) for name in sorted(known)}


def overlay(
    X: Any, maps: NDArray[np.float32], *, opacity: float = 0.45, colours: str = "inferno"
) -> NDArray[np.uint8]:
    """Return faces under their maps, uint8 RGB ``(n, H, W, 3)``.

    Parameters
    ----------
    X : array of shape (n, H, W, 3) or (n, H, W), uint8
    maps : ndarray of shape (n, H, W)
        0 to 1.
    opacity : float
        Of the map where it is 1; it fades with the map's value.
    colours : str
        Any matplotlib colour map.
    """
    from matplotlib import colormaps

    images = check_faces(X)
    if images.shape[:3] != maps.shape:
        raise ValueError(f"maps of shape {maps.shape} do not fit images of shape {images.shape}")
    if images.ndim == 3:
        images = np.repeat(images[..., None], 3, axis=-1)
    painted = colormaps[colours](maps)[..., :3] * 255
    share = opacity * maps[..., None]
    return np.rint((1 - share) * images + share * painted).astype(np.uint8)


def has_maps(network: FaceNetwork, image_size: int, reduction: int = 16) -> bool:
    """Return whether ``network`` can be explained, found out by a blank image.

    timm says which layers hold maps. A few architectures (HRNet, CrossViT, PiT, TNT) pass several
    at once there, and a few names lead nowhere (Twins, MViT).
    """
    try:
        layer = spatial_layer(network.backbone, reduction)
    except ValueError:
        return False
    seen: list[Any] = []
    handle = layer.register_forward_hook(lambda *call: seen.append(call[-1]))
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, 3, image_size, image_size, device=network.mean.device))
    finally:
        handle.remove()
    return len(seen) == 1 and isinstance(seen[0], Tensor) and _holds_map(seen[0], network.backbone)


def spatial_layer(backbone: Any, reduction: int) -> nn.Module:
    """Return the last layer of ``backbone`` whose map is about ``reduction`` times smaller."""
    info: Any = getattr(backbone, "feature_info", None)
    if not info:
        raise ValueError("timm names no layers of this backbone that hold maps: nothing to explain")
    # the nearest is looked for by ratio: 8 and 32 are as far from 16
    nearest = min(info, key=lambda entry: abs(math.log(entry["reduction"] / reduction)))
    same = [entry for entry in info if entry["reduction"] == nearest["reduction"]]
    try:
        layer = backbone.get_submodule(same[-1]["module"])
    except AttributeError as error:
        raise ValueError(f"timm names a layer that is not there: {error}") from error
    # after the last attention a class token alone may answer, and the others have no gradient
    return getattr(layer, "norm1", layer) if hasattr(backbone, "num_prefix_tokens") else layer


class _Answer(nn.Module):
    """What is explained, one column: expected age in years, or log odds of the second class."""

    def __init__(self, network: FaceNetwork, target: str, head: Any) -> None:
        super().__init__()
        self.network = network
        self.target = target
        self.head = head

    def forward(self, images: Tensor) -> Tensor:
        outputs = self.network(images)[self.target]
        if self.target == "age":
            return self.head.expectation(outputs)[:, None]
        return outputs


class _Towards:
    """The answer of one face, or with -1 its opposite: what grad-cam calls a target."""

    def __init__(self, sign: float) -> None:
        self.sign = float(sign)

    def __call__(self, output: Tensor) -> Tensor:
        return self.sign * output[0]


def _as_maps(network: FaceNetwork) -> Callable[[Tensor], Tensor]:
    """Return what turns the features of a backbone into upright maps ``(n, channels, h, w)``."""
    backbone: Any = network.backbone

    def as_maps(features: Tensor) -> Tensor:
        if features.dim() == 3:
            first, side = _patches(features, backbone)
            features = features[:, first:].transpose(1, 2).unflatten(2, (side, side))
        elif getattr(backbone, "output_fmt", "NCHW") == "NHWC":
            features = features.permute(0, 3, 1, 2)
        return features.flip(2, 3) if network.rotated else features

    return as_maps


def _holds_map(features: Tensor, backbone: Any) -> bool:
    """Return whether features are maps, or tokens of a square of patches."""
    if features.dim() == 3:
        first, side = _patches(features, backbone)
        return side**2 == features.shape[1] - first
    return features.dim() == 4


def _patches(tokens: Tensor, backbone: Any) -> tuple[int, int]:
    """Return where the patches among the tokens begin, and how many make a side.

    CaiT and XCiT have a class token, but add it later than the explained layer.
    """
    for first in (getattr(backbone, "num_prefix_tokens", 0), 0):
        side = math.isqrt(tokens.shape[1] - first)
        if side**2 == tokens.shape[1] - first:
            break
    return first, side


def _enlarge(maps: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Resize maps ``(n, h, w)`` bilinearly."""
    tensor = torch.from_numpy(np.ascontiguousarray(maps, dtype=np.float32))[:, None]
    return nn.functional.interpolate(tensor, size, mode="bilinear", align_corners=False)[
        :, 0
    ].numpy()
