"""``cnn-scratch``: the same network and recipe from random weights.

It separates what the CNN owes to its architecture from what it owes to ImageNet; without it,
"CNN against HOG" would be "ImageNet against nothing".
"""

from __future__ import annotations

from typing import Any

from pipelines.cnn.recipes import recipe_options
from pipelines.registry import register


@register(
    "cnn-scratch",
    summary="EfficientNet-Lite from random weights, trained for age and gender",
    family="cnn",
    image_size=144,
    all_cores=True,
    pretrained_on="random start",
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
    """Return an unfitted :class:`pipelines.cnn.estimators.CnnAgeGender`; options as for ``cnn``."""
    from pipelines.cnn.estimators import CnnAgeGender

    # nothing learned yet: every layer learns, at the same rate
    settings = {"threads": n_jobs, **recipe_options(recipe, options)}
    settings |= {"weights": None, "layer_decay": 1.0, "freeze_stages": 0, **options}
    return CnnAgeGender(random_state=random_state, verbose=verbose, **settings)
