"""Any timm model with each convolution and its batch normalisation as one layer, and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise

import torch
from timm.layers import BatchNormAct2d, Conv2dSame
from torch import nn

from .conv_norm import ConvNorm

_plain: ContextVar[bool] = ContextVar("plain", default=False)


@contextmanager
def plain_layers() -> Iterator[None]:
    """Leave networks built in this block as timm made them: the one switch for all layers here.

    The same function with other rounding and two to three times the training time; for comparing,
    and for ruling the layers out where something looks wrong.
    """
    token = _plain.set(True)
    try:
        yield
    finally:
        _plain.reset(token)


@torch.no_grad()
def join_conv_norm(model: nn.Module, image_size: int, *, live: bool = False) -> tuple[bool, bool]:
    """Replace every convolution that a batch normalisation follows by :class:`ConvNorm`.

    TensorFlow's "same" padding adds the odd row below and right, PyTorch's above and left, so that
    such models copy every strided layer's input into a larger one first. Turned by 180 degrees,
    images and kernels alike, the odd row is where PyTorch puts it and no copy is needed; with
    global pooling at the end nobody can tell the difference.

    Pairs are recognised by their place (a convolution and the next child, a normalisation of as
    many channels). Whether the place was right is checked by a test image: a model that answers
    otherwise is left as it was. Returned are whether it was joined, and whether it wants its images
    turned.
    """
    pairs = [] if _plain.get() else _find_pairs(model)
    if not pairs:
        return False, False
    rotate = any(isinstance(module, Conv2dSame) for module in model.modules())
    was_training = model.training
    model.eval()
    image = torch.rand(1, 3, image_size, image_size, generator=torch.Generator().manual_seed(0))
    before = model(image)
    undo = [
        (parent, name, child)
        for parent, *names in pairs
        for name in names
        for child in [getattr(parent, name)]
    ]
    for parent, conv, norm in pairs:
        joined = ConvNorm(getattr(parent, conv), getattr(parent, norm), live=live, rotate=rotate)
        setattr(parent, conv, joined)
        setattr(parent, norm, _activation_of(getattr(parent, norm)))
    model.eval()  # new layers start in training mode
    after = model(image.flip(2, 3) if rotate else image)
    same = torch.allclose(before, after, rtol=1e-3, atol=1e-3 * float(before.abs().max()))
    if not same:
        for parent, name, child in undo:
            setattr(parent, name, child)
    model.train(was_training)
    return same, same and rotate


def fold_layers(module: nn.Module) -> nn.Module:
    """Replace every :class:`ConvNorm` by the plain convolution it amounts to, in place.

    For networks that leave PyTorch.
    """
    for name, child in module.named_children():
        if isinstance(child, ConvNorm):
            setattr(module, name, child.as_convolution())
        else:
            fold_layers(child)
    return module


def _find_pairs(model: nn.Module) -> list[tuple[nn.Module, str, str]]:
    """Return ``(parent, convolution, normalisation)`` of neighbouring children."""
    pairs = []
    for parent in model.modules():
        children = list(parent.named_children())
        for (first, conv), (second, norm) in pairwise(children):
            if (
                type(conv) in (nn.Conv2d, Conv2dSame)
                and isinstance(conv, nn.Conv2d)
                and isinstance(norm, nn.BatchNorm2d)
                and norm.num_features == conv.out_channels
                and conv.bias is None
                and conv.padding_mode == "zeros"
                and conv.dilation == (1, 1)
                and len({*conv.kernel_size}) == len({*conv.stride}) == 1
                and norm.affine
                and norm.track_running_stats
            ):
                pairs.append((parent, first, second))
    return pairs


def _activation_of(norm: nn.Module) -> nn.Module:
    """Return what timm's normalisation does after normalising."""
    if isinstance(norm, BatchNormAct2d):
        return nn.Sequential(norm.drop, norm.act)
    return nn.Identity()
