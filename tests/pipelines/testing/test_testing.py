"""The public checks find what they are there to find."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor

from pipelines import AgeGender, HogTransformer
from pipelines.testing import CHECKS, check_image_estimator, striped_faces


class Median(AgeGender):
    """A contender that can be made wrong in one place."""

    def __init__(self, random_state=0):
        super().__init__(
            DummyRegressor(), DummyClassifier(), HogTransformer(), random_state=random_state
        )


class Scaling(Median):
    def fit(self, X, y, **parts):
        if isinstance(X, np.ndarray) and X.flags.writeable:
            X[0] = 0
        return super().fit(X, y, **parts)


class Narrowing(Median):
    def predict_age_interval(self, X, level=0.9):
        return super().predict_age_interval(X, level=1 - level)


class Depending(Median):
    def predict(self, X):
        answer = super().predict(X)
        answer[:, 0] += len(X) / 100
        return answer


def test_there_are_enough_checks():
    assert len(CHECKS) >= 20


def test_a_good_estimator_passes_all():
    assert set(check_image_estimator(Median()).values()) == {"passed"}


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        (Scaling, "input_is_not_changed"),
        (Narrowing, "intervals_are_ordered_and_nested"),
        (Depending, "subset_invariance"),
    ],
)
def test_a_wrong_estimator_fails_by_name(kind, check):
    with pytest.raises(AssertionError):
        CHECKS[check](kind())
    with pytest.raises(AssertionError, match=r"^\w+: "):
        check_image_estimator(kind())


def test_expected_failures_are_listed_with_their_reason():
    excused = {"subset_invariance": "depends on the number of faces"}
    excused |= {"one_pass_says_the_same": "likewise"}
    found = check_image_estimator(Depending(), excused)
    assert found["subset_invariance"].startswith("depends on the number of faces (AssertionError")
    with pytest.raises(AssertionError, match="was expected to fail"):
        check_image_estimator(Median(), {"subset_invariance": "none"})
    with pytest.raises(ValueError, match="did you mean 'subset_invariance'"):
        check_image_estimator(Median(), {"subset_invarianc": "none"})


def test_stripes_tell_age_and_gender():
    X, Y = striped_faces(40, seed=3)
    assert X.dtype == np.uint8
    assert striped_faces(4, colour=False)[0].shape == (4, 48, 48)
    across = np.abs(np.diff(X[..., 0].astype(float), axis=2)).mean((1, 2))
    assert np.corrcoef(across, Y[:, 0])[0, 1] < -0.5
