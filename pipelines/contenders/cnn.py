"""``cnn``: a timm backbone from ImageNet weights, fine-tuned for age and gender together."""

from __future__ import annotations

from typing import Any

from ..registry import register


@register(
    "cnn",
    summary="EfficientNet-Lite0 from ImageNet, fine-tuned; age distribution and gender heads",
    family="cnn",
    image_size=128,
    all_cores=True,
    options_of="pipelines.cnn:CnnAgeGender",
)
def build(
    *,
    random_state: int | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    **options: Any,
) -> Any:
    """Return an unfitted :class:`pipelines.cnn.CnnAgeGender`; options are its parameters."""
    from ..cnn import CnnAgeGender

    return CnnAgeGender(random_state=random_state, threads=n_jobs, verbose=verbose, **options)
