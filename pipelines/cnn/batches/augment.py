"""Augmentation of whole batches of uint8 images on tensors, every face drawn on its own.

One affine resampling does mirror, shift, scale, rotation and the change of size together, so
that a batch is touched a handful of times and never one image at a time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import torch
from torch import Generator, Tensor
from torch.nn import functional

from basis.words import did_you_mean

from .quality import add_noise, compress, signed, vary_sharpness

#: Rec. 601 luma: what a grey version of an RGB pixel is.
LUMA = (0.299, 0.587, 0.114)

#: Lowest JPEG quality of ``compression``.
WORST_QUALITY = 30


@dataclass(frozen=True)
class Augmentation:
    """How far training images are varied; every field 0 leaves them as they are.

    Parameters
    ----------
    mirror : float
        Probability of a left-right flip.
    shift : float
        Largest shift as a share of the image side, each direction.
    scale : float
        Largest relative change of size.
    rotation : float
        Largest rotation in degrees.
    brightness, contrast, saturation : float
        Largest relative change.
    grey : float
        Probability of losing all colour.
    blur : float
        Probability of a 3 x 3 box blur.
    erase : float
        Probability of a grey rectangle over 4-20% of the area (random erasing).
    softness, sharpness : float
        Widest Gaussian in hundredths of the image side, and largest amount of unsharp masking
        with one of the same widths; see :func:`pipelines.cnn.batches.quality.vary_sharpness`.
    noise : float
        Largest standard deviation of noise in grey levels, on half of the images.
    compression : float
        Probability of JPEG compression, quality 30 to 95.

    Examples
    --------
    >>> from pipelines import Augmentation, CnnAgeGender
    >>> turned = Augmentation(rotation=25, erase=0)
    >>> CnnAgeGender(augment=turned).augment.rotation
    25
    """

    __module__ = "pipelines"

    mirror: float = 0.5
    shift: float = 0.06
    scale: float = 0.12
    rotation: float = 10.0
    brightness: float = 0.2
    contrast: float = 0.2
    saturation: float = 0.2
    grey: float = 0.05
    blur: float = 0.1
    erase: float = 0.25
    softness: float = 0.0
    sharpness: float = 0.0
    noise: float = 0.0
    compression: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value >= 0:
                raise ValueError(f"augmentation {field.name} must be 0 or more, not {value}")
        if self.sharpness and not self.softness:
            raise ValueError("augmentation sharpness needs softness, the widths of its Gaussians")

    def __call__(self, images: Tensor, size: int, generator: Generator) -> Tensor:
        """Return uint8 images ``(n, 3, H, W)`` varied: float32 ``(n, 3, size, size)``, 0-255."""
        result = self._resample(images, size, generator)
        result = self._colour(result, generator)
        result = self._blur(result, generator)
        result = self._quality(result, generator)
        return self._erase(result, generator).contiguous(memory_format=torch.channels_last)

    def _resample(self, images: Tensor, size: int, generator: Generator) -> Tensor:
        if not (self.mirror or self.shift or self.scale or self.rotation):
            return resize(images, size)
        n = len(images)
        flip = torch.where(torch.rand(n, generator=generator) < self.mirror, -1.0, 1.0)
        factor = torch.exp(signed(n, generator) * math.log1p(self.scale))
        angle = signed(n, generator) * math.radians(self.rotation)
        shift = 2 * self.shift * signed(2 * n, generator).reshape(n, 2)
        cosine, sine = factor * angle.cos(), factor * angle.sin()
        # the matrix maps output to input coordinates, both in -1..1
        matrix = torch.stack(
            [
                torch.stack([flip * cosine, -flip * sine, shift[:, 0]], 1),
                torch.stack([sine, cosine, shift[:, 1]], 1),
            ],
            1,
        ).to(images.device)
        grid = functional.affine_grid(matrix, [n, 3, size, size], align_corners=False)
        # bilinear sampling would blur what trains, and faces to be judged come unblurred;
        # sampling far below the source's resolution needs a low-pass first
        source = resize(images, size) if images.shape[-1] > 1.6 * size else _as_float(images)
        return functional.grid_sample(
            source, grid, mode="bicubic", padding_mode="reflection", align_corners=False
        ).clamp_(0, 255)

    def _colour(self, images: Tensor, generator: Generator) -> Tensor:
        if not (self.brightness or self.contrast or self.saturation or self.grey):
            return images
        n = len(images)
        brightness = 1 + self.brightness * signed(n, generator)
        contrast = 1 + self.contrast * signed(n, generator)
        saturation = 1 + self.saturation * signed(n, generator)
        saturation[torch.rand(n, generator=generator) < self.grey] = 0
        luma = torch.tensor(LUMA)
        # all three are linear in the pixel, so they fold into one colour matrix and one offset
        matrix = saturation[:, None, None] * torch.eye(3) + (1 - saturation)[:, None, None] * luma
        matrix = (matrix * (brightness * contrast)[:, None, None]).to(images.device)
        mean = torch.einsum("nchw,c->n", images, luma.to(images.device)) / images[0, 0].numel()
        offset = (brightness * (1 - contrast)).to(images.device) * mean
        n, _, height, width = images.shape
        mixed = torch.baddbmm(
            offset[:, None, None],
            images.permute(0, 2, 3, 1).reshape(n, height * width, 3),
            matrix.transpose(1, 2),
        )
        return mixed.clamp_(0, 255).reshape(n, height, width, 3).permute(0, 3, 1, 2)

    def _blur(self, images: Tensor, generator: Generator) -> Tensor:
        chosen = torch.rand(len(images), generator=generator) < self.blur
        if chosen.any():
            chosen = chosen.to(images.device)
            images[chosen] = functional.avg_pool2d(
                images[chosen], 3, stride=1, padding=1, count_include_pad=False
            )
        return images

    def _quality(self, images: Tensor, generator: Generator) -> Tensor:
        """Vary what differs between sources of pictures, in the order in which a camera does."""
        if self.softness:
            images = vary_sharpness(images, self.softness, self.sharpness, generator)
        if self.noise:
            images = add_noise(images, self.noise, generator)
        if self.compression:
            images = compress(images, self.compression, WORST_QUALITY, generator)
        return images

    def _erase(self, images: Tensor, generator: Generator) -> Tensor:
        size = images.shape[-1]
        for row in (torch.rand(len(images), generator=generator) < self.erase).nonzero()[:, 0]:
            area, stretch, x, y = torch.rand(4, generator=generator).tolist()
            side, aspect = size * math.sqrt(0.04 + 0.16 * area), math.exp(stretch - 0.5)
            height, width = round(side * aspect), round(side / aspect)
            top, left = round(y * (size - height)), round(x * (size - width))
            images[row, :, max(top, 0) : top + height, max(left, 0) : left + width] = 127
        return images


#: Named strengths for ``augment=``.
AUGMENTATIONS: dict[str, Augmentation] = {
    "none": Augmentation(0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "mirror": Augmentation(0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "standard": Augmentation(blur=0, softness=1.5, sharpness=2.0),
    "strong": Augmentation(
        0.5, 0.08, 0.2, 15, 0.3, 0.3, 0.4, grey=0.1, blur=0, erase=0.5, softness=1.5, sharpness=2.0
    ),
    "wild": Augmentation(
        0.5,
        0.08,
        0.25,
        15,
        0.35,
        0.35,
        0.5,
        grey=0.15,
        blur=0,
        erase=0.25,
        softness=1.5,
        sharpness=2.0,
        noise=10,
        compression=0.3,
    ),
}


def create_augmentation(choice: str | Augmentation | None) -> Augmentation:
    """Return an augmentation by name; None means no variation."""
    if choice is None:
        return AUGMENTATIONS["none"]
    if isinstance(choice, Augmentation):
        return choice
    if choice not in AUGMENTATIONS:
        raise ValueError(f"unknown augmentation {choice!r}{did_you_mean(choice, AUGMENTATIONS)}")
    return AUGMENTATIONS[choice]


def resize(images: Tensor, size: int) -> Tensor:
    """Return float32 channels-last images of ``size`` pixels, low-pass filtered when smaller."""
    images = _as_float(images)
    if images.shape[-2:] == (size, size):
        return images
    return functional.interpolate(
        images, (size, size), mode="bilinear", antialias=True, align_corners=False
    )


def _as_float(images: Tensor) -> Tensor:
    return images.to(torch.float32, memory_format=torch.channels_last)
