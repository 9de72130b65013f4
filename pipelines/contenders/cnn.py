"""``cnn``: a timm backbone from ImageNet weights, fine-tuned for age and gender together."""

from __future__ import annotations

from typing import Any

from pipelines.cnn.recipes import recipe_options
from pipelines.registry import register


@register(
    "cnn",
    summary="EfficientNet-Lite from ImageNet, fine-tuned; age distribution and gender heads",
    family="cnn",
    image_size=144,
    all_cores=True,
    pretrained_on="ImageNet",
    options_of="pipelines.cnn.estimators:CnnAgeGender",
)
def build(
    *,
    random_state: int | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    recipe: str = "full",
    **options: Any,
) -> Any:
    """Return an unfitted ``CnnAgeGender``; ``options`` are its own and go before the recipe's."""
    from pipelines.cnn.estimators import CnnAgeGender

    settings = {"threads": n_jobs, **recipe_options(recipe, options)}
    return CnnAgeGender(random_state=random_state, verbose=verbose, **settings)
