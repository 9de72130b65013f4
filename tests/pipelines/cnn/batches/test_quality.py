"""Augmentation by what differs between sources of pictures."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from pipelines.cnn.batches import quality
from pipelines.cnn.batches.augment import AUGMENTATIONS, Augmentation, create_augmentation
from pipelines.images.sharpness import sharpness


def pictures(n: int = 60, size: int = 64) -> torch.Tensor:
    rng = np.random.default_rng(0)
    grain = gaussian_filter(rng.normal(size=(n, 3, size, size)), (0, 0, 0.8, 0.8))
    return torch.from_numpy(np.clip(128 + 60 * grain, 0, 255)).float()


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def measured(images: torch.Tensor) -> np.ndarray:
    return sharpness(images.round().to(torch.uint8).permute(0, 2, 3, 1).numpy())


def test_a_third_is_softened_and_a_third_sharpened():
    images = pictures()
    before = measured(images)
    after = measured(quality.vary_sharpness(images, 1.5, 2.0, seeded()))
    softer, sharper = (after < 0.95 * before).sum(), (after > 1.05 * before).sum()
    same = (after == before).sum()
    assert 12 <= softer <= 28
    assert 10 <= sharper <= 28  # the weakest amounts and widths change little
    assert 12 <= same <= 28


def test_the_widest_gaussian_is_that_of_scipy():
    """Of one image drawn to be softened, the width is recovered by comparing with scipy."""
    images = pictures(40)
    result = quality.vary_sharpness(images, 2.0, 0.0, seeded(3))
    rows = [k for k in range(40) if not torch.equal(result[k], images[k])]
    assert rows
    for row in rows[:5]:
        widths = np.linspace(0.2, 2.0, 37) * 64 / 100  # px: hundredths of the side
        inner = result[row, :, 8:-8, 8:-8].numpy()
        errors = [
            np.abs(gaussian_filter(images[row].numpy(), (0, w, w))[:, 8:-8, 8:-8] - inner).max()
            for w in widths
        ]
        assert min(errors) < 4  # grey levels: the grid of widths is coarse


def test_noise_has_at_most_the_asked_strength():
    images = torch.full((200, 3, 32, 32), 128.0)
    strength = quality.add_noise(images, 10.0, seeded()).sub(128).std((1, 2, 3))
    assert 0.3 < (strength == 0).float().mean() < 0.7
    assert 8 < strength.max() < 10.6


def test_compression_is_jpeg_of_the_share_asked():
    images = pictures(80)
    result = quality.compress(images, 0.5, 30, seeded())
    changed = (result != images).flatten(1).any(1)
    assert 25 <= changed.sum() <= 55
    assert (result - images).abs().mean() < 20
    assert (result[changed] == result[changed].round()).all()
    assert quality.compress(images, 0.0, 30, seeded()) is images


def test_one_seed_gives_one_batch_and_the_input_stays():
    images = pictures(16).round().to(torch.uint8)
    kept = images.clone()
    wild = create_augmentation("wild")
    first, second = (wild(images, 48, seeded(7)) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(images, kept)
    assert not torch.equal(first, wild(images, 48, seeded(8)))
    assert first.shape == (16, 3, 48, 48)
    assert first.min() >= 0
    assert first.max() <= 255


def test_whatever_varies_light_varies_softness_both_ways():
    for name, one in AUGMENTATIONS.items():
        varies = one.brightness > 0
        assert (one.softness > 0) == (one.sharpness > 0) == varies, name
    images = pictures(60)
    sharp = AUGMENTATIONS["standard"]
    only = Augmentation(
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, softness=sharp.softness, sharpness=sharp.sharpness
    )
    edges = (images[..., 1:] - images[..., :-1]).abs().mean((1, 2, 3))
    result = only(images, images.shape[-1], seeded())
    after = (result[..., 1:] - result[..., :-1]).abs().mean((1, 2, 3))
    assert (after < 0.95 * edges).sum() >= 10
    assert (after > 1.05 * edges).sum() >= 10


def test_sharpening_needs_a_width():
    with pytest.raises(ValueError, match="sharpness needs softness"):
        Augmentation(sharpness=1.0)
