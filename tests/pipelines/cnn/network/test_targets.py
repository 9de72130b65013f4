"""What CNN estimators do with weights and with labels of the parts held out."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.cnn.estimators import CnnAgeGender, CnnClassifier

QUICK = {
    "backbone": "test_efficientnet",
    "weights": None,
    "image_size": 32,
    "threads": 1,
    "epochs": 1,
    "batch_size": 16,
    "random_state": 0,
    "precision": "fp32",
}


@pytest.fixture(scope="module")
def faces():
    """Return images whose brightness tells the age."""
    rng = np.random.default_rng(0)
    age = rng.uniform(2, 90, 48)
    X = rng.normal(60 + 1.6 * age[:, None, None, None], 12, (48, 48, 48, 3))
    return X.clip(0, 255).astype(np.uint8), np.column_stack([age, np.arange(48) % 2])


def test_weights_of_zero_leave_faces_out(faces):
    """Whatever their labels are, and although some batches hold no other faces."""
    X, Y = faces
    wrong = Y.copy()
    wrong[24:] = [100, 0]
    weight = np.repeat([1.0, 0.0], 24)
    pairs = {"select": (X, Y), "calibrate": (X, Y), "sample_weight": weight}
    options = {**QUICK, "batch_size": 4, "epochs": 2}
    one = CnnAgeGender(**options).fit(X, Y, **pairs)
    two = CnnAgeGender(**options).fit(X, wrong, **pairs)
    np.testing.assert_array_equal(one.predict(X), two.predict(X))
    seen = CnnAgeGender(**options).fit(X, wrong, select=(X, Y), calibrate=(X, Y))
    assert np.abs(seen.predict(X) - one.predict(X)).max() > 0.1
    assert np.isfinite([row["train_loss"] for row in one.training_.history]).all()


def test_only_the_ratio_of_weights_counts(faces):
    X, Y = faces
    pairs = {"select": (X, Y), "calibrate": (X, Y)}
    ones = CnnAgeGender(**QUICK).fit(X, Y, **pairs)
    small = CnnAgeGender(**QUICK).fit(X, Y, **pairs, sample_weight=np.full(len(X), 0.25))
    np.testing.assert_allclose(small.predict(X), ones.predict(X), rtol=1e-5)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.repeat([1.0, -1.0], 24), "must be 0 or more, found -1 in row 24"),
        (np.full(48, np.nan), "found nan in row 0"),
        (np.zeros(48), "nothing to learn from"),
        (np.ones((48, 2)), "must have shape"),
    ],
)
def test_impossible_weights(faces, weight, message):
    X, Y = faces
    with pytest.raises(ValueError, match=message):
        CnnAgeGender(**QUICK).fit(X, Y, sample_weight=weight, select=faces, calibrate=faces)


def test_held_out_labels_are_checked_before_training(faces):
    X, Y = faces
    started = []
    cnn = CnnAgeGender(**QUICK, progress=lambda *call: started.append(call))
    for bad, message in (
        (Y + np.array([0, 1]), r"gender must be 0 .*, got 2 in row \d+ of calibrate"),
        (np.where(np.arange(48)[:, None] == 7, np.nan, Y), "row 7"),
        (Y[:-1], "47 rows of calibrate for 48 faces"),
    ):
        with pytest.raises(ValueError, match=message):
            cnn.fit(X, Y, select=(X, Y), calibrate=(X, bad))
    names = np.where(Y[:, 1] == 1, "woman", "man")
    with pytest.raises(ValueError, match=r"select holds labels that y does not.*Man"):
        CnnClassifier(**QUICK).fit(X, names, select=(X, np.char.capitalize(names)))
    assert not started
