"""The image estimator checks, over the CNN contender's estimator with a tiny net."""

from __future__ import annotations

import pytest

from pipelines.cnn.estimators import CnnAgeGender
from pipelines.testing import CHECKS


@pytest.mark.parametrize("name", CHECKS)
def test_check(name):
    CHECKS[name](
        CnnAgeGender(
            "test_efficientnet",
            weights=None,
            image_size=32,
            epochs=1,
            batch_size=16,
            threads=1,
            random_state=0,
        )
    )
