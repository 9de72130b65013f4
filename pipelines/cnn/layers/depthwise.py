"""Depthwise convolution whose backward pass is fast on CPUs, in fp32 and in bfloat16.

oneDNN (in PyTorch 2.14) computes two of its parts hundreds of times slower than the arithmetic
needs: weight gradients of 5 x 5 kernels, and, in bfloat16, input gradients of strided ones. In
an EfficientNet they cost more than everything else together, and are why bfloat16 seems not to
pay there. Here the weight gradients of large kernels come from a numba loop, and strided input
gradients from an unstrided convolution of the gradient with zeros in between; everything else
stays with oneDNN. ``benchmarks/cnn_throughput.py`` measures the difference.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from pipelines.images.kernels import kernel

_convolution_backward = torch.ops.aten.convolution_backward
#: Channels a loop works on at a time: 25 taps of them stay in the first-level cache.
_BLOCK = 128
_ONE = (1, 1)


def depthwise_conv(x: Tensor, weight: Tensor, bias: Tensor, stride: int) -> Tensor:
    """Convolve channels with kernels ``(C, 1, k, k)`` of their own, k odd, same padding."""
    kind = x.device.type
    if torch.is_autocast_enabled(kind):
        dtype = torch.get_autocast_dtype(kind)
        x, weight, bias = x.to(dtype), weight.to(dtype), bias.to(dtype)
    if kind != "cpu" or not torch.is_grad_enabled():
        return torch.conv2d(x, weight, bias, stride, weight.shape[-1] // 2, 1, len(weight))
    return _DepthwiseConv.apply(x, weight, bias, stride)


class _DepthwiseConv(torch.autograd.Function):
    """The differentiable function behind :func:`depthwise_conv`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, stride: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride = stride
        return torch.conv2d(x, weight, bias, stride, weight.shape[-1] // 2, 1, len(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        needs_x, needs_weight, needs_bias, _ = ctx.needs_input_grad
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        return (
            input_gradient(gradient, x, weight, ctx.stride) if needs_x else None,
            weight_gradient(gradient, x, weight, ctx.stride) if needs_weight else None,
            gradient.sum((0, 2, 3)) if needs_bias else None,
            None,
        )


def input_gradient(gradient: Tensor, x: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Return the gradient of the input, shaped like ``x``."""
    if stride == 1 or x.dtype != torch.bfloat16:
        return _native(gradient, x, weight, stride, (True, False, False))[0]
    n, channels, height, width = x.shape
    # zeros between the gradients turn the transposed convolution into an ordinary one
    spread = gradient.new_zeros(n, height, width, channels).permute(0, 3, 1, 2)
    spread[:, :, ::stride, ::stride] = gradient
    mirrored = weight.flip(2, 3)
    return torch.conv2d(spread, mirrored, None, 1, weight.shape[-1] // 2, 1, channels)


def weight_gradient(gradient: Tensor, x: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Return the gradient of the kernels, shaped like ``weight``."""
    if weight.shape[-1] <= 3:
        return _native(gradient, x, weight, stride, (False, True, False))[1]
    total = np.zeros((*weight.shape[2:], len(weight)), dtype=np.float32)
    arrays = (_channels_last_array(x), _channels_last_array(gradient), stride, total)
    starts = range(0, len(weight), _BLOCK)
    workers = min(torch.get_num_threads(), len(starts))
    if workers == 1:
        for start in starts:
            _correlate(*arrays, start)
    else:
        with ThreadPoolExecutor(workers) as pool:  # the blocks write to separate channels
            list(pool.map(lambda start: _correlate(*arrays, start), starts))
    return torch.from_numpy(total).permute(2, 0, 1)[:, None].to(weight.dtype)


def _native(
    gradient: Tensor, x: Tensor, weight: Tensor, stride: int, mask: tuple[bool, bool, bool]
) -> tuple[Tensor, Tensor, Tensor]:
    padding = (weight.shape[-1] // 2,) * 2
    return _convolution_backward(
        gradient, x, weight, None, (stride, stride), padding, _ONE, False, (0, 0), len(weight), mask
    )


def _channels_last_array(x: Tensor) -> np.ndarray:
    """Return float32 ``(n, H, W, C)``, C-contiguous."""
    x = x.to(torch.float32, memory_format=torch.channels_last)
    return x.permute(0, 2, 3, 1).contiguous().numpy()


@kernel
def _correlate(
    x: np.ndarray, gradient: np.ndarray, stride: int, total: np.ndarray, start: int
) -> None:
    """Add products of inputs and gradients to ``total[tap row, tap column, channel]``."""
    n, height, width, channels = x.shape
    stop = min(channels, start + _BLOCK)
    taps = total.shape[0]
    reach = taps // 2
    for face in range(n):
        for i in range(gradient.shape[1]):
            for j in range(gradient.shape[2]):
                g = gradient[face, i, j, start:stop]
                for a in range(taps):
                    row = i * stride + a - reach
                    if row < 0 or row >= height:
                        continue
                    for b in range(taps):
                        column = j * stride + b - reach
                        if column < 0 or column >= width:
                            continue
                        pixel = x[face, row, column, start:stop]
                        tap = total[a, b, start:stop]
                        for c in range(stop - start):
                            tap[c] += pixel[c] * g[c]
