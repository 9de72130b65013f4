"""Backbones: any timm model by name, with its input normalisation and its weights."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import timm
import torch
from torch import nn

from . import dlib_face_resnet  # registers its name with timm
from .weights import (
    WeightSource,
    load_weights,
    pretrained_state,
    read_weights,
    rename_in_order,
    weight_package,
)


@dataclass(frozen=True)
class Backbone:
    """A feature extractor ``(n, 3, H, W) -> (n, n_features)`` with everything needed to feed it.

    ``mean`` and ``std`` are on the 0-255 scale of the pixels; ``fixed_size`` networks take images
    of the one size they were built for; ``folded`` weights came without the statistics of the
    batches they were trained on (:func:`pipelines.cnn.network.statistics.restore_statistics`).
    """

    module: nn.Module
    n_features: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    source: WeightSource
    fixed_size: bool = False
    folded: bool = False

    def check_sizes(self, first: int | None, last: int) -> None:
        """``ValueError`` if images shall grow from a ``first`` size the network does not take."""
        if first in (None, last):
            return
        if self.fixed_size:
            raise ValueError(
                f"this backbone takes images of one size only, not {first} and {last} px: set "
                f"first_image_size=None"
            )
        config: Any = self.module.pretrained_cfg
        _count_features(self.module, config["architecture"], first)


def check_backbone(name: str) -> str:
    """Return ``name`` if timm knows it; ``ValueError`` with the nearest names otherwise."""
    if not isinstance(name, str):
        raise TypeError(f"backbone must be the name of a timm model, not {type(name).__name__}")
    architecture, _, tag = name.partition(".")
    if timm.is_model(architecture):
        tagged = timm.list_pretrained(f"{architecture}.*") if tag else []
        if tag and name not in tagged:
            raise ValueError(
                f"timm {timm.__version__} has no weights {name!r}: choose "
                f"{' or '.join(map(repr, [architecture, *tagged]))}"
            )
        return name
    near = difflib.get_close_matches(name, timm.list_models(), n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else ""
    raise ValueError(
        f"timm {timm.__version__} has no model {name!r}: {hint or 'see timm.list_models()'}"
    )


def create_backbone(
    name: str = "tf_efficientnet_lite0",
    *,
    weights: str | Path | None = "pretrained",
    image_size: int = 128,
    allow_download: bool = False,
    drop_path: float = 0.0,
) -> Backbone:
    """Build a timm model without its classifier and load its weights.

    ``'pretrained'`` weights are those shipped here (``dlib_face_resnet``), of an installed package,
    of the hub's cache, then a download where that is allowed; ``'imagenet'`` refuses those that are
    known to come from elsewhere; a path is a safetensors file or a PyTorch checkpoint; None keeps
    the random initialisation. An unknown name, a size that the architecture refuses and weights of
    another architecture are a ``ValueError``.
    """
    check_backbone(name)
    module = _create(name, image_size, drop_path)
    config = module.pretrained_cfg
    mean = tuple(255.0 * value for value in config["mean"])
    std = tuple(255.0 * value for value in config["std"])
    if weights is None:
        source = WeightSource("random")
    elif weights in ("pretrained", "imagenet"):
        if weights == "imagenet" and name.partition(".")[0] == dlib_face_resnet.NAME:
            raise ValueError(f"{name} was trained on faces, not on ImageNet: weights='pretrained'")
        state, source = pretrained_state(name, config, allow_download)
        package = weight_package(name)
        if package is not None and source.kind == "package":
            mean, std = (package.mean,) * 3, (package.std,) * 3
            state = rename_in_order(state, _create(name, image_size, 0.0, n_classes=1000))
        load_weights(module, state, name, source.location)
    else:
        state, source = read_weights(Path(weights))
        load_weights(module, state, name, source.location)
    n_features = _count_features(module, name, image_size)
    fixed_size = bool(config.get("fixed_input_size", False))
    folded = source.kind != "random" and bool(getattr(module, "folded_norm", False))
    return Backbone(module, n_features, mean, std, source, fixed_size, folded)


def _create(name: str, image_size: int, drop_path: float, n_classes: int = 0) -> Any:
    """Call timm with the options this architecture understands."""
    options: dict[str, Any] = {"num_classes": n_classes}
    config = timm.get_pretrained_cfg(name)
    if config is not None and config.fixed_input_size:
        options["img_size"] = image_size
    if drop_path:
        options["drop_path_rate"] = drop_path
    # an architecture without stochastic depth, or without a choice of size, knows no such option
    for left_out in ((), ("drop_path_rate",), ("img_size",), ("drop_path_rate", "img_size")):
        chosen = {key: value for key, value in options.items() if key not in left_out}
        try:
            return timm.create_model(name, **chosen)
        except TypeError as error:
            refusal = error
        except AssertionError as error:
            raise ValueError(
                f"{name} cannot be built for {image_size} px images: {error or 'size refused'}; "
                f"choose a multiple of its patch or window size"
            ) from error
    raise refusal


def _count_features(module: nn.Module, name: str, image_size: int) -> int:
    """Run one black image through the net: its width, and whether the size fits at all."""
    module.eval()
    try:
        with torch.no_grad():
            features = module(torch.zeros(1, 3, image_size, image_size))
    except (RuntimeError, AssertionError, ValueError) as error:
        config: Any = module.pretrained_cfg
        raise ValueError(
            f"backbone {name} does not take {image_size} px images ({error}): its own size is "
            f"{config['input_size'][-1]} px, set image_size= (or first_image_size=) to that"
        ) from error
    return int(features.shape[1])
