"""Every hyper-parameter of the networks does what its docstring says: two values, two results.

Nothing is trained here: the networks, losses, rates and batches that a training would use are
built and compared.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from pipelines import CnnAgeGender
from pipelines.cnn.batches.batches import FaceSet
from pipelines.cnn.layers.conv_norm import ConvNorm
from pipelines.cnn.network.backbones import create_backbone
from pipelines.cnn.network.heads import create_age_head
from pipelines.cnn.network.network import FaceLoss, layer_groups
from pipelines.cnn.training.callbacks import OneCycle, WeightAverage
from pipelines.cnn.training.loop import _build_net, build_network
from pipelines.testing import striped_faces

X, Y = striped_faces(40)
TARGETS = np.column_stack([Y, np.ones(40)]).astype(np.float32)
TINY = {"backbone": "test_efficientnet", "weights": None, "image_size": 32, "batch_size": 16}


def net_of(**parameters):
    """The net that a training with these parameters would begin with."""
    cnn = CnnAgeGender(**{**TINY, **parameters})
    torch.manual_seed(0)
    backbone = create_backbone(
        cnn.backbone, weights=cnn.weights, image_size=cnn.image_size, drop_path=cnn.drop_path
    )
    network = build_network(cnn, backbone, cnn._head(), torch.from_numpy(TARGETS))
    return _build_net(cnn, network, cnn._head(), "cpu", "fp32", seed=0)


def batches_of(net):
    return list(net.get_iterator(FaceSet(X, np.arange(40), TARGETS), training=True))


def rates_by_name(net):
    """Rate and decay of every parameter, by the name it has in the network."""
    names = {parameter: name for name, parameter in net.module_.named_parameters()}
    return {
        names[parameter]: (group["lr"], group["weight_decay"])
        for group in net.optimizer_.param_groups
        for parameter in group["params"]
    }


def test_rates_fall_by_layer_decay_from_the_heads_to_the_stem():
    net = net_of(lr=0.01, layer_decay=0.5)
    depth = layer_groups(net.module_.backbone)
    deepest = max(depth.values()) + 1
    found = rates_by_name(net)
    assert found["heads.age.weight"][0] == pytest.approx(0.01)
    for name, group in depth.items():
        assert found[f"backbone.{name}"][0] == pytest.approx(0.01 * 0.5 ** (deepest - group))
    assert found[f"backbone.{next(iter(depth))}"][0] == pytest.approx(0.01 * 0.5**deepest)
    assert {rate for rate, _ in rates_by_name(net_of(lr=0.02, layer_decay=1.0)).values()} == {0.02}


def test_only_matrices_and_kernels_decay():
    net = net_of(weight_decay=0.3)
    shapes = {name: parameter.ndim for name, parameter in net.module_.named_parameters()}
    decays = {name: decay for name, (_, decay) in rates_by_name(net).items()}
    assert any(dimensions == 1 for dimensions in shapes.values())
    for name, dimensions in shapes.items():
        assert decays[name] == (0.3 if dimensions > 1 else 0.0), name
    assert decays["heads.gender.bias"] == 0.0
    assert {decay for _, decay in rates_by_name(net_of(weight_decay=0.0)).values()} == {0.0}


def test_the_loss_weighs_gender():
    outputs = {"age": torch.zeros(2, 131), "gender": torch.tensor([[2.0], [-1.0]])}
    targets = torch.tensor([[[30.0, 1.0, 1.0]], [[40.0, 1.0, 1.0]]])
    head = create_age_head("distribution")
    age = FaceLoss(head, False)(outputs, targets)
    gender = torch.log1p(torch.exp(torch.tensor([-2.0, 1.0]))).mean()
    for weight in (0.0, 1.0, 2.5):
        found = FaceLoss(head, True, gender_weight=weight)(outputs, targets)
        torch.testing.assert_close(found, age + weight * gender)


def test_label_smoothing_moves_both_labels_towards_the_middle():
    logit = torch.tensor([[3.0], [3.0]])
    targets = torch.tensor([[[0.0, 1.0, 1.0]], [[0.0, 0.0, 1.0]]])
    p = torch.sigmoid(logit[:, 0])
    for smoothing in (0.0, 0.2):
        label = torch.tensor([1 - smoothing / 2, smoothing / 2])
        expected = -(label * p.log() + (1 - label) * (1 - p).log()).mean()
        loss = FaceLoss(None, True, label_smoothing=smoothing)
        torch.testing.assert_close(loss({"gender": logit}, targets), expected)


def test_settings_of_the_loss_reach_the_net():
    loss = net_of(label_smoothing=0.3, gender_weight=4.0).criterion_
    assert (loss.label_smoothing, loss.gender_weight) == (0.3, 4.0)
    ordinal, distribution = (
        net_of(age_head=name).module_.heads for name in ("ordinal", "distribution")
    )
    assert (ordinal["age"].out_features, distribution["age"].out_features) == (130, 131)


def test_dropout_and_stochastic_depth():
    for dropout in (0.0, 0.4):
        assert net_of(dropout=dropout).module_.dropout.p == dropout

    def paths(net):
        return [m.drop_prob for m in net.module_.modules() if type(m).__name__ == "DropPath"]

    assert max(paths(net_of(drop_path=0.3, backbone="test_convnext"))) == pytest.approx(0.3)
    assert not any(paths(net_of(drop_path=0.0, backbone="test_convnext")))


def test_frozen_stages_and_norms():
    def trained(net):
        return sum(p.requires_grad for p in net.module_.parameters())

    assert trained(net_of(freeze_stages=2)) < trained(net_of(freeze_stages=1)) < trained(net_of())
    for norm, live in (("batch", True), ("frozen", False)):
        layers = [m for m in net_of(norm=norm).module_.modules() if isinstance(m, ConvNorm)]
        assert layers
        assert {layer.live for layer in layers} == {live}


def test_batches_sizes_and_epochs():
    assert [len(images) for images, _ in batches_of(net_of())] == [16, 16, 8]
    assert len(batches_of(net_of(batch_size=8))) == 5
    growing = net_of(first_image_size=16, image_size=64, epochs=4)
    assert growing.iterator_train__sizes == [16, 32, 64, 64]
    assert net_of(image_size=64, epochs=3).iterator_train__sizes == [64, 64, 64]


def test_augmentation_and_mixup():
    (plain, _), *_ = batches_of(net_of(augment="none"))
    (again, _), *_ = batches_of(net_of(augment=None))
    (strong, _), *_ = batches_of(net_of(augment="strong"))
    (light, _), *_ = batches_of(net_of(augment="mirror"))
    assert torch.equal(plain, again)
    assert (strong - plain).abs().mean() > (light - plain).abs().mean() > 0
    (mixed, targets), *_ = batches_of(net_of(augment="none", mixup=0.5))
    assert not torch.equal(mixed, plain)
    assert targets.shape[1] == 2, "two answers to every image"
    torch.testing.assert_close(targets[:, :, 2].sum(1), torch.ones(16))


def test_the_rate_rises_and_falls_once():
    rate = OneCycle(100)
    factors = [rate.factor(step) for step in range(101)]
    assert np.argmax(factors) == 15
    assert factors[0] == pytest.approx(0.04)
    assert factors[-1] == pytest.approx(0.01)
    assert factors[15] == pytest.approx(1.0)
    assert np.all(np.diff(factors[15:]) < 0)


class _Net:
    """As much of a skorch net as an average looks at."""

    def __init__(self):
        self.module_ = nn.Linear(1, 1, bias=False)

    def set(self, value):
        with torch.no_grad():
            self.module_.weight.fill_(value)


def test_the_average_follows_the_weights_by_its_decay():
    net, average = _Net(), WeightAverage(decay=0.5)
    net.set(0.0)
    average.on_train_begin(net)
    average.step = 1000  # past the start, where the decay is smaller
    expected = 0.0
    for value in (1.0, 2.0, 3.0):
        net.set(value)
        average.on_batch_end(net, training=True)
        expected = 0.5 * expected + 0.5 * value
        assert float(average.average["weight"]) == pytest.approx(expected)
    with average.applied(net):
        assert net.module_.weight.item() == pytest.approx(expected)
    assert net.module_.weight.item() == 3.0


def test_the_average_answers_and_none_means_the_last_weights():
    quick = {**TINY, "epochs": 2, "lr": 0.05, "layer_decay": 1.0, "random_state": 0, "threads": 1}
    parts = {"select": (X, Y), "calibrate": (X, Y)}
    slow = CnnAgeGender(**quick, ema=0.999).fit(X, Y, **parts)
    last = CnnAgeGender(**quick, ema=None).fit(X, Y, **parts)
    still = CnnAgeGender(**quick, ema=0.0).fit(X, Y, **parts)
    assert not np.allclose(slow.predict(X)[:, 0], last.predict(X)[:, 0], atol=0.1)
    np.testing.assert_allclose(still.predict(X), last.predict(X), atol=1e-4)


def test_members_and_mirror_multiply_the_views():
    quick = {**TINY, "epochs": 1, "random_state": 0, "threads": 1}
    two = CnnAgeGender(**quick, members=2, mirror=True).fit(X, Y)
    views = next(two.net_.outputs(X[:4], size=32, batch_size=4, mirror=two.mirror))
    assert len(views) == 4
    assert [row["member"] for row in two.training_.history] == [1, 2]
    plain = two.set_params(mirror=False)
    assert len(next(plain.net_.outputs(X[:4], size=32, batch_size=4, mirror=plain.mirror))) == 2
