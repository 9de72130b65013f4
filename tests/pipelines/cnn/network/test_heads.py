"""Age heads, decoding, calibration and augmentation against what they are defined as."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import expit
from torch.nn import functional

from pipelines.cnn.batches.augment import AUGMENTATIONS, Augmentation, create_augmentation, resize
from pipelines.cnn.batches.batches import FaceSet, TrainingBatches, gather, seeded_generator
from pipelines.cnn.network.answers import Answers, decode, fit_temperature, selection_score
from pipelines.cnn.network.heads import AGE_HEADS, MAX_AGE, check_age_labels, create_age_head
from pipelines.cnn.training.settings import image_sizes


@pytest.mark.parametrize("name", AGE_HEADS)
def test_gradient_descent_on_the_loss_reaches_the_labels(name):
    head, age = create_age_head(name), torch.tensor([1.0, 26.0, 40.5, 116.0])
    outputs = torch.zeros(4, head.n_outputs, requires_grad=True)
    optimizer = torch.optim.Adam([outputs], lr=0.3)
    for _ in range(400):
        optimizer.zero_grad()
        head.loss(outputs, age).sum().backward()
        optimizer.step()
    found, spread = head.decode([outputs.detach()])
    assert ((found - age).abs() < 0.6 + 0.03 * age).all()
    assert (spread > 0).all()


@pytest.mark.parametrize("name", AGE_HEADS)
def test_untrained_head_answers_the_average(name):
    rng = np.random.default_rng(0)
    age = torch.from_numpy(rng.gamma(4, 8, 500).clip(1, 110).astype(np.float32))
    head = create_age_head(name)
    bias = head.initial_bias(age)
    assert bias.shape == (head.n_outputs,)
    assert abs(float(head.expectation(bias[None])) - float(age.mean())) < 4


def test_the_bias_of_the_distribution_is_centred():
    bias = create_age_head("distribution").initial_bias(torch.tensor([20.0, 30.0]))
    assert float(bias.mean()) == pytest.approx(0, abs=1e-5)


def test_distribution_head_knows_median_mean_and_spread():
    p = torch.full((2, MAX_AGE + 1), 1e-12)
    p[0, 20], p[0, 30] = 0.5, 0.5
    p[1, 0], p[1, 40], p[1, 90] = 0.2, 0.6, 0.2
    head = create_age_head("distribution")
    age, spread = head.decode([p.log()])
    # a year's probability lies evenly within half a year on either side
    assert age.numpy() == pytest.approx([20.5, 39.5 + 0.3 / 0.6], abs=1e-3)
    assert float(spread[0]) == pytest.approx(5, abs=1e-3)
    assert head.expectation(p.log()).numpy() == pytest.approx([25, 42], abs=1e-3)


def test_certain_faces_get_their_year_at_both_ends():
    outputs = torch.full((3, MAX_AGE + 1), -40.0)
    outputs[0, 0] = outputs[1, 57] = outputs[2, MAX_AGE] = 40
    age, spread = create_age_head("distribution").decode([outputs])
    assert age.numpy() == pytest.approx([0, 57, MAX_AGE], abs=1e-4)
    assert spread.numpy() == pytest.approx([0.25] * 3)


def test_median_has_the_least_expected_absolute_error():
    rng = np.random.default_rng(0)
    outputs = torch.from_numpy(rng.normal(0, 3, (200, MAX_AGE + 1)))
    head = create_age_head("distribution")
    p = outputs.softmax(1).numpy()
    years = np.arange(MAX_AGE + 1)

    def error(age):
        return (p * np.abs(years - age[:, None])).sum(1)

    median, expectation = head.decode([outputs])[0].numpy(), head.expectation(outputs).numpy()
    # the best whole year is the optimum; the median lies within half a year of it
    best = np.min([error(np.full(200, float(year))) for year in years], axis=0)
    assert (error(median) <= best + 0.5).all()
    assert error(median).mean() < error(expectation).mean()


def test_ordinal_head_multiplies_conditional_survival():
    outputs = torch.full((1, MAX_AGE), -50.0)
    outputs[0, :3] = torch.tensor([50.0, 0.0, 0.0])  # certain, then a half, then a half
    head = create_age_head("ordinal")
    assert float(head.expectation(outputs)) == pytest.approx(1 + 0.5 + 0.25, abs=1e-3)
    age, _ = head.decode([outputs])  # half of the probability is one year, the rest older
    assert float(age) == pytest.approx(1.5, abs=1e-3)


def test_regression_views_are_averaged_and_disagreement_widens_the_spread():
    age, spread = create_age_head("regression").decode(
        [torch.tensor([[2.0]]), torch.tensor([[3.0]])]
    )
    assert float(age) == pytest.approx(25)
    assert float(spread) == pytest.approx(26**0.5)


def test_unknown_head_and_impossible_label():
    with pytest.raises(ValueError, match="did you mean 'ordinal'"):
        create_age_head("ordnal")
    with pytest.raises(ValueError, match="age label 131 in row 1"):
        check_age_labels(torch.tensor([3.0, 131.0]))
    with pytest.raises(ValueError, match="row 0"):
        check_age_labels(torch.tensor([float("nan")]))


def test_views_are_averaged_as_distributions():
    a, b = torch.full((1, MAX_AGE + 1), -40.0), torch.full((1, MAX_AGE + 1), -40.0)
    a[0, 20], b[0, 30] = 40, 40
    views = [
        {"age": a, "gender": torch.tensor([[1.0]])},
        {"age": a, "gender": torch.tensor([[0.0]])},
        {"age": b, "gender": torch.tensor([[5.0]])},
    ]
    found = decode([views], create_age_head("distribution"))
    assert found.age == pytest.approx([20.25])  # the median of 20, 20, 30, within the year of 20
    assert found.spread == pytest.approx([np.std([20, 20, 30])], rel=0.01)
    assert found.gender_logit == pytest.approx([2])


def test_temperature_is_recovered():
    rng = np.random.default_rng(0)
    logit = rng.normal(0, 2, 40_000)
    label = rng.random(40_000) < expit(logit)
    assert fit_temperature(3 * logit, label) == pytest.approx(3, rel=0.05)
    assert fit_temperature(logit, np.ones(40_000)) == 1.0


def test_selection_score_is_two_for_ignorance_and_small_for_truth():
    rng = np.random.default_rng(0)
    age, gender = rng.uniform(1, 80, 2000), rng.integers(0, 2, 2000).astype(float)
    knows_nothing = Answers(np.full(2000, np.median(age)), np.ones(2000), np.zeros(2000))
    assert selection_score(knows_nothing, age, gender)["score"] == pytest.approx(2, abs=0.01)
    knows_all = Answers(age, np.ones(2000), 20 * (gender - 0.5))
    found = selection_score(knows_all, age, gender)
    assert found["score"] < 0.01
    assert found["mae"] == 0
    assert found["gender"] == 1


def _gradient_faces(n: int, side: int = 40) -> torch.Tensor:
    ramp = torch.arange(side, dtype=torch.float32) * (200 / side) + 20
    image = torch.stack(
        [ramp.expand(side, side), ramp.expand(side, side).T, torch.full((side, side), 90)]
    )
    return image.expand(n, -1, -1, -1).to(torch.uint8)


def test_no_augmentation_changes_nothing():
    faces = _gradient_faces(3)
    found = AUGMENTATIONS["none"](faces, 40, seeded_generator(0))
    assert torch.equal(found, faces.float())


def test_mirror_flips_left_and_right_only():
    faces = _gradient_faces(4)
    always = Augmentation(1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    found = always(faces, 40, seeded_generator(0))
    torch.testing.assert_close(found, faces.flip(3).float(), atol=0.01, rtol=0)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_augmentation_is_repeatable_per_face_and_in_range(name):
    faces = _gradient_faces(16)
    found = create_augmentation(name)(faces, 32, seeded_generator(7))
    again = create_augmentation(name)(faces, 32, seeded_generator(7))
    assert torch.equal(found, again)
    assert found.shape == (16, 3, 32, 32)
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert found.min() >= 0
    assert found.max() <= 255
    if name in ("standard", "strong"):
        different = (found - found[:1]).abs().flatten(1).max(1).values[1:]
        assert (different > 1).sum() >= 14, "faces of one batch must be drawn one by one"
    assert faces.float().equal(_gradient_faces(16).float()), "the input must stay as it was"


def test_augmentation_keeps_the_mean_face():
    """Shift, scale, rotation and colour are drawn around no change."""
    faces = _gradient_faces(1).expand(400, -1, -1, -1)
    found = Augmentation(0, 0.06, 0.12, 10, 0.2, 0.2, 0.2, 0, 0, 0)(faces, 40, seeded_generator(1))
    centre = (found.mean(0) - faces[0].float())[:, 15:25, 15:25]
    assert centre.abs().max() < 4


def test_augmentation_keeps_fine_detail():
    """Faces to be judged are not resampled: what trains must be about as sharp."""
    rng = np.random.default_rng(0)
    noise = torch.from_numpy(rng.integers(0, 256, (64, 3, 48, 48)).astype(np.uint8))
    faces = functional.avg_pool2d(noise.float(), 2, stride=1).to(torch.uint8)  # detail of 2 pixels

    def detail(images):
        inner = images.float()[..., 8:-8, 8:-8]
        return float(inner.diff(dim=-1).square().mean())

    found = Augmentation(0, 0.1, 0, 0, 0, 0, 0, 0, 0, 0)(faces, 47, seeded_generator(0))
    assert detail(found) > 0.75 * detail(faces)


def test_augmentation_names():
    with pytest.raises(ValueError, match="did you mean 'strong'"):
        create_augmentation("stong")
    with pytest.raises(ValueError, match="shift must be 0 or more"):
        Augmentation(shift=-1)


def test_batches_cover_every_face_once_and_depend_on_the_epoch():
    images = np.arange(50, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 3), np.uint8)
    faces = FaceSet(images, np.arange(10, 43), np.arange(10, 43, dtype=np.float32)[:, None])
    batches = TrainingBatches(faces, 8, [4], AUGMENTATIONS["none"], seed=3)
    epochs = [[(x[:, 0, 0, 0], y[:, 0, 0]) for x, y in batches] for _ in range(2)]
    for epoch in epochs:
        assert len(epoch) == len(batches) == 4  # the single face that is left over waits
        labels = torch.cat([y for _, y in epoch])
        assert torch.equal(torch.cat([x for x, _ in epoch]), labels)
        assert len(labels.unique()) == 32
    assert not torch.equal(epochs[0][0][1], epochs[1][0][1])
    resumed = TrainingBatches(faces, 8, [4], AUGMENTATIONS["none"], seed=3, epoch=1)
    assert torch.equal(next(iter(resumed))[1][:, 0, 0], epochs[1][0][1])


def test_mixup_blends_faces_and_shares_their_answers():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (8, 4, 4, 3), dtype=np.uint8)
    targets = np.column_stack([np.arange(8), np.ones(8)]).astype(np.float32)
    faces = FaceSet(images, np.arange(8), targets)
    batches = TrainingBatches(faces, 8, [4], AUGMENTATIONS["none"], seed=0, mixup=0.4)
    mixed, answers = next(iter(batches))
    assert answers.shape == (8, 2, 2)
    torch.testing.assert_close(answers[..., 1].sum(1), torch.ones(8))
    pixels = gather(images, np.arange(8)).float()
    first, second = answers[:, :, 0].long().unbind(1)
    share = answers[:, 0, 1][:, None, None, None]
    expected = share * pixels[first] + (1 - share) * pixels[second]
    torch.testing.assert_close(mixed, expected, atol=1e-3, rtol=0)


def test_gather_reads_a_memory_map_in_any_order(tmp_path):
    images = np.random.default_rng(0).integers(0, 255, (20, 6, 6, 3), dtype=np.uint8)
    np.save(tmp_path / "x.npy", images)
    rows = np.array([7, 0, 19, 7])
    found = gather(np.load(tmp_path / "x.npy", mmap_mode="r"), rows)
    assert np.array_equal(found.permute(0, 2, 3, 1).numpy(), images[rows])
    grey = gather(images[..., 0], rows)
    assert torch.equal(grey[:, 0], grey[:, 2])


def test_sizes_grow_and_end_at_the_asked_one():
    sizes = image_sizes(64, 128, 8)
    assert sizes[0] == 64
    assert image_sizes(5, 64, 4)[0] == 5, "rounding must not go below what was asked"
    assert sizes[-2:] == [128, 128]
    assert sizes == sorted(sizes)
    assert image_sizes(None, 96, 2) == [96, 96]
    assert resize(_gradient_faces(2), 20).shape == (2, 3, 20, 20)
