"""Frozen groups, the loss with unknown ages, mixed precision, and answers out of raw outputs."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch
from scipy.special import expit
from torch import nn

from pipelines.cnn.network.answers import (
    Answers,
    decode,
    fit_temperature,
    probability,
    selection_score,
)
from pipelines.cnn.network.backbones import create_backbone
from pipelines.cnn.network.heads import create_age_head
from pipelines.cnn.network.network import FaceLoss, FaceNetwork, freeze, layer_groups

NAN = float("nan")


def tiny():
    torch.manual_seed(0)
    return create_backbone("test_efficientnet", weights=None, image_size=32)


def network_of(**options):
    return FaceNetwork(tiny(), {"age": 2, "gender": 1}, image_size=32, **options)


def test_a_network_begins_at_its_biases_with_a_fifth_dropped():
    network = network_of()
    assert network.dropout.p == 0.2
    assert network.frozen == []
    assert network.members == [network]
    network.set_bias("age", torch.tensor([3.0, -2.0]))
    found = network(torch.rand(4, 3, 32, 32) * 255)
    assert found["age"].tolist() == [[3, -2]] * 4
    assert found["gender"].tolist() == [[0]] * 4
    assert not network.eval().training
    assert network.train().training
    with pytest.raises(ValueError, match="unknown norm 'none'"):
        network_of(norm="none")


def test_pixels_are_standardised_and_turned_for_a_turned_backbone():
    network = network_of().eval()
    images = torch.rand(2, 3, 32, 32) * 255
    network.backbone = nn.Identity()
    network.mean = torch.tensor([10.0, 20.0, 30.0]).reshape(1, 3, 1, 1)
    network.std = torch.tensor([2.0, 4.0, 5.0]).reshape(1, 3, 1, 1)
    expected = (images - network.mean) / network.std
    for rotated in (False, True):
        network.rotated = rotated
        turned = torch.rot90(expected, 2, (2, 3)) if rotated else expected
        torch.testing.assert_close(network.features(images), turned)


def test_the_heads_answer_in_single_precision_whatever_runs_before():
    network = network_of().eval()
    nn.init.normal_(network.heads["age"].weight)
    images = torch.rand(2, 3, 32, 32) * 255
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = network(images)["age"]
        features = network.features(images).float()
    assert found.dtype == torch.float32
    head = network.heads["age"]
    torch.testing.assert_close(found, features @ head.weight.T + head.bias)


def test_the_first_groups_keep_their_weights_and_statistics():
    """Group 0 is the stem: a convolution and its norm."""
    groups = layer_groups(tiny().module)
    deepest = max(groups.values())
    assert set(groups.values()) == set(range(deepest + 1))
    for n in (1, 2, deepest):
        backbone = tiny().module
        modules = freeze(backbone, n)
        still = {name for name, p in backbone.named_parameters() if not p.requires_grad}
        assert still == {name for name, group in groups.items() if group < n}
        own = {id(p) for module in modules for p in module.parameters(recurse=False)}
        assert own == {id(p) for p in backbone.parameters() if not p.requires_grad}
    assert freeze(tiny().module, 0) == []
    message = f"has {deepest + 1} layer groups, choose 0 to {deepest}"
    for n in (-1, deepest + 1):
        with pytest.raises(ValueError, match=message):
            freeze(tiny().module, n)
    network = network_of(freeze_stages=1).train()
    assert network.frozen
    assert not any(module.training for module in network.frozen)
    assert all(m.training for m in network_of(norm="batch").train().modules())


def test_backbones_that_timm_groups_otherwise():
    plain = nn.Linear(2, 2)
    assert layer_groups(plain) == {"weight": 0, "bias": 0}

    def finest(coarse):
        assert not coarse
        return {"stem": r"^weight", "blocks": r"^bias"}

    plain.group_matcher = finest
    assert set(layer_groups(plain)) == {"weight", "bias"}
    asked = []
    plain.group_matcher = lambda coarse: asked.append(coarse) or finest(False)
    layer_groups(plain)
    assert asked == [True]


def test_unknown_ages_and_weights_in_the_loss():
    """Regression in decades: errors of 1 and 2 cost 0.95 and 1.95; logits of 0 cost log 2."""
    outputs = {"age": torch.tensor([[3.0], [5.0], [9.0]], requires_grad=True),
               "gender": torch.zeros(3, 1)}  # fmt: skip
    targets = torch.tensor([[[20.0, 1, 1.0]], [[NAN, 0, 0.5]], [[70.0, 1, 3.0]]])
    loss = FaceLoss(create_age_head("regression"), True)(outputs, targets)
    half = np.log(2)
    assert loss.item() == pytest.approx((0.95 + half + half / 2 + 3 * (1.95 + half)) / 3)
    loss.backward()
    np.testing.assert_allclose(outputs["age"].grad[:, 0], [1 / 3, 0, 1])
    only = FaceLoss(create_age_head("regression"), False)(outputs, targets)
    assert only.item() == pytest.approx((0.95 + 3 * 1.95) / 3)
    pair = torch.cat([targets, targets], 1)
    twice = FaceLoss(create_age_head("regression"), False)(outputs, pair)
    assert twice.item() == pytest.approx(2 * (0.95 + 3 * 1.95) / 3)


def test_what_was_not_asked_is_empty():
    views = [[{"gender": torch.tensor([[1.0], [2.0]])}], [{"gender": torch.tensor([[4.0]])}]]
    found = decode(views, None)
    assert found.gender_logit.tolist() == [1, 2, 4]
    assert found.age.size == found.spread.size == 0
    one = decode([[{"age": torch.tensor([[2.0]])}]], create_age_head("regression"))
    assert (one.age.tolist(), one.gender_logit.size) == ([20], 0)
    assert one.age.dtype == np.float64
    with pytest.raises(FrozenInstanceError):
        one.age = found.age


def test_a_temperature_lies_between_a_twentieth_and_twenty():
    label = np.array([0.0, 1.0, 0.0, 1.0])
    right = np.array([-1.0, 1.0, -1.0, 1.0])
    assert fit_temperature(right, label) == pytest.approx(0.05, rel=1e-3)
    assert fit_temperature(-right, label) == pytest.approx(20, rel=1e-3)
    assert fit_temperature(right, np.zeros(4)) == 1
    # of four faces at log odds 2 three are right: the best are log 3
    found = fit_temperature(np.full(4, 2.0) * (1, 1, -1, -1), np.array([1.0, 0, 0, 0]))
    assert found == pytest.approx(2 / np.log(3), rel=1e-3)
    np.testing.assert_allclose(probability(np.array([3.0, -1]), 2.0), expit([1.5, -0.5]))


def test_the_score_of_an_epoch_by_hand():
    """Known ages 10, 20, 60 lie 16.7 from their median on average; errors are 1, 3 and 2."""
    age = np.array([10.0, NAN, 20.0, 60.0])
    answers = Answers(np.array([11.0, 99, 17, 62]), np.ones(4), np.empty(0))
    found = selection_score(answers, age, np.full(4, NAN))
    assert found == {"mae": pytest.approx(2), "score": pytest.approx(2 / (50 / 3))}
    same = selection_score(answers, np.array([10.5, NAN, 10.5, 10.5]), np.zeros(4))
    assert same["score"] == pytest.approx(same["mae"]), "at least a year of deviation"
    logit = np.array([0.4, -0.4, 0.4, 0.4, -0.4, -0.4, 0.4, -0.4])
    gender = np.array([1.0, 1, 1, 1, 0, 0, 0, 0])
    told = selection_score(Answers(np.empty(0), np.empty(0), logit), age, gender)
    share = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25)) / np.log(2)
    assert told == {"gender": 0.75, "score": pytest.approx(share, rel=1e-4)}
    zero = selection_score(Answers(np.empty(0), np.empty(0), np.zeros(2)), age, gender[3:5])
    assert zero["gender"] == 0.5, "log odds of 0 say no"
