"""``cnn-face``: dlib's face recognition network, fine-tuned for age and gender together.

Pre-trained on faces instead of ImageNet: beside ``cnn`` it says what the pre-training is worth.
"""

from __future__ import annotations

from typing import Any

from pipelines.cnn.recipes import recipe_options

from ..registry import register


@register(
    "cnn-face",
    summary="dlib's face recognition network (CC0), fine-tuned; age distribution and gender heads",
    family="cnn",
    image_size=150,
    all_cores=True,
    pretrained_on="faces",
    options_of="pipelines.cnn.estimators:CnnAgeGender",
)
def build(
    *,
    random_state: int | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    recipe: str = "face",
    **options: Any,
) -> Any:
    """Return an unfitted :class:`pipelines.cnn.estimators.CnnAgeGender`; options as for ``cnn``."""
    from pipelines.cnn.estimators import CnnAgeGender

    settings = {"threads": n_jobs, **recipe_options(recipe, options)}
    return CnnAgeGender(random_state=random_state, verbose=verbose, **settings)
