"""The image estimator checks, over the CNN contender's estimator with a tiny net."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from pipelines.cnn.estimators import CnnAgeGender


def _checks():
    path = Path(__file__).parents[2] / "check_image_estimator.py"
    spec = importlib.util.spec_from_file_location("check_image_estimator", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.CHECKS


CHECKS = _checks()


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


def test_there_are_enough_checks():
    assert len(CHECKS) >= 20
