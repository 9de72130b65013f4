"""Convolution and batch normalisation as one layer.

Fine-tuned on small batches of one domain, batch statistics help little and cost two passes over
every activation, forward and backward. With frozen ImageNet statistics the normalisation is a
factor and an offset per channel, which move into the kernel before the convolution: the same
function and the same parameters (kernel, scale, shift), without a pass over the activations.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .depthwise import depthwise_conv

#: Fewer than oneDNN takes at a time with AVX-512.
_FEW_CHANNELS = 16


class ConvNorm(nn.Module):
    """A convolution with the batch normalisation that follows it.

    The parameters are those of both, as ``weight``, ``scale`` and ``shift``. ``live`` normalises by
    the batch's own statistics while training; otherwise, and always in evaluation, the running ones
    are folded into the kernel. ``rotate`` turns the kernel by 180 degrees, see
    :func:`pipelines.cnn.layers.join.join_conv_norm`.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, conv: nn.Conv2d, norm: nn.BatchNorm2d, *, live: bool, rotate: bool) -> None:
        super().__init__()
        weight = conv.weight.detach().flip(2, 3) if rotate else conv.weight.detach()
        assert norm.running_mean is not None and norm.running_var is not None
        self.weight = nn.Parameter(weight.contiguous())
        self.scale = nn.Parameter(norm.weight.detach().clone())
        self.shift = nn.Parameter(norm.bias.detach().clone())
        self.register_buffer("mean", norm.running_mean.clone())
        self.register_buffer("variance", norm.running_var.clone())
        self.eps = norm.eps
        self.momentum = 0.1 if norm.momentum is None else norm.momentum
        self.stride = int(conv.stride[0])
        self.padding = (conv.kernel_size[0] // 2) if rotate else int(conv.padding[0])
        self.groups = conv.groups
        self.live = live
        self.depthwise = (
            conv.groups == conv.in_channels == conv.out_channels
            and self.padding == conv.kernel_size[0] // 2
            and conv.kernel_size[0] % 2 == 1
        )
        # oneDNN's gradient of strided 1 x 1 kernels writes past its memory where channels are few
        # (uxlfoundation/oneDNN issue 6035): RepVGG, MobileOne and FastViT would end in a crash
        self.skips = (
            conv.kernel_size[0] == 1
            and self.stride > 1
            and self.padding == 0
            and conv.in_channels // conv.groups < _FEW_CHANNELS
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised convolution of ``x``."""
        if self.live and self.training:
            y = self._convolve(x, self.weight, torch.zeros_like(self.shift))
            return functional.batch_norm(
                y, self.mean, self.variance, self.scale, self.shift, True, self.momentum, self.eps
            )
        return self._convolve(x, *self.folded())

    def folded(self) -> tuple[Tensor, Tensor]:
        """Return kernel and bias of the convolution that includes the normalisation."""
        factor = self.scale * (self.variance + self.eps).rsqrt()
        return self.weight * factor[:, None, None, None], self.shift - self.mean * factor

    @torch.no_grad()
    def as_convolution(self) -> nn.Conv2d:
        """Return the plain convolution this layer amounts to in evaluation."""
        outputs, inputs, rows, columns = self.weight.shape
        plain = nn.Conv2d(
            inputs * self.groups,
            outputs,
            (rows, columns),
            self.stride,
            self.padding,
            groups=self.groups,
        )
        weight, bias = self.folded()
        plain.weight.copy_(weight)
        assert plain.bias is not None
        plain.bias.copy_(bias)
        return plain

    def _convolve(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        if self.depthwise:
            return depthwise_conv(x, weight, bias, self.stride)
        stride = self.stride
        if self.skips:
            x, stride = x[:, :, ::stride, ::stride], 1
        return torch.conv2d(x, weight, bias, stride, self.padding, 1, self.groups)
