"""Batch statistics for a network whose weights were published without them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from .backbones import Backbone

_SMALLEST_VARIANCE = 1e-8  # of a channel that never answers


@torch.no_grad()
def restore_statistics(backbone: Backbone, batches: Iterable[Tensor]) -> None:
    """Give normalisations the statistics of real pictures, without a change of what they return.

    A network that is meant for answering only may be published with every normalisation folded into
    a scale and a shift per channel; its mean and variance are lost. To train it on with
    normalisation by batches, as it was trained, mean and variance of every channel are measured on
    some pictures (0-255), and scale and shift rewritten so that the network answers as before: then
    a batch's own statistics, close to those measured, change the answers little.

    A normalisation answers ``w (x - m) / s + b``. With the measured mean ``M`` and deviation ``S``
    it becomes ``W (x - M) / S + B`` where ``W = w S / s`` and ``B = b + w (M - m) / s``.
    """
    module = backbone.module
    norms = [m for m in module.modules() if isinstance(m, _BatchNorm)]
    sums: dict[nn.Module, list[Any]] = {norm: [0, 0.0, 0.0] for norm in norms}

    def look(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        x = inputs[0].double()
        over = [d for d in range(x.ndim) if d != 1]
        found = sums[norm]
        found[0] += x.numel() // x.shape[1]
        found[1] = found[1] + x.sum(over)
        found[2] = found[2] + x.square().sum(over)

    hooks = [norm.register_forward_pre_hook(look) for norm in norms]
    mean, std = (torch.tensor(v).reshape(1, -1, 1, 1) for v in (backbone.mean, backbone.std))
    was_training = module.training
    module.eval()
    for batch in batches:
        module((batch - mean) / std)
    module.train(was_training)
    for hook in hooks:
        hook.remove()
    for norm, (count, total, squares) in sums.items():
        if count:
            _rewrite(norm, total / count, squares / count)


def _rewrite(norm: Any, mean: Tensor, square: Tensor) -> None:
    variance = (square - mean.square()).clamp_min(_SMALLEST_VARIANCE)
    factor = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
    shift = factor * (mean - norm.running_mean.double())
    norm.weight.copy_(factor * (variance + norm.eps).sqrt())
    norm.bias.copy_(norm.bias.double() + shift)
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
