"""Every hyper-parameter of the classical estimators does what its docstring says."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipelines import (
    AgeGender,
    Chroma,
    ConformalBand,
    FeatureMachineClassifier,
    FeatureMachineRegressor,
    HogTransformer,
    LbpTransformer,
    MirrorPairs,
    Shrink,
    hog_pairs,
    hog_ridge_age,
    hog_svm_gender,
)
from pipelines.testing import striped_faces

X, Y = striped_faces(60)
RNG = np.random.default_rng(0)
TABLE = RNG.normal(size=(150, 4))
TARGET = np.sin(2 * TABLE[:, 0]) + 0.3 * RNG.normal(size=150)


def machine(**parameters):
    plain = {"metric_samples": 0, "random_state": 0}
    return FeatureMachineRegressor(**{**plain, **parameters}).fit(TABLE, TARGET)


def test_a_wider_kernel_and_a_larger_ridge_smooth():
    def roughness(model):
        line = np.zeros((200, 4))
        line[:, 0] = np.linspace(-2, 2, 200)
        return np.abs(np.diff(model.predict(line), 2)).sum()

    assert roughness(machine(bandwidth=0.3)) > 2 * roughness(machine(bandwidth=2.0))
    errors = [np.abs(machine(alpha=a).predict(TABLE) - TARGET).mean() for a in (1e-3, 1, 100)]
    assert errors[0] < errors[1] < errors[2]
    assert machine(bandwidth=2.0).width_ == pytest.approx(4 * machine(bandwidth=0.5).width_)


def test_the_metric_finds_the_direction_that_matters():
    def shares(model):
        lengths = np.square(model.factors_[0]).sum(1)
        return lengths / lengths.sum()

    learnt = shares(machine(metric_samples=150, metric_floor=0.01))
    floored = shares(machine(metric_samples=150, metric_floor=100.0))
    own = shares(machine(metric_samples=0))
    assert learnt[0] > 0.7
    np.testing.assert_allclose(own, 0.25)
    assert learnt[0] > floored[0] > 0.25
    few, other = (machine(metric_samples=20, random_state=seed) for seed in (0, 1))
    assert not np.allclose(few.factors_[0], other.factors_[0])


@pytest.mark.parametrize("kind", [FeatureMachineRegressor, FeatureMachineClassifier])
def test_the_sign_of_odd_features_says_nothing(kind):
    y = TARGET if kind is FeatureMachineRegressor else (TARGET > 0).astype(int)
    turned = TABLE * [1, 1, -1, -1]
    even = kind(n_odd=2, metric_samples=0, random_state=0).fit(TABLE, y)
    plain = kind(n_odd=0, metric_samples=0, random_state=0).fit(TABLE, y)

    def raw(model, rows):
        return (model.predict if kind is FeatureMachineRegressor else model.decision_function)(rows)

    np.testing.assert_allclose(raw(even, turned), raw(even, TABLE), atol=1e-8)
    assert np.abs(raw(plain, turned) - raw(plain, TABLE)).max() > 0.01
    np.testing.assert_array_equal(raw(kind(n_odd=2, metric_samples=0, random_state=0, n_jobs=2)
                                      .fit(TABLE, y), TABLE), raw(even, TABLE))  # fmt: skip


def test_components_of_mirror_pairs():
    hog = HogTransformer(cell_size=16)
    assert MirrorPairs(hog, 7, 4, random_state=0).fit_transform(X).shape == (60, 11)
    wide = MirrorPairs(hog, 500, 4, random_state=0).fit_transform(X)
    assert wide.shape == (60, 504)
    assert not wide[:, 60:500].any(), "columns that the data cannot fill are zero"
    few = MirrorPairs(hog, 500, 4, fit_samples=10, random_state=0).fit(X)
    assert few.even_.n_components_ == 10
    half = MirrorPairs(HogTransformer(cell_size=8), 5, 3, margin=8, random_state=0).fit(X)
    whole = MirrorPairs(HogTransformer(cell_size=8), 5, 3, random_state=0).fit(X)
    assert half.features_.image_shape_ == (48, 32, 3)
    assert whole.features_.image_shape_ == (48, 48, 3)
    flat = MirrorPairs(hog, 7, 4, image_shape=(48, 48, 3), random_state=0)
    expected = MirrorPairs(hog, 7, 4, random_state=0).fit_transform(X)
    np.testing.assert_array_equal(flat.fit_transform(X.reshape(60, -1)), expected)
    assert len(hog_pairs(9, 5).get_feature_names_out()) == 14


def test_the_recipe_of_hog_pairs():
    """Cells and bins by which the published numbers were made."""

    def parts(union):
        told = {}
        for name, step in union.transformer_list:
            steps = [s for _, s in step.steps] if hasattr(step, "steps") else [step]
            words = [getattr(s, "factor", None) or getattr(s, "channel", None) for s in steps[:-1]]
            last = steps[-1]
            if hasattr(last, "transformer_list"):
                told[name] = (*words, parts(last))
            else:
                told[name] = (*words, last.cell_size, last.orientations, last.signed)
        return told

    pairs = hog_pairs()
    assert (pairs.n_even, pairs.n_odd, pairs.margin) == (400, 200, 20)
    assert parts(pairs.features) == {
        "coarse": (16, 9, False),
        "signed": (8, 18, True),
        "half": (2, {
            "grey": (8, 18, True),
            "red": ("red", 8, 18, True),
            "quarter": (2, {
                "grey": (4, 18, True),
                "red": ("red", 4, 18, True),
                "blue": ("blue", 4, 18, True),
            }),
        }),
    }  # fmt: skip


def test_a_class_is_the_sign_of_the_decision():
    y = np.where(TABLE[:, 0] > 0, "female", "male")
    model = FeatureMachineClassifier(metric_samples=0, random_state=0).fit(TABLE, y)
    assert (model.predict(TABLE) == y).mean() > 0.9


def test_patterns():
    assert LbpTransformer(n_points=8, grid=4).fit_transform(X).shape == (60, 160)
    assert LbpTransformer(n_points=12, grid=3).fit_transform(X).shape == (60, 126)
    near, far = (LbpTransformer(radius=r, grid=4).fit_transform(X) for r in (1, 3))
    assert not np.allclose(near, far)


def test_colour_and_size():
    red = np.full((1, 4, 4, 3), [180, 100, 100], dtype=np.uint8)
    blue = red[..., ::-1].copy()
    for channel, mine, other in (("red", red, blue), ("blue", blue, red)):
        low, high = (int(Chroma(channel, gain).fit_transform(mine)[0, 0, 0]) for gain in (1, 2))
        assert 128 < low < high
        assert Chroma(channel, 1).fit_transform(other)[0, 0, 0] < low
    found = int(Chroma("red", 1).fit_transform(red)[0, 0, 0])
    assert found == int(cv2.cvtColor(red[0], cv2.COLOR_RGB2YCrCb)[0, 0, 1])
    np.testing.assert_array_equal(Shrink(1).fit_transform(X), X)
    means = X[:, :48, :48].reshape(60, 16, 3, 16, 3, 3).mean((2, 4))
    np.testing.assert_allclose(Shrink(3).fit_transform(X), means, atol=0.51)


def test_penalties():
    weights = [np.abs(hog_ridge_age(alpha=a).fit(X, Y[:, 0])[-1].coef_).sum() for a in (1, 1000)]
    assert weights[0] > 3 * weights[1]
    margins = [
        np.abs(hog_svm_gender(C=C, random_state=0).fit(X, Y[:, 1])[-1].coef_).sum()
        for C in (1e-4, 1.0)
    ]
    assert margins[1] > 3 * margins[0]


def test_parts_held_back():
    model = AgeGender(*_heads(), HogTransformer(cell_size=16), calibrate_size=0.25, random_state=0)
    assert len(model.fit(X, Y).band_.scores_) == 15
    drawn = [model.set_params(random_state=seed).fit(X, Y).band_.scores_ for seed in (0, 0, 1)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def _heads():
    from sklearn.linear_model import LogisticRegression, Ridge

    return Ridge(), LogisticRegression()


def test_the_range_and_the_folds_of_a_band():
    truth = RNG.uniform(1, 90, 400)
    predicted = truth + RNG.normal(size=400) * (1 + truth / 10)
    band = ConformalBand(low=5, high=60).fit(truth, predicted).interval(predicted)
    assert band.min() == 5
    assert band.max() == 60
    first, second = (
        ConformalBand(random_state=seed).fit(truth, predicted).scores_ for seed in (0, 1)
    )
    assert not np.array_equal(first, second)
