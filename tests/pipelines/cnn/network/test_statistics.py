"""Weights without batch statistics get some, and answer as before."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
import torch
from torch import nn

from pipelines import CnnAgeGender
from pipelines.cnn.network.backbones import Backbone, create_backbone
from pipelines.cnn.network.statistics import restore_statistics
from pipelines.cnn.network.weights import WeightSource
from pipelines.cnn.training import loop


def faces(n: int, side: int) -> torch.Tensor:
    rng = np.random.default_rng(0)
    coarse = torch.from_numpy(rng.uniform(0, 255, (n, 3, 6, 6))).float()
    return nn.functional.interpolate(coarse, (side, side), mode="bilinear")


def test_a_normalisation_gets_mean_and_variance_of_what_it_sees() -> None:
    # one image of four values 0, 0, 4, 8 (mean 3, variance 11) through y = 2 x + 1
    norm = nn.BatchNorm2d(1, eps=1e-9)
    with torch.no_grad():
        norm.weight.fill_(2.0)
        norm.bias.fill_(1.0)
    backbone = Backbone(nn.Sequential(norm), 1, (0.0,), (1.0,), WeightSource("file"))
    images = torch.tensor([[[[0.0, 0.0], [4.0, 8.0]]]])
    restore_statistics(backbone, [images])
    assert norm.running_mean.item() == pytest.approx(3)
    assert norm.running_var.item() == pytest.approx(11)
    assert norm.weight.item() == pytest.approx(2 * 11**0.5)
    assert norm.bias.item() == pytest.approx(7)  # 2 * 3 + 1
    wanted = 2 * images + 1
    torch.testing.assert_close(norm.eval()(images), wanted)
    torch.testing.assert_close(norm.train()(images), wanted)  # the batch's own are the same


def test_the_face_network_answers_as_before_and_nearly_so_by_batches() -> None:
    backbone = create_backbone("dlib_face_resnet", image_size=96)
    assert backbone.folded
    images = faces(24, 96)
    ready = (images - torch.tensor(backbone.mean).reshape(1, -1, 1, 1)) / 256
    with torch.no_grad():
        before = backbone.module.eval()(ready)
        by_batches = backbone.module.train()(ready)
        backbone.module.load_state_dict(
            create_backbone("dlib_face_resnet", image_size=96).module.state_dict()
        )  # the pass above moved the running statistics
        restore_statistics(backbone, images.split(8))
        after = backbone.module.eval()(ready)
        restored = backbone.module.train()(ready)
    torch.testing.assert_close(after, before, atol=1e-4, rtol=1e-3)
    size = before.std()
    assert (restored - before).abs().mean() < 0.05 * size
    assert (by_batches - before).abs().mean() > 0.5 * size


def test_other_weights_bring_their_own_statistics() -> None:
    assert not create_backbone("tf_efficientnet_lite0", weights=None, image_size=32).folded
    assert not create_backbone("dlib_face_resnet", weights=None, image_size=64).folded


def test_training_by_batches_measures_some_faces_first(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def measured(backbone: Backbone, batches: Iterable[torch.Tensor]) -> None:
        seen.append(sum(len(batch) for batch in batches))

    monkeypatch.setattr(loop, "restore_statistics", measured)
    monkeypatch.setattr(loop, "MEASURED_FACES", 6)
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (40, 48, 48, 3), dtype=np.uint8)
    Y = np.column_stack([rng.uniform(1, 90, 40), np.arange(40) % 2])
    settings = {"backbone": "dlib_face_resnet", "image_size": 48, "epochs": 1, "random_state": 0}
    for norm, wanted in (("frozen", []), ("batch", [6])):
        CnnAgeGender(norm=norm, **settings).fit(X, Y)
        assert seen == wanted
