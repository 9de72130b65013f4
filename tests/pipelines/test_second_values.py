"""Parameters that stand in no other test: two values, two results, as the docstring says."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from data.pose.canonical import canonical_face
from pipelines import AgeGender, CnnAgeGender, DlibAgeGender, MeshPairs, TimmFeatures, peers
from pipelines.cnn.network import weights
from pipelines.testing import striped_faces

X, Y = striped_faces(40)


class Selecting(Ridge):
    """A regressor that takes *select* and remembers how much of it there was."""

    def fit(self, X, y, select=None):
        self.selected_ = len(select[1])
        return super().fit(X, y)


@pytest.mark.parametrize(("size", "n"), [(0.1, 4), (0.3, 11)])
def test_the_part_held_back_for_selection(size, n):
    """Of the 36 faces that calibration leaves."""
    flat = X.reshape(40, -1).astype(float)
    model = AgeGender(Selecting(), LogisticRegression(), select_size=size, random_state=0)
    assert model.fit(flat, Y).age_.selected_ == pytest.approx(n, abs=1)


class Guess:
    """In place of the network of others: the age is a face's first pixel."""

    def predict_face(self, face):
        gender = {"value": "female" if face[0, 0, 1] % 2 else "male", "confidence": 80.0}
        return {"age": {"value": int(face[0, 0, 0])}, "gender": gender}


def test_somebody_elses_network_takes_rows_and_holds_a_part_back(monkeypatch):
    monkeypatch.setattr(peers, "_predictor", Guess)
    flat = X.reshape(40, -1)
    truth = np.column_stack([np.linspace(20, 59, 40), Y[:, 1]])
    rows = DlibAgeGender(image_shape=X.shape[1:], random_state=0).fit(flat, truth)
    faces = DlibAgeGender(random_state=0).fit(X, truth)
    np.testing.assert_array_equal(rows.predict_all(flat)["age"], faces.predict_all(X)["age"])
    with pytest.raises(ValueError, match="image"):
        faces.predict_all(flat)
    sizes = [
        len(DlibAgeGender(calibrate_size=share, random_state=0).fit(X, truth).band_.scores_)
        for share in (0.1, 0.5)
    ]
    assert sizes == [4, 20]


class Mesh:
    """A mesh of faces that differ."""

    canonical = canonical_face().points

    def __call__(self, images, n_jobs=None):
        rng = np.random.default_rng(0)
        side = images.shape[2]
        shapes = self.canonical + 0.2 * rng.normal(size=(len(images), *self.canonical.shape))
        points = shapes * (0.045 * side) + ((side - 1) / 2, (side - 1) / 2, 0)
        return points, np.ones(len(images))


def test_weights_of_the_shape_and_of_the_warped_picture():
    pictures = np.random.default_rng(1).integers(0, 256, (14, 96, 96, 3)).astype(np.uint8)

    def columns(**weights):
        pairs = MeshPairs(Mesh(), size=64, n_even=4, n_odd=2, n_shape=4, random_state=0, **weights)
        return pairs.fit_transform(pictures)

    plain, shape, warped = columns(), columns(shape_weight=0.5), columns(warped_weight=3.0)
    # even columns of chip, warped and shape, then the odd ones
    names = np.repeat(["chip", "warped", "shape"] * 2, [4, 4, 4, 2, 2, 2])
    for name, found, factor in (("shape", shape, 0.5), ("warped", warped, 3.0)):
        expected = plain * np.where(names == name, factor, 1)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(plain).max())
    assert np.abs(plain[:, names == "shape"]).max() > 0


def test_features_are_computed_where_they_are_asked_for():
    small = {"backbone": "test_efficientnet", "weights": None, "image_size": 32, "threads": 1}
    assert TimmFeatures(device="cpu", **small).fit(X).device_ == "cpu"
    with pytest.raises((RuntimeError, ValueError, AssertionError)):
        TimmFeatures(device="no such device", **small).fit(X)


@pytest.mark.parametrize("kind", [CnnAgeGender, TimmFeatures])
def test_the_network_is_asked_for_weights_only_where_that_is_allowed(kind, monkeypatch):
    asked = []

    def created(name, pretrained=False, **options):
        asked.append(name)
        raise ConnectionError("nobody here")

    monkeypatch.setattr(weights, "weight_package", lambda name: None)
    monkeypatch.setattr(weights, "_cached_file", lambda config: None)
    monkeypatch.setattr(weights, "timm", SimpleNamespace(create_model=created))
    model = kind(backbone="test_efficientnet.r160_in1k", image_size=32, threads=1, random_state=0)
    with pytest.raises(weights.WeightsNotFoundError, match="allow_download=True"):
        model.set_params(allow_download=False).fit(X, Y)
    assert asked == []
    with pytest.raises(ConnectionError):
        model.set_params(allow_download=True).fit(X, Y)
    assert asked == ["test_efficientnet.r160_in1k"]
