"""Pooled features of a network's inner layers, read while the picture passes through."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from basis.words import did_you_mean
from pipelines.cnn.network.network import FaceNetwork


@contextmanager
def feature_reader(
    network: FaceNetwork, layers: Sequence[str]
) -> Iterator[Callable[[Tensor], Tensor]]:
    """Give a function from images to the means of inner layers and the pooled last features.

    Layers are named as modules of the backbone, and put out maps ``(n, channels, rows, columns)``.
    """
    means: dict[str, Tensor] = {}
    reader = threading.get_ident()

    def keep(name: str) -> Callable[..., None]:
        def hook(_module: Any, _inputs: Any, output: Any) -> None:
            if threading.get_ident() != reader:
                return  # another thread's pictures pass through the same network
            if not (isinstance(output, Tensor) and output.dim() == 4):
                raise ValueError(f"layer {name!r} of the backbone holds no maps")
            means[name] = output.mean((2, 3))

        return hook

    def read(images: Tensor) -> Tensor:
        last = network.features(images)
        return torch.cat([*(means[name] for name in layers), last], 1)

    handles = []
    try:
        for name in layers:
            handles.append(_layer(network, name).register_forward_hook(keep(name)))
        yield read
    finally:
        for handle in handles:
            handle.remove()


def _layer(network: FaceNetwork, name: str) -> nn.Module:
    try:
        return network.backbone.get_submodule(name)
    except AttributeError as error:
        known = [key for key, _ in network.backbone.named_modules() if key]
        raise ValueError(
            f"the backbone has no layer {name!r}{did_you_mean(name, known)}"
        ) from error
