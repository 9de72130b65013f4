"""Batches straight from an array of images, most often a read-only memory map.

There is no loader and no per-item work: one batch is one fancy index into the map and a few
tensor operations on all of its faces (``benchmarks/cnn_throughput.py`` compares the two).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from .augment import Augmentation, resize


class FaceSet(Dataset[tuple[Tensor, Tensor]]):
    """Some rows of an image array with their targets ``(n, k)``, never copied as a whole."""

    def __init__(self, images: np.ndarray, rows: np.ndarray, targets: np.ndarray) -> None:
        self.images = images
        self.rows = rows
        self.targets = targets

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        image = gather(self.images, self.rows[[index]])[0]
        return image, torch.from_numpy(self.targets[index])


def seeded_generator(*key: int) -> torch.Generator:
    """Return a generator whose stream is a function of ``key`` alone (seed, epoch, batch...)."""
    state = np.random.SeedSequence(key).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state) & (2**63 - 1))


def gather(images: np.ndarray, rows: np.ndarray) -> Tensor:
    """Copy some images out of an array into one uint8 tensor ``(n, 3, H, W)``, channels last.

    Rows are read in the order of the file and put back, because a memory map on a spinning or
    network disk dislikes jumping back and forth.
    """
    order = np.argsort(rows, kind="stable")
    batch = np.empty((len(rows), *images.shape[1:]), dtype=images.dtype)
    batch[order] = images[rows[order]]
    if batch.ndim == 3:
        batch = np.repeat(batch[..., None], 3, axis=-1)
    return torch.from_numpy(batch).permute(0, 3, 1, 2)


class TrainingBatches:
    """Shuffled, augmented batches of one epoch; the order depends on seed and epoch only.

    Sides of the images are given for every epoch (progressive resizing). A last batch of one face
    is left out: it has no batch statistics. Every pass moves on by one epoch; a resumed run starts
    later.

    Targets are ``(n, p, k)``: p answers to every image, more than one only under mixup (Zhang et
    al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018); the last of the k columns is the
    answer's weight.
    """

    def __init__(
        self,
        faces: FaceSet,
        batch_size: int,
        sizes: list[int],
        augmentation: Augmentation,
        seed: int,
        epoch: int = 0,
        mixup: float = 0.0,
        device: str = "cpu",
    ) -> None:
        self.faces = faces
        self.batch_size = batch_size
        self.sizes = sizes
        self.augmentation = augmentation
        self.seed = seed
        self.epoch = epoch
        self.mixup = mixup
        self.device = device

    def __len__(self) -> int:
        full, rest = divmod(len(self.faces), self.batch_size)
        return full + (rest > 1 or not full)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        epoch, self.epoch = self.epoch, self.epoch + 1
        order = torch.randperm(
            len(self.faces), generator=seeded_generator(self.seed, epoch)
        ).numpy()
        size = self.sizes[min(epoch, len(self.sizes) - 1)]
        for step in range(len(self)):
            chosen = order[step * self.batch_size : (step + 1) * self.batch_size]
            pixels = gather(self.faces.images, self.faces.rows[chosen]).to(self.device)
            images = self.augmentation(pixels, size, seeded_generator(self.seed, epoch, step))
            targets = torch.from_numpy(self.faces.targets[chosen])[:, None]
            if self.mixup:
                images, targets = self._mix(images, targets, epoch, step)
            yield images, targets

    def _mix(self, images: Tensor, targets: Tensor, epoch: int, step: int) -> tuple[Tensor, Tensor]:
        """Blend every face with the next one of the batch; both answers count by their share."""
        draw = np.random.default_rng((self.seed, epoch, step, 1))
        share = torch.from_numpy(draw.beta(self.mixup, self.mixup, len(images))).float()
        blend = share.to(images.device)[:, None, None, None]
        mixed = torch.lerp(images.roll(1, 0), images, blend)
        partners = targets.roll(1, 0).clone()
        targets = targets.clone()
        targets[..., -1] *= share[:, None]
        partners[..., -1] *= 1 - share[:, None]
        return mixed, torch.cat([targets, partners], 1)


def plain_batches(images: np.ndarray, batch_size: int, size: int) -> Iterator[Tensor]:
    """Yield float32 batches ``(n, 3, size, size)`` in order, resized but not varied."""
    for start in range(0, len(images), batch_size):
        rows = np.arange(start, min(start + batch_size, len(images)))
        yield resize(gather(images, rows), size).contiguous(memory_format=torch.channels_last)
