"""The kernel machine against its definition: scikit-learn's kernels, and distances by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.utils import get_tags
from threadpoolctl import threadpool_info, threadpool_limits

from pipelines import FeatureMachineClassifier, FeatureMachineRegressor
from pipelines.classical import kernel
from pipelines.classical.threads import blocks, over_blocks

RNG = np.random.default_rng(5)


def even_kernel(A, B, n_odd, width):
    """Gaussians of a face and of its mirror image, summed."""
    signs = np.r_[np.ones(A.shape[1] - n_odd), -np.ones(n_odd)]
    return sum(rbf_kernel(A, C, gamma=1 / width**2) for C in (B, B * signs))


def test_with_the_features_own_metric_it_is_ridge_on_the_even_kernel():
    """A regular simplex: any two of its corners are equally far apart, here 5 sqrt(2)."""
    X, y = 5 * np.eye(7), RNG.normal(30, 9, size=7)
    new = X[:4] + RNG.normal(size=(4, 7))
    model = FeatureMachineRegressor(2, metric_samples=0, random_state=0).fit(X, y)
    width = 0.85 * 5 * np.sqrt(2)
    assert model.width_ == pytest.approx(width)
    np.testing.assert_allclose(model.X_fit_, X * np.sqrt(2) / width)
    dual = np.linalg.solve(even_kernel(X, X, 2, width) + 0.1 * np.eye(7), y - y.mean())
    expected = even_kernel(new, X, 2, width) @ dual + y.mean()
    np.testing.assert_allclose(model.predict(new), expected)
    assert model.factors_[0].shape == (5, 5)
    assert model.factors_[1].shape == (2, 2)


def test_the_metric_is_the_mean_outer_product_of_the_gradients_and_a_floor():
    X, y = 5 * np.eye(7), RNG.normal(30, 9, size=7)
    n_odd, step, width = 3, 1e-5, 0.6 * 5 * np.sqrt(2)
    dual = np.linalg.solve(
        even_kernel(X, X, n_odd, width) + 0.2 * np.eye(7), (y - y.mean()) / y.std()
    )

    def f(points):
        return even_kernel(points, X, n_odd, width) @ dual

    gradients = [(f(X + step * e) - f(X - step * e)) / (2 * step) for e in np.eye(7)]
    product = np.array(gradients) @ np.array(gradients).T
    metric = product / (np.trace(product) / 7) + 0.3 * np.eye(7)
    for samples in (7, 5000):
        model = FeatureMachineRegressor(
            n_odd,
            bandwidth=0.6,
            alpha=0.2,
            metric_samples=samples,
            metric_floor=0.3,
            random_state=0,
        ).fit(X, y)
        unit = np.sqrt(2) / model.width_
        for factor, part in zip(model.factors_, (slice(0, 4), slice(4, 7)), strict=True):
            np.testing.assert_allclose(factor @ factor / unit**2, metric[part, part], atol=1e-6)


def test_a_sample_learns_the_metric():
    """Rows that the sample left out have no say in it."""
    X, y = RNG.normal(size=(40, 3)), RNG.normal(size=40)
    few = np.random.RandomState(4).permutation(40)[:10]
    changed = y.copy()
    changed[np.setdiff1d(np.arange(40), few)] = RNG.permutation(
        changed[np.setdiff1d(np.arange(40), few)]
    )
    models = [
        FeatureMachineRegressor(metric_samples=10, random_state=4).fit(X, target)
        for target in (y, changed)
    ]
    np.testing.assert_allclose(models[0].factors_[0], models[1].factors_[0])
    other = FeatureMachineRegressor(metric_samples=11, random_state=4).fit(X, y)
    assert np.abs(other.factors_[0] - models[0].factors_[0]).max() > 1e-3


def test_the_median_distance_is_that_of_twenty_thousand_pairs():
    X = RNG.normal(size=(60, 4))
    first, second = np.random.RandomState(3).randint(60, size=(2, 20_000))
    apart = first != second
    expected = np.median(np.linalg.norm(X[first] - X[second], axis=1)[apart])
    assert kernel.median_distance(X, np.random.RandomState(3)) == pytest.approx(expected, rel=1e-12)
    assert kernel.median_distance(2 * X[:1], np.random.RandomState(0)) == 1, "no pair"
    assert kernel.median_distance(np.ones((9, 2)), np.random.RandomState(0)) == 1, "all are equal"


def test_blocks_and_tiles_leave_no_trace(monkeypatch):
    X, dual = RNG.normal(size=(50, 4)), RNG.normal(size=50)
    new = RNG.normal(size=(23, 4))

    def answers():
        return [
            np.tril(kernel.gram(X, 1)),
            *kernel.metric_factors(X, dual, 1, 0.1),
            kernel.predict_blocks(new, X, 1, dual),
            np.array(kernel.median_distance(X, np.random.RandomState(0), 999)),
        ]

    whole = answers()
    np.testing.assert_allclose(whole[3], even_kernel(new, X, 1, np.sqrt(2)) @ dual)
    np.testing.assert_allclose(whole[0], np.tril(even_kernel(X, X, 1, np.sqrt(2))))
    monkeypatch.setattr(kernel, "_BLOCK", 7)
    monkeypatch.setattr(kernel, "_TILE", 11)
    for cut, expected in zip(answers(), whole, strict=True):
        np.testing.assert_allclose(cut, expected, rtol=1e-9)
    assert [(b.start, b.stop) for b in blocks(20, 9)] == [(0, 9), (9, 18), (18, 20)]


def test_ridge_is_solved_in_place_and_says_when_it_cannot_be():
    """A data set's kernel is the largest array there is; a second one would not fit."""
    half = RNG.normal(size=(6, 6))
    K, target = half @ half.T, RNG.normal(size=6)
    lower = np.tril(K)
    found = kernel.kernel_ridge(lower, target, 0.5)
    np.testing.assert_allclose(found, np.linalg.solve(K + 0.5 * np.eye(6), target))
    np.testing.assert_allclose(np.tril(lower), np.linalg.cholesky(K + 0.5 * np.eye(6)))
    with pytest.raises(ValueError, match=r"alpha=0\.25 is too small for float64 kernels"):
        kernel.kernel_ridge(-np.eye(3), np.ones(3), 0.25)


def test_directions_without_gradient_get_the_floor_alone():
    line = RNG.normal(size=(30, 1)) * (1, 2, -3)
    dual = 1e-3 * RNG.normal(size=30)  # its size does not matter
    even, odd = kernel.metric_factors(np.hstack([line, 0 * line[:, :1]]), dual, 1, 0.0)
    direction = np.array([1, 2, -3]) / np.sqrt(14)
    np.testing.assert_allclose(even @ even, 4 * np.outer(direction, direction), atol=1e-6)
    np.testing.assert_allclose(odd, 0, atol=1e-9)
    for part, size in zip(kernel.metric_factors(line, 0 * dual, 1, 0.1), (2, 1), strict=True):
        np.testing.assert_array_equal(part, np.eye(size))  # nothing to tell directions apart


def test_a_constant_target_is_the_answer():
    X = RNG.normal(size=(9, 3))
    model = FeatureMachineRegressor(3, random_state=0).fit(X, np.full(9, 41.5))
    np.testing.assert_array_equal(model.predict(X + 1), 41.5)
    assert model.scale_ == 1


def test_single_precision_stays_single_inside():
    X = RNG.normal(size=(20, 3)).astype(np.float32)
    model = FeatureMachineRegressor(1, random_state=0).fit(X, X[:, 0])
    assert {model.X_fit_.dtype, model.dual_coef_.dtype, *(f.dtype for f in model.factors_)} == {
        np.dtype(np.float32)
    }
    assert model.predict(X.astype(float)).dtype == np.float64


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"alpha": 0}, "alpha and bandwidth must be positive, got 0 and 0.85"),
        ({"bandwidth": 0}, "must be positive, got 0.1 and 0"),
        ({"n_odd": -1}, "n_odd must lie between 0 and the 3 features, got -1"),
        ({"n_odd": 4}, "n_odd must lie between 0 and the 3 features, got 4"),
    ],
)
def test_parameters_at_their_borders(parameters, message):
    with pytest.raises(ValueError, match=message):
        FeatureMachineRegressor(**parameters).fit(RNG.normal(size=(9, 3)), np.arange(9))


def test_as_many_features_as_in_fit():
    X = RNG.normal(size=(9, 3))
    model = FeatureMachineRegressor(random_state=0).fit(X, X[:, 0])
    with pytest.raises(ValueError, match="expecting 3 features"):
        model.predict(np.ones((2, 4)))


def test_two_classes_and_the_sign_between_them():
    X = RNG.normal(size=(9, 3))
    model = FeatureMachineClassifier(random_state=0).fit(X, list("abbabbabb"))
    scores = np.array([-0.5, 0.0, 0.5])
    model.decision_function = lambda X: scores  # 0 is not positive
    assert model.predict(X[:3]).tolist() == ["a", "a", "b"]
    assert not get_tags(model).classifier_tags.multi_class
    with pytest.raises(ValueError, match="Only binary classification"):
        model.fit(X, np.arange(9) % 3)
    with pytest.raises(ValueError, match="two classes, got 1 class"):
        model.fit(X, np.ones(9))


def test_a_class_is_regressed_as_minus_one_and_one():
    X = RNG.normal(size=(12, 3))
    codes = np.arange(12) % 3 > 0
    score = FeatureMachineClassifier(random_state=0).fit(X, codes).decision_function(X)
    twin = FeatureMachineRegressor(random_state=0).fit(X, np.where(codes, 1.0, -1.0))
    np.testing.assert_allclose(score, twin.predict(X))


def test_threads_of_blocks_keep_linear_algebra_to_one_each():
    def seen(n_jobs, n=4):
        found = []

        def task(rows):
            found.append({i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"})

        over_blocks(n, 1, task, n_jobs)
        return found

    with threadpool_limits(2, user_api="blas"):
        own = {i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"}
        assert seen(2) == [{1}] * 4
        assert seen(1) == [own] * 4
        assert seen(2, n=1) == [own], "one block needs one thread"
        assert seen(2, n=0) == []
