"""The kernel heads, mirror pairs, single-target pipelines and files on disk."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GroupKFold, cross_val_predict

from pipelines import HogTransformer
from pipelines.classical.kernel import gram, kernel_pair, metric_factors
from pipelines.classical.lbp import LbpTransformer
from pipelines.classical.machine import FeatureMachineRegressor
from pipelines.classical.mirror_pairs import MirrorPairs
from pipelines.classical.pipelines import hog_ridge_age, hog_svm_gender
from pipelines.images.chroma import Chroma


def test_kernel_is_the_sum_over_both_signs():
    X = np.random.default_rng(0).normal(size=(9, 5))
    mirrored = X * [1, 1, 1, -1, -1]
    direct, across = kernel_pair(X, X, 2)
    np.testing.assert_allclose(direct, rbf_kernel(X, gamma=1 / 2))
    np.testing.assert_allclose(across, rbf_kernel(X, mirrored, gamma=1 / 2))
    np.testing.assert_allclose(np.tril(gram(X, 2)), np.tril(direct + across))
    assert np.linalg.eigvalsh(direct + across).min() > 0
    far = (X + 1e4).astype(np.float32)  # norms that swallow the distances
    assert max(part.max() for part in kernel_pair(far, far, 2)) <= 1


def test_gradient_outer_product_against_finite_differences():
    rng = np.random.default_rng(0)
    X, dual = rng.normal(size=(30, 4)), rng.normal(size=30)

    def machine(points):
        return sum(kernel_pair(points, X, 2)) @ dual

    step = 1e-5
    gradients = np.column_stack(
        [(machine(X + step * e) - machine(X - step * e)) / (2 * step) for e in np.eye(4)]
    )
    product = gradients.T @ gradients
    product /= np.trace(product) / 4
    even, odd = metric_factors(X, dual, 2, 0.0)
    np.testing.assert_allclose(even @ even, product[:2, :2], atol=1e-6)
    np.testing.assert_allclose(odd @ odd, product[2:, 2:], atol=1e-6)


def test_without_metric_it_is_kernel_ridge():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    y = np.sin(X[:, 0]) + X[:, 1]
    # A huge floor leaves the metric isotropic. n_odd = 0 counts each face twice.
    model = FeatureMachineRegressor(metric_floor=1e9, alpha=0.2, random_state=0).fit(X, y)
    scale = float(model.factors_[0][0, 0])
    twin = KernelRidge(alpha=0.1, kernel="rbf", gamma=scale**2 / 2)
    expected = twin.fit(X, y - y.mean()).predict(X) + y.mean()
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-4, atol=1e-4)


def test_the_metric_finds_the_direction_that_matters():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 12))
    y = np.sin(2 * X[:, 4])
    learnt = FeatureMachineRegressor(random_state=0).fit(X[:200], y[:200])
    plain = FeatureMachineRegressor(metric_floor=1e9, random_state=0).fit(X[:200], y[:200])
    assert learnt.score(X[200:], y[200:]) > plain.score(X[200:], y[200:]) + 0.1
    assert np.argmax(np.diag(learnt.factors_[0])) == 4


def test_mirrored_faces_get_one_answer():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (40, 32, 32), dtype=np.uint8)
    pairs = MirrorPairs(HogTransformer(), 20, 30, random_state=0)
    features = pairs.fit_transform(X)
    assert features.shape == (40, 50)
    other = pairs.transform(X[:, :, ::-1])
    np.testing.assert_allclose(other[:, :20], features[:, :20], atol=1e-5)
    np.testing.assert_allclose(other[:, 20:], -features[:, 20:], atol=1e-5)
    np.testing.assert_allclose(pairs.transform(X), features, atol=1e-5)
    model = FeatureMachineRegressor(30, random_state=0).fit(features, np.arange(40.0))
    np.testing.assert_allclose(model.predict(other), model.predict(features), rtol=1e-4)


@pytest.mark.parametrize("shape", [(40, 32, 33), (40, 32, 32, 3), (40, 32, 32, 1)])
def test_half_of_each_picture_is_the_whole_face(shape):
    X = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    half = MirrorPairs(HogTransformer(), 12, 12, margin=9, random_state=0).fit(X)
    assert half.features_.image_shape_[1] == 25
    features, other = half.transform(X), half.transform(X[:, :, ::-1])
    np.testing.assert_allclose(other[:, :12], features[:, :12], atol=1e-5)
    np.testing.assert_allclose(other[:, 12:], -features[:, 12:], atol=1e-5)
    changed = X.copy()
    changed[:, :, -4:] = 0  # the right border counts, through the mirror image
    assert np.abs(half.transform(changed) - features).max() > 0.01
    whole = MirrorPairs(HogTransformer(), 12, 12, margin=99, random_state=0).fit(X)
    assert whole.features_.image_shape_ == X.shape[1:]
    with pytest.raises(ValueError, match="margin must be None or at least 0 columns, got -3"):
        MirrorPairs(HogTransformer(), margin=-3).fit(X)


def test_threads_change_nothing():
    X = np.random.default_rng(0).integers(0, 256, (300, 32, 32), dtype=np.uint8)
    one = MirrorPairs(HogTransformer(), 12, 12, random_state=0).fit(X)
    two = MirrorPairs(HogTransformer(), 12, 12, n_jobs=2, random_state=0).fit(X)
    np.testing.assert_allclose(two.transform(X), one.transform(X), atol=1e-5)


def test_components_from_a_sample_are_drawn_once_and_used_for_all():
    X = np.random.default_rng(0).integers(0, 256, (60, 32, 32), dtype=np.uint8)
    some = MirrorPairs(HogTransformer(), 12, 12, fit_samples=30, random_state=0)
    again = MirrorPairs(HogTransformer(), 12, 12, fit_samples=30, random_state=0)
    features = some.fit_transform(X)
    assert features.shape == (60, 24)
    np.testing.assert_array_equal(again.fit(X).transform(X), features)
    every = MirrorPairs(HogTransformer(), 12, 12, fit_samples=None, random_state=0)
    assert np.abs(every.fit_transform(X) - features).max() > 0.01
    # memory is bounded by blocks of images; their borders leave no trace
    many = np.tile(X, (18, 1, 1))
    np.testing.assert_allclose(some.transform(many)[1020:1080], features, atol=1e-6)


@pytest.mark.parametrize(("channel", "colour"), [("red", 0), ("blue", 2)])
def test_chroma_sees_colour_alone(channel, colour):
    grey = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 1), dtype=np.uint8)
    X = np.repeat(grey, 3, axis=3)
    flat = Chroma(channel).transform(X)
    assert flat.dtype == np.uint8
    assert np.abs(flat.astype(int) - 128).max() <= 1
    np.testing.assert_array_equal(Chroma(channel).transform(X[..., 0]), 128)
    X[:, :, 8:, colour] = np.minimum(X[:, :, 8:, colour].astype(int) + 60, 255)
    seen = Chroma(channel).fit_transform(X)
    assert seen[:, :, 8:].mean() > seen[:, :, :8].mean() + 30
    np.testing.assert_array_equal(Chroma(channel).transform(X.astype(np.float32)), seen)


def test_chroma_equals_opencv_up_to_its_gain():
    X = np.random.default_rng(0).integers(0, 256, (3, 20, 20, 3), dtype=np.uint8)
    for channel, plane in (("red", 1), ("blue", 2)):
        expected = [cv2.cvtColor(x, cv2.COLOR_RGB2YCrCb)[..., plane] for x in X]
        found = Chroma(channel, gain=1).transform(X)
        # OpenCV rounds Cr's and Cb's factors (.713, .564)
        assert np.abs(found.astype(int) - np.array(expected)).max() <= 1


def test_chroma_of_an_unknown_channel():
    with pytest.raises(ValueError, match="'red', 'blue'"):
        Chroma("green").fit(np.zeros((1, 8, 8, 3), np.uint8))


def test_single_targets_are_ordinary_estimators():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (24, 32, 32, 3), dtype=np.uint8)
    groups, folds = np.arange(24) // 2, GroupKFold(3)
    age = cross_val_predict(hog_ridge_age(), X, rng.uniform(1, 90, 24), groups=groups, cv=folds)
    gender = cross_val_predict(hog_svm_gender(), X, np.arange(24) % 2, groups=groups, cv=folds)
    assert np.isfinite(age).all()
    assert set(gender) <= {0, 1}


@pytest.mark.parametrize("parameters", [{"alpha": 0}, {"bandwidth": -1}, {"n_odd": 4}])
def test_bad_parameters(parameters):
    X = np.random.default_rng(0).normal(size=(9, 3))
    with pytest.raises(ValueError, match="must"):
        FeatureMachineRegressor(**parameters).fit(X, X[:, 0])


def test_local_binary_patterns():
    X = np.random.default_rng(0).integers(0, 256, (3, 40, 40), dtype=np.uint8)
    features = LbpTransformer(grid=4).fit_transform(X)
    assert features.shape == (3, 16 * 10)
    np.testing.assert_allclose(np.square(features).reshape(3, 16, 10).sum(axis=2), 1, rtol=1e-5)
    with pytest.raises(ValueError, match="hold no 64 cells"):
        LbpTransformer(grid=64).fit(X)
