"""dlib's face recognition network as a timm model."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pytest
import timm
import torch

from pipelines.cnn.features import TimmFeatures
from pipelines.cnn.network import backbones
from pipelines.cnn.network.dlib_face_resnet import CONFIG, WEIGHTS, FaceBlock
from pipelines.cnn.network.network import FaceNetwork, layer_groups

# of dlib 20.0.1's own face_recognition_model_v1 for the two pictures below: norm, and every eighth
# of the 128 numbers
DESCRIPTORS = [
    (
        1.37632,
        [
            -0.03201,
            0.16912,
            -0.16274,
            -0.12958,
            -0.15543,
            -0.16393,
            0.06671,
            0.06033,
            0.20998,
            -0.10862,
            -0.06754,
            0.17786,
            -0.06336,
            -0.11562,
            0.19451,
            0.0,
        ],
    ),
    (
        1.35565,
        [
            -0.13339,
            0.16838,
            -0.1964,
            -0.12083,
            -0.17247,
            -0.12201,
            0.10607,
            0.04752,
            0.28863,
            -0.12711,
            -0.10574,
            0.12365,
            -0.1017,
            -0.14983,
            0.1543,
            0.02603,
        ],
    ),
]


def pictures() -> np.ndarray:
    """Return two pictures that anybody can make again: waves of three colours."""
    rows, columns = np.mgrid[:150, :150] / 150
    waves = [
        np.stack(
            [np.sin(9 * rows * k + 2), np.cos(7 * columns * k), np.sin(8 * rows * columns)], -1
        )
        for k in (1, 2)
    ]
    return np.rint(127.5 + 120 * np.stack(waves)).astype(np.uint8)


def normalised(X: np.ndarray) -> torch.Tensor:
    mean, std = (255 * torch.tensor(CONFIG[key]).reshape(1, 3, 1, 1) for key in ("mean", "std"))
    return (torch.from_numpy(X).permute(0, 3, 1, 2).float() - mean) / std


def test_the_descriptor_is_that_of_the_original_network():
    model = timm.create_model("dlib_face_resnet", pretrained=True).eval()
    with torch.no_grad():
        found = model(normalised(pictures())).numpy()
    for one, (norm, numbers) in zip(found, DESCRIPTORS, strict=True):
        assert np.linalg.norm(one) == pytest.approx(norm, rel=1e-3)
        np.testing.assert_allclose(one[::8], numbers, atol=5e-4)  # half precision; they are ~0.1


def test_the_input_rule_is_dlibs():
    black = backbones.create_backbone("dlib_face_resnet", image_size=150)
    assert black.mean == pytest.approx((122.782, 117.001, 104.298))
    assert black.std == pytest.approx((256, 256, 256))
    assert timm.get_pretrained_cfg("dlib_face_resnet").input_size == (3, 150, 150)


def test_the_file_is_the_one_that_is_described():
    text = (WEIGHTS.parent / "SOURCES.md").read_text()
    digest = hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    assert re.search(r"sha256 \| (\w+)", text)[1] == digest
    assert "CC0" in text
    backbone = backbones.create_backbone("dlib_face_resnet")
    assert backbone.source.as_dict() == {
        "kind": "package",
        "location": "age-gender-study",
        "sha256": digest,
    }


def test_it_was_not_trained_on_imagenet():
    with pytest.raises(ValueError, match="trained on faces, not on ImageNet"):
        backbones.create_backbone("dlib_face_resnet", weights="imagenet")


def test_joining_and_batch_statistics_keep_what_it_says():
    backbone = backbones.create_backbone("dlib_face_resnet", image_size=150)
    images = torch.from_numpy(pictures()).permute(0, 3, 1, 2).float()
    with torch.no_grad():
        plain = backbone.module.eval()(normalised(pictures()))
        network = FaceNetwork(backbone, {}, image_size=150).eval()
        assert network.joined
        torch.testing.assert_close(network.features(images), plain, rtol=1e-3, atol=1e-4)


def test_maps_of_other_sizes_are_continued_by_zeros():
    """At 8 pixels the unpadded convolution leaves 3, the mean 4: the last row is the input's."""
    block = FaceBlock(2, 3, down=True, drop_path=0.0).eval()
    x = torch.rand(1, 2, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        y = block(x)
    assert y.shape == (1, 3, 4, 4)
    torch.testing.assert_close(y[0, :2, 3], torch.nn.functional.avg_pool2d(x, 2)[0, :, 3])
    assert (y[0, 2, 3] == 0).all()


@pytest.mark.parametrize("size", [32, 48, 96, 112, 150])
def test_every_size_passes(size):
    assert backbones.create_backbone("dlib_face_resnet", image_size=size).n_features == 256


def test_layer_groups_go_from_stem_to_last_stage():
    groups = layer_groups(backbones.create_backbone("dlib_face_resnet", weights=None).module)
    assert groups["conv1.weight"] == groups["bn1.bias"] == 0
    assert [groups[f"stages.{k}.0.conv1.weight"] for k in range(5)] == [1, 2, 3, 4, 5]


def test_features_of_inner_layers_come_first():
    X = pictures()
    last = TimmFeatures("dlib_face_resnet").fit(X).transform(X)
    both = TimmFeatures("dlib_face_resnet", layers=("maxpool", "stages.1")).fit(X)
    found = both.transform(X)
    assert found.shape == (2, 32 + 64 + 256)
    assert both.get_feature_names_out().shape == (352,)
    np.testing.assert_allclose(found[:, 96:], last, rtol=1e-5)
    with torch.no_grad():
        module = timm.create_model("dlib_face_resnet", pretrained=True).eval()
        stem = module.stem(normalised(X))
        np.testing.assert_allclose(found[:, :32], stem.mean((2, 3)), rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(
            found[:, 32:96], module.stages[:2](stem).mean((2, 3)), rtol=1e-3, atol=1e-4
        )


def test_an_unknown_layer_names_the_nearest():
    with pytest.raises(ValueError, match=r"no layer 'stages.7'"):
        TimmFeatures("dlib_face_resnet", layers=("stages.7",)).fit(pictures())
    with pytest.raises(ValueError, match="holds no maps"):
        TimmFeatures("dlib_face_resnet", layers=("fc",)).fit(pictures())
