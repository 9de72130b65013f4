"""Estimators: HOG and CNN pipelines that follow scikit-learn's conventions to the letter."""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "AgeGender": "age_gender",
    "CnnAgeGender": "cnn.estimators",
    "CnnClassifier": "cnn.estimators",
    "CnnRegressor": "cnn.estimators",
    "ConformalAge": "intervals.age",
    "ConformalBand": "intervals.band",
    "Contender": "registry",
    "HogTransformer": "hog.transformer",
    "LoadImages": "images.load",
    "TimmFeatures": "cnn.features",
    "get_contender": "registry",
}
"""Public name to module: imported when first used, so that HOG users never wait for torch."""

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module 'pipelines' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
