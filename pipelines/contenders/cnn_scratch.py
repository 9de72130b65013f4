"""``cnn-scratch``: the same network and recipe from random weights.

It separates what the CNN owes to its architecture from what it owes to ImageNet; without it,
"CNN against HOG" would be "ImageNet against nothing".
"""

from __future__ import annotations

from typing import Any

from ..registry import register


@register(
    "cnn-scratch",
    summary="EfficientNet-Lite0 from random weights, trained for age and gender",
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

    # nothing learned yet: every layer at the same rate, more epochs
    recipe: dict[str, Any] = {"weights": None, "layer_decay": 1.0, "epochs": 20, **options}
    return CnnAgeGender(random_state=random_state, threads=n_jobs, verbose=verbose, **recipe)
