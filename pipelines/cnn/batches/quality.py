"""How a picture was taken and kept: softness and sharpness, noise, JPEG compression.

Faces of one source share all of it, and a network learns to rely on that; other people's pictures
differ in it before they differ in anything else. Every function varies whole batches of float
images ``(n, 3, H, W)`` on the scale 0-255, each image by its own draw.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional

#: Narrowest Gaussian as a share of the widest.
_NARROWEST = 0.2


def vary_sharpness(
    images: Tensor, softness: float, sharpness: float, generator: Generator
) -> Tensor:
    """Soften about a third of the images, sharpen another third, leave the rest.

    ``softness`` is the largest standard deviation of the Gaussian, in hundredths of the image side,
    ``sharpness`` the largest amount a of unsharp masking, ``x + a (x - Gaussian(x))``.
    """
    n, channels, side = len(images), images.shape[1], images.shape[-1]
    kind = torch.rand(n, generator=generator)
    width = _NARROWEST + (1 - _NARROWEST) * torch.rand(n, generator=generator)
    amount = sharpness * torch.rand(n, generator=generator)
    amount = torch.where(kind < 1 / 3, -1.0, torch.where(kind < 2 / 3, amount, 0.0))
    changed = (amount != 0).nonzero()[:, 0]
    if not len(changed):
        return images
    sigma = (width * softness * side / 100)[changed]
    radius = max(1, int(np.ceil(2.5 * softness * side / 100)))
    steps = torch.arange(-radius, radius + 1, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (steps / sigma.clamp_min(0.1)[:, None]).square())
    kernel = (kernel / kernel.sum(1, keepdim=True)).to(images.device)
    # every image has a kernel of its own: images become channels of one picture
    weight = kernel.repeat_interleave(channels, 0)[:, None]
    chosen = images[changed].contiguous()
    flat = chosen.reshape(1, -1, *images.shape[2:])
    flat = functional.pad(flat, (radius, radius, radius, radius), mode="replicate")
    flat = functional.conv2d(flat, weight[:, :, None], groups=flat.shape[1])
    flat = functional.conv2d(flat, weight[..., None], groups=flat.shape[1])
    strength = amount[changed].to(images.device)[:, None, None, None]
    result = images.clone()
    result[changed] = chosen + strength * (chosen - flat.reshape(chosen.shape))
    return result.clamp_(0, 255)


def add_noise(images: Tensor, noise: float, generator: Generator) -> Tensor:
    """Add normal noise to about half of the images, of at most ``noise`` grey levels.

    The seed of the noise itself is drawn from ``generator``.
    """
    strength = (noise * signed(len(images), generator)).clamp_min(0)
    drawn = torch.randn(images.shape, generator=generator)
    return (
        images + strength[:, None, None, None].to(images.device) * drawn.to(images.device)
    ).clamp_(0, 255)


def compress(images: Tensor, share: float, worst: int, generator: Generator) -> Tensor:
    """Pass a share of the images through JPEG of quality ``worst`` to 95."""
    chosen = (torch.rand(len(images), generator=generator) < share).nonzero()[:, 0]
    quality = torch.randint(worst, 96, (len(images),), generator=generator)
    if not len(chosen):
        return images
    result = images.clone()
    bytes_ = images[chosen].round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    for row, picture in zip(chosen.tolist(), bytes_, strict=True):
        options = [cv2.IMWRITE_JPEG_QUALITY, int(quality[row])]
        _, code = cv2.imencode(".jpg", np.ascontiguousarray(picture[..., ::-1]), options)
        decoded = cv2.imdecode(code, cv2.IMREAD_COLOR)
        assert decoded is not None  # encoded in the line before
        decoded = np.ascontiguousarray(decoded[..., ::-1])
        result[row] = torch.from_numpy(decoded).permute(2, 0, 1).to(result)
    return result


def signed(n: int, generator: Generator) -> Tensor:
    """Return ``n`` uniform numbers in -1..1."""
    return 2 * torch.rand(n, generator=generator) - 1
