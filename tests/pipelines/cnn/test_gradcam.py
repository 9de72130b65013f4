"""Grad-CAM: the maps point at what decides, upright, and agree with the definition."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import cv2
import numpy as np
import pandas as pd
import pytest
import torch

from pipelines.cnn.estimators import CnnAgeGender, CnnClassifier, CnnRegressor
from pipelines.cnn.gradcam import average_maps, grad_cam, has_maps, overlay, spatial_layer
from pipelines.cnn.network.backbones import create_backbone
from pipelines.cnn.network.network import FaceNetwork
from pipelines.cnn.training.members import FaceEnsemble, answering_net
from pipelines.explanations import explain, explain_groups
from study.extras import pictures

OPTIONS = {
    "weights": None,
    "image_size": 64,
    "batch_size": 16,
    "random_state": 0,
    "threads": 1,
    "precision": "fp32",
}


def corner_faces(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return noise whose upper left corner alone tells age and gender."""
    rng = np.random.default_rng(seed)
    X = rng.integers(60, 120, (n, 64, 64, 3), dtype=np.uint8)
    gender = rng.integers(0, 2, n)
    X[gender == 1, 8:24, 8:24] += 120
    return X, np.column_stack([20.0 + 50 * gender, gender])


@pytest.fixture(scope="module")
def fitted():
    pairs = {"select": corner_faces(32, 1), "calibrate": corner_faces(32, 2)}
    cnn = CnnAgeGender(
        "test_resnet", **OPTIONS, epochs=4, lr=1e-2, layer_decay=1, augment="none", ema=None
    )
    return cnn.fit(*corner_faces(128, 0), **pairs)


def test_maps_point_at_the_corner_that_decides(fitted):
    X, Y = corner_faces(40, 3)
    assert (fitted.predict(X)[:, 1] == Y[:, 1]).mean() > 0.9
    old = Y[:, 1] == 1
    maps = grad_cam(fitted, X[old], "age", reduction=8)
    assert maps.shape == (old.sum(), 64, 64)
    assert maps.min() >= 0
    assert maps.max() <= 1
    mean = maps.mean(0)
    assert mean[4:28, 4:28].mean() > 2 * mean[36:, 36:].mean()


@pytest.mark.parametrize("backbone", ["tf_efficientnet_lite0", "test_resnet"])
def test_maps_follow_the_definition(backbone):
    """Weights are mean gradients, the map is the positive part of the weighted sum."""
    X, Y = corner_faces(8, 0)
    cnn = CnnRegressor(backbone, **OPTIONS, epochs=1, mirror=False).fit(X, Y[:, 0])
    with torch.no_grad():  # one epoch leaves a head of zeros: make it speak
        cnn.net_.module_.heads["age"].weight.normal_(generator=torch.Generator().manual_seed(0))
    found = grad_cam(cnn, X[:3], reduction=16)
    network, kept = cnn.net_.module_, {}
    layer = spatial_layer(network.backbone, 16)

    def keep(module, inputs, output):
        output.retain_grad()
        kept["features"] = output

    handle = layer.register_forward_hook(keep)
    images = torch.from_numpy(X[:3]).permute(0, 3, 1, 2).float()
    cnn._head().expectation(network(images)["age"]).sum().backward()
    handle.remove()
    features, gradient = kept["features"].detach(), kept["features"].grad
    expected = (features * gradient.mean((2, 3), keepdim=True)).sum(1).clamp_min(0)
    if network.rotated:
        expected = expected.flip(1, 2)
    expected = torch.nn.functional.interpolate(
        expected[:, None], (64, 64), mode="bilinear", align_corners=False
    )[:, 0]
    for mine, reference in zip(found, expected.numpy(), strict=True):
        assert np.corrcoef(mine.ravel(), reference.ravel())[0, 1] > 0.97


# CaiT adds its class token after the explained layer; a gradient down to FastViT's pixels crashes
@pytest.mark.parametrize(
    "backbone",
    ["test_vit", "swin_tiny_patch4_window7_224", "mixer_s32_224", "cait_xxs24_224", "fastvit_t8"],
)
def test_transformers_and_their_kin_are_explained(backbone):
    X, Y = corner_faces(4, 0)
    size = 224 if "224" in backbone else 64
    cnn = CnnRegressor(backbone, **{**OPTIONS, "image_size": size}, epochs=1)
    cnn.fit(X, Y[:, 0], select=(X, Y[:, 0]), calibrate=(X, Y[:, 0]))
    with torch.no_grad():
        cnn.net_.module_.heads["age"].weight.normal_(generator=torch.Generator().manual_seed(0))
    maps = grad_cam(cnn, X[:2])
    assert maps.shape == (2, 64, 64)
    assert maps.max() > 0
    assert maps.std() > 0.01


def test_the_nearest_layer_is_explained():
    backbone = create_backbone("test_resnet", weights=None, image_size=64).module
    assert spatial_layer(backbone, 7) is spatial_layer(backbone, 8)
    assert spatial_layer(backbone, 8) is not spatial_layer(backbone, 16)
    backbone.feature_info = None
    with pytest.raises(ValueError, match="no layers of this backbone"):
        spatial_layer(backbone, 16)


# several maps in one layer; a layer that is not there
@pytest.mark.parametrize(
    ("name", "size"), [("crossvit_tiny_240", 240), ("selecsls42b", 64), ("twins_pcpvt_small", 224)]
)
def test_backbones_that_hold_no_single_map(name, size, fitted):
    backbone = create_backbone(name, weights=None, image_size=size)
    network = FaceNetwork(backbone, {"age": 1}, image_size=size)
    assert not has_maps(network, size)
    blind = copy.deepcopy(fitted)
    blind.net_, blind.image_size = answering_net(network, "cpu"), size
    with pytest.raises(ValueError, match="holds one map"):
        grad_cam(blind, corner_faces(1, 0)[0])


def test_networks_without_maps_and_of_one_question(fitted):
    X, Y = corner_faces(16, 0)
    gender = CnnClassifier("test_resnet", **OPTIONS, epochs=1).fit(X, Y[:, 1])
    kind, found = explain(gender, X[:2])
    assert kind == "grad-cam"
    assert found.shape == X[:2].shape
    blind = copy.deepcopy(fitted)
    blind.net_.module_.backbone.feature_info = None
    assert explain(blind, X[:2]) is None
    assert explain_groups(blind, X, Y[:, 1].astype(object), "age") == {}


def test_frozen_layers_can_be_explained():
    X, Y = corner_faces(16, 0)
    cnn = CnnAgeGender("tf_efficientnet_lite0", **OPTIONS, epochs=2, freeze_stages=4).fit(X, Y)
    maps = grad_cam(cnn, X[:3], reduction=8)
    assert maps.shape == (3, 64, 64)
    assert np.isfinite(maps).all()
    assert maps.max() > 0


def test_members_explain_the_class_they_predict_together(fitted):
    """A member that is outvoted shows what speaks for the others' class."""
    X, Y = corner_faces(6, 4)
    women = X[Y[:, 1] == 1][:1]
    alone = grad_cam(fitted, women, "gender", reduction=8)
    both = copy.deepcopy(fitted)
    second = copy.deepcopy(fitted.net_.module_)
    with torch.no_grad():
        second.heads["gender"].weight.mul_(-0.1)  # sees a man, less surely
        second.heads["gender"].bias.mul_(-0.1)
    both.net_ = answering_net(FaceEnsemble([fitted.net_.module_, second]), "cpu")
    assert both.predict(women)[0, 1] == 1
    found = grad_cam(both, women, "gender", reduction=8)
    reversed_map = grad_cam_of_opposite(fitted, women)
    expected = alone + reversed_map
    np.testing.assert_allclose(found, expected / expected.max(), atol=1e-4)


def grad_cam_of_opposite(cnn, X):
    """Return the map of what speaks for the class that was not predicted."""
    turned = copy.deepcopy(cnn)
    with torch.no_grad():
        turned.net_.module_.heads["gender"].weight.neg_()
        turned.net_.module_.heads["gender"].bias.fill_(1e3)  # and predicted it is again
    return grad_cam(turned, X, "gender", reduction=8)


def test_groups_are_explained_over_their_mean_faces(fitted):
    X, Y = corner_faces(60, 5)
    groups = np.where(Y[:, 1] == 1, "old", "young").astype(object)
    found = explain_groups(fitted, X, groups, "age")
    assert set(found) == {"old", "young"}
    assert found["old"].shape == (64, 64, 3)
    mean_face = X[groups == "old"].mean(0)
    changed = np.abs(found["old"] - np.rint(mean_face)).mean(2)
    assert changed[4:28, 4:28].mean() > 2 * changed[36:, 36:].mean(), "the corner decides"
    assert explain_groups(fitted, X, groups, "pose") == {}
    assert explain_groups(object(), X, groups, "age") == {}


def test_maps_of_groups_of_a_run(fitted, tmp_path):
    X, Y = corner_faces(60, 6)
    gender = np.where(Y[:, 1] == 1, "female", "male")
    table = pd.DataFrame({"face_id": [f"f{i}" for i in range(60)], "age": Y[:, 0]})
    table["gender"] = pd.Categorical(gender)
    tested = pd.DataFrame({"face_id": table["face_id"][:50]})
    faces = SimpleNamespace(table=table, images=lambda size: X)
    model = SimpleNamespace(estimator=fitted, image_size=64, folder=tmp_path / "cnn")
    content = SimpleNamespace(predictions=tested)
    maps = pd.DataFrame(pictures._group_maps(model, content, faces))
    assert list(maps["group"]) == ["18-24 years", "65-74 years", "female", "male"]
    assert set(maps["n"]) == {pictures.N_OF_GROUP}
    assert (maps["contender"] == "cnn").all()
    image = cv2.imdecode(np.frombuffer(maps["image"][0], np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (pictures.THUMBNAIL, pictures.THUMBNAIL, 3)


def test_averages_and_pictures():
    maps = np.stack([np.full((8, 8), value, np.float32) for value in (0, 1, 0.5)])
    means = average_maps(maps, ["old", "young", "old"])
    assert list(means) == ["old", "young"]
    assert means["old"] == pytest.approx(np.full((8, 8), 0.25))
    X = np.full((3, 8, 8), 100, np.uint8)
    pictures = overlay(X, maps)
    assert pictures.shape == (3, 8, 8, 3)
    assert (pictures[0] == 100).all(), "where nothing speaks the face stays as it is"
    assert (pictures[1] != 100).any()
    with pytest.raises(ValueError, match="do not fit"):
        overlay(X[:2], maps)


def test_questions_the_network_was_not_asked(fitted):
    X, _ = corner_faces(8, 0)
    with pytest.raises(ValueError, match="answers age, gender, not 'pose'"):
        grad_cam(fitted, X, "pose")
