"""Contender ``dummy``: what one gets without looking at the face."""

from __future__ import annotations

from typing import Any

from sklearn.dummy import DummyClassifier, DummyRegressor

from pipelines.age_gender import AgeGender
from pipelines.images.constant import ConstantFeature
from pipelines.registry import register


@register("dummy", summary="median age and majority gender", family="baseline", image_size=128)
def build(*, random_state: int | None = None, **_: Any) -> AgeGender:
    """Return the constant answer: the median age, the more frequent gender."""
    return AgeGender(
        DummyRegressor(strategy="median"),
        DummyClassifier(strategy="prior"),
        ConstantFeature(),
        random_state=random_state,
    )
