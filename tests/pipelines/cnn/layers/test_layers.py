"""Joined and depthwise layers give the numbers of the layers they replace."""

from __future__ import annotations

import copy

import pytest
import timm
import torch
from torch import nn

from pipelines.cnn.layers.conv_norm import ConvNorm
from pipelines.cnn.layers.depthwise import depthwise_conv
from pipelines.cnn.layers.join import fold_layers, join_conv_norm
from pipelines.cnn.network.backbones import Backbone
from pipelines.cnn.network.network import FaceNetwork, layer_groups
from pipelines.cnn.network.weights import WeightSource


def _with_statistics(name: str) -> nn.Module:
    """Return a random net whose normalisations do something."""
    torch.manual_seed(0)
    model = timm.create_model(name, num_classes=0)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)
    return model


@pytest.mark.parametrize("kernel", [3, 5, 7])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("side", [6, 9])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 2e-2)])
def test_depthwise_gradients(kernel, stride, side, dtype, tolerance):
    torch.manual_seed(0)
    channels = 133  # more than one block of the compiled loop, and a rest
    leaves = [
        torch.randn(3, channels, side, side),
        torch.randn(channels, 1, kernel, kernel) / kernel,
        torch.randn(channels),
    ]
    ours = [leaf.to(dtype).requires_grad_() for leaf in leaves]
    theirs = [leaf.detach().float().requires_grad_() for leaf in ours]
    found = depthwise_conv(*ours, stride)
    expected = torch.conv2d(*theirs, stride, kernel // 2, 1, channels)
    upstream = torch.randn_like(expected)
    found.backward(upstream.to(dtype))
    expected.backward(upstream.to(dtype).float())
    for mine, reference in [
        (found, expected),
        *((a.grad, b.grad) for a, b in zip(ours, theirs, strict=True)),
    ]:
        error = (mine.float() - reference).abs().max() / reference.abs().max()
        assert error < tolerance


@pytest.mark.parametrize("channels", [3, 12, 24])
@pytest.mark.parametrize("side", [64, 75])
def test_strided_pointwise_kernels_of_few_channels(channels, side):
    """RepVGG and FastViT start with one; in oneDNN 3 its gradient writes where it must not."""
    torch.manual_seed(0)
    conv, norm = nn.Conv2d(channels, 48, 1, stride=2, bias=False), nn.BatchNorm2d(48).eval()
    x = torch.randn(8, channels, side, side)
    expected = norm(conv(x))
    expected.square().sum().backward()
    joined = ConvNorm(conv, norm, live=False, rotate=False).to(memory_format=torch.channels_last)
    found = joined(x.to(memory_format=torch.channels_last))
    found.square().sum().backward()
    assert torch.allclose(found, expected, atol=1e-5)
    assert torch.allclose(joined.weight.grad, conv.weight.grad, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "resnet10t", "mobilenetv3_small_050"])
@pytest.mark.parametrize("side", [64, 75])
def test_joined_net_answers_as_before(name, side):
    model = _with_statistics(name).eval()
    joined = copy.deepcopy(model)
    done, rotated = join_conv_norm(joined, side)
    assert done
    assert rotated == name.startswith("tf_")
    assert any(isinstance(module, ConvNorm) for module in joined.modules())
    images = torch.rand(2, 3, side, side)
    with torch.no_grad():
        before, after = model(images), joined(images.flip(2, 3) if rotated else images)
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-4 * float(before.abs().max()))


def test_joined_net_has_the_gradients_of_batch_norm_in_evaluation():
    model = _with_statistics("tf_efficientnet_lite0").eval()
    joined = copy.deepcopy(model)
    join_conv_norm(joined, 64)
    images = torch.rand(2, 3, 64, 64)
    model(images).square().sum().backward()
    joined(images.flip(2, 3)).square().sum().backward()
    pairs = [
        (
            model.blocks[2][0].conv_dw.weight.grad,
            joined.blocks[2][0].conv_dw.weight.grad.flip(2, 3),
        ),
        (model.conv_stem.weight.grad, joined.conv_stem.weight.grad.flip(2, 3)),
        (model.blocks[5][1].bn2.weight.grad, joined.blocks[5][1].conv_dw.scale.grad),
        (model.blocks[3][0].bn3.bias.grad, joined.blocks[3][0].conv_pwl.shift.grad),
    ]
    for expected, found in pairs:  # a few activations fall on the other side of a kink
        assert (found - expected).norm() < 0.02 * expected.norm()


def test_live_joined_net_trains_like_batch_norm():
    model = _with_statistics("tf_efficientnet_lite0").train()
    joined = copy.deepcopy(model)
    join_conv_norm(joined, 64, live=True)
    assert joined.training
    images = torch.rand(4, 3, 64, 64)
    with torch.no_grad():
        expected, found = model(images), joined(images.flip(2, 3))
    torch.testing.assert_close(found, expected, rtol=1e-2, atol=1e-2 * float(expected.abs().max()))
    torch.testing.assert_close(
        joined.blocks[1][0].conv_pw.mean, model.blocks[1][0].bn1.running_mean, rtol=1e-3, atol=1e-4
    )


def test_a_net_that_is_not_built_in_pairs_is_left_alone():
    class Swapped(nn.Module):
        """Defines a normalisation after the convolution, but applies it before."""

        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1, bias=False)
            self.norm = nn.BatchNorm2d(3)
            self.norm.running_mean.fill_(0.5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.conv(self.norm(x))

    model = Swapped()
    assert join_conv_norm(model, 16) == (False, False)
    assert type(model.conv) is nn.Conv2d


def _normalised_first() -> Backbone:
    """Return a backbone whose normalisation belongs to no convolution before it."""
    torch.manual_seed(0)
    body = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1))
    module = nn.Sequential(*body, nn.Flatten())
    return Backbone(module, 4, (0.0,) * 3, (1.0,) * 3, WeightSource("random"))


@pytest.mark.parametrize(("norm", "follows"), [("batch", True), ("frozen", False)])
def test_normalisation_that_stands_alone_follows_batches_only_when_asked(norm, follows):
    network = FaceNetwork(_normalised_first(), {"age": 1}, norm=norm, image_size=16).train()
    before = network.backbone[0].running_mean.clone()
    network(torch.rand(4, 3, 16, 16) + 5)
    assert torch.equal(network.backbone[0].running_mean, before) is not follows


def test_folded_layers_are_plain_convolutions():
    model = _with_statistics("tf_efficientnet_lite0").eval()
    join_conv_norm(model, 64)
    plain = fold_layers(copy.deepcopy(model))
    assert not any(isinstance(module, ConvNorm) for module in plain.modules())
    images = torch.rand(2, 3, 64, 64)
    torch.testing.assert_close(plain(images), model(images), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["rdnet_tiny", "vit_tiny_patch16_224", "resnet18"])
def test_layer_groups_run_from_the_stem_upwards(name):
    """RDNet knows only the finest of timm's groupings."""
    with torch.device("meta"):
        backbone = timm.create_model(name, num_classes=0)
    groups = layer_groups(backbone)
    assert groups.keys() == dict(backbone.named_parameters()).keys()
    assert groups[next(iter(groups))] == 0
    assert max(groups.values()) >= 4
