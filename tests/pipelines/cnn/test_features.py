"""Frozen features: in pipelines, for any seed, and never thousands of deviations away."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pipelines import TimmFeatures, load, save
from pipelines.testing import striped_faces

SMALL = {"backbone": "test_efficientnet", "weights": None, "image_size": 32, "threads": 1}
X, Y = striped_faces(64)


def test_in_a_pipeline_and_a_search():
    features = TimmFeatures(**SMALL)
    ridge = make_pipeline(features, RidgeCV()).fit(X, Y[:, 0])
    assert ridge.predict(X).shape == (64,)
    found = clone(features).fit(X).transform(X)
    assert found.dtype == np.float32
    names = features.fit(X).get_feature_names_out()
    assert found.shape == (64, len(names))
    assert names[0] == "test_efficientnet_0"
    search = GridSearchCV(
        make_pipeline(features, RidgeCV()),
        {"timmfeatures__backbone": ["test_efficientnet", "test_resnet"]},
        cv=KFold(2),
    )
    assert np.isfinite(search.fit(X, Y[:, 0]).best_score_)


def test_a_feature_that_training_hardly_saw_stays_in_its_range(tmp_path):
    """Plain pictures leave most features all but constant; then come real ones."""
    rng = np.random.default_rng(0)
    flat = (128 + rng.integers(0, 2, (60, 1, 1, 1)) + np.zeros((60, 48, 48, 3))).astype(np.uint8)
    model = make_pipeline(TimmFeatures(**SMALL), StandardScaler())
    trained = model.fit_transform(flat)
    assert np.abs(model.transform(X)).max() <= np.abs(trained).max() + 1e-3
    wild = clone(model)
    wild.fit(flat)
    wild[0].low_, wild[0].high_ = -np.inf, np.inf
    assert np.abs(wild.transform(X)).max() > 100 * np.abs(trained).max(), "there was nothing to do"
    again = load(save(model, tmp_path))
    np.testing.assert_array_equal(again.transform(X), model.transform(X))


def test_few_images_tell_no_range():
    one = TimmFeatures(**SMALL).fit(X[:1]).transform(X)
    assert np.isinf(TimmFeatures(**SMALL).fit(X[:49]).low_).all()
    np.testing.assert_allclose(one, TimmFeatures(**SMALL).fit_transform(X), atol=1e-5)


def test_any_seed_is_taken():
    def seen(seed):
        return TimmFeatures(**SMALL, random_state=seed).fit(X[:4]).transform(X[:4])

    np.testing.assert_array_equal(seen(3), seen(np.int64(3)))
    np.testing.assert_array_equal(seen(np.random.RandomState(1)), seen(np.random.RandomState(1)))
    assert not np.array_equal(seen(0), seen(1))
    assert np.isfinite(seen(None)).all()


@pytest.mark.parametrize(
    ("change", "same"),
    [({"batch_size": 5}, True), ({"threads": 2}, True), ({"image_size": 48}, False),
     ({"mirror": True}, False), ({"backbone": "test_resnet"}, False)],
)  # fmt: skip
def test_what_changes_the_features_and_what_does_not(change, same):
    plain = TimmFeatures(**SMALL).fit_transform(X)
    other = TimmFeatures(**{**SMALL, **change}).fit_transform(X)
    equal = plain.shape == other.shape and np.allclose(plain, other, atol=1e-5)
    assert equal is same


def test_the_mean_over_both_sides():
    both = TimmFeatures(**SMALL, mirror=True).fit(X[:4])
    once = TimmFeatures(**SMALL).fit(X[:4])
    expected = (once.transform(X[:4]) + once.transform(X[:4, :, ::-1])) / 2
    np.testing.assert_allclose(both.transform(X[:4]), expected, atol=1e-5)


def test_weights_come_from_the_file(tmp_path):
    other = TimmFeatures(**SMALL, random_state=7).fit(X[:4])
    fresh = TimmFeatures(**SMALL)
    fresh.fit(X[:4])
    state = {f"{k}": v for k, v in _plain_state(7).items()}
    torch.save(state, tmp_path / "weights.pth")
    read = TimmFeatures(**{**SMALL, "weights": tmp_path / "weights.pth"}).fit(X[:4])
    np.testing.assert_allclose(read.transform(X[:4]), other.transform(X[:4]), atol=1e-4)
    assert not np.allclose(fresh.transform(X[:4]), other.transform(X[:4]), atol=1e-3)
    assert read.weights_source_["kind"] == "file"


def _plain_state(seed):
    """The weights that this seed draws, as timm names them."""
    from pipelines.cnn.network.backbones import create_backbone

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return create_backbone(SMALL["backbone"], weights=None, image_size=32).module.state_dict()


def test_progress_is_reported():
    calls = []
    features = TimmFeatures(**SMALL, batch_size=20, progress=lambda *call: calls.append(call))
    features.fit(X)
    assert calls == [("features", done, 64) for done in (20, 40, 60, 64)]


def test_two_threads_may_ask_one_estimator():
    """Each reads the layers of its own pictures, whatever passes through the network beside."""
    features = TimmFeatures(**SMALL, layers=("blocks.0", "blocks.1"), batch_size=3).fit(X[:20])
    parts = [X[:17], X[17:41], X[41:]] * 4
    alone = [features.transform(part) for part in parts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(features.transform, parts))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)
