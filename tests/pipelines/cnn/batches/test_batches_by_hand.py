"""Batches of faces whose pixels tell their number: order, sizes, shares under mixup."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pipelines.cnn.batches.augment import AUGMENTATIONS
from pipelines.cnn.batches.batches import (
    FaceSet,
    TrainingBatches,
    gather,
    plain_batches,
    seeded_generator,
)

IMAGES = np.arange(40, dtype=np.uint8)[:, None, None, None] + np.zeros((1, 6, 4, 3), np.uint8)


def faces(n: int) -> FaceSet:
    """Rows from the last one backwards; the target is the row, and a weight of 1."""
    rows = np.arange(39, 39 - n, -1)
    return FaceSet(IMAGES, rows, np.column_stack([rows, np.ones(n)]).astype(np.float32))


def batches(n: int, size: int, sizes=(4,), **options) -> TrainingBatches:
    return TrainingBatches(faces(n), size, list(sizes), AUGMENTATIONS["none"], 3, **options)


def test_a_stream_of_random_numbers_has_a_key():
    """NumPy's seed sequence of the key, as 63 bits."""
    for key in ((0,), (3, 1), (3, 1, 7)):
        state = int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0]) % 2**63
        assert seeded_generator(*key).initial_seed() == state


def test_one_face():
    image, target = faces(5)[3]
    assert image.shape == (3, 6, 4)
    assert (image == 36).all()
    assert target.tolist() == [36, 1]
    assert len(faces(5)) == 5


def test_colours_come_before_rows():
    one = IMAGES[:2].copy()
    one[1, 2, 3] = (7, 8, 9)
    found = gather(one, np.array([1, 0]))
    assert found.shape == (2, 3, 6, 4)
    assert found[0, :, 2, 3].tolist() == [7, 8, 9]
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert gather(one[..., 0], np.array([1])).shape == (1, 3, 6, 4)


@pytest.mark.parametrize(
    ("n", "size", "steps"),
    [(8, 4, [4, 4]), (9, 4, [4, 4]), (10, 4, [4, 4, 2]), (1, 4, [1]), (2, 4, [2]), (3, 2, [2])],
)
def test_a_single_face_left_over_waits(n, size, steps):
    made = batches(n, size)
    assert len(made) == len(steps)
    assert [len(images) for images, _ in made] == steps


def test_the_order_is_a_permutation_by_seed_and_epoch():
    for epoch in (0, 5):
        order = torch.randperm(12, generator=seeded_generator(3, epoch))
        found = torch.cat([targets[:, 0, 0] for _, targets in batches(12, 5, epoch=epoch)])
        assert found.tolist() == (39 - order).tolist()


def test_every_epoch_has_its_side_and_the_last_one_stays():
    made = batches(4, 4, sizes=(8, 12))
    assert [next(iter(made))[0].shape[-1] for _ in range(4)] == [8, 12, 12, 12]
    assert made.epoch == 4
    assert next(iter(batches(4, 4, sizes=(8, 12), epoch=1)))[0].shape == (4, 3, 12, 12)


def test_each_step_varies_by_its_own_numbers():
    seen = []

    def varied(pixels, size, generator):
        seen.append(generator.initial_seed())
        return pixels.float()

    list(TrainingBatches(faces(10), 4, [4], varied, 3, epoch=2))
    assert seen == [seeded_generator(3, 2, step).initial_seed() for step in range(3)]


def test_without_mixup_a_face_has_one_answer():
    images, targets = next(iter(batches(6, 6)))
    assert targets.shape == (6, 1, 2)
    assert torch.equal(images[:, 0, 0, 0], targets[:, 0, 0])


def test_under_mixup_each_face_is_blended_with_the_next():
    """Shares are beta numbers of seed, epoch and step; the neighbour has the rest."""
    made = batches(12, 5, mixup=0.4, epoch=2)
    plain = [targets[:, 0, 0] for _, targets in batches(12, 5, epoch=2)]
    for step, ((images, targets), own) in enumerate(zip(made, plain, strict=True)):
        share = np.random.default_rng((3, 2, step, 1)).beta(0.4, 0.4, len(own))
        share = torch.from_numpy(share).float()
        partner = own.roll(1)
        assert torch.equal(targets[:, 0, 0], own)
        assert torch.equal(targets[:, 1, 0], partner)
        torch.testing.assert_close(targets[:, 0, 1], share)
        torch.testing.assert_close(targets[:, 1, 1], 1 - share)
        torch.testing.assert_close(images[:, 1, 2, 3], share * own + (1 - share) * partner)


def test_answers_without_variation_come_in_order():
    found = list(plain_batches(IMAGES[:7], 3, 4))
    assert [len(batch) for batch in found] == [3, 3, 1]
    assert torch.cat(found)[:, 0, 0, 0].tolist() == list(range(7))
    assert all(batch.shape[1:] == (3, 4, 4) for batch in found)
    assert all(batch.dtype == torch.float32 for batch in found)
    assert all(batch.is_contiguous(memory_format=torch.channels_last) for batch in found)
