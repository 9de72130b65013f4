"""Named settings of the CNN contenders, from minutes to an hour and a half of two cores.

Cheap to import: contender modules read it before anyone has asked for PyTorch.
"""

from __future__ import annotations

from typing import Any

from basis.words import did_you_mean

#: Settings of :class:`CnnAgeGender` by name; everything else is its default.
#:
#: ``demo``: 1,440 faces in a minute or two of two cores. ``quick``: 12,000 in 22 of one.
#: ``full``: 12,000 faces in an hour and a half, two networks that answer together; longer training
#: or a larger network brings less than the second one (``docs/results/cnn.md``). ``face``: dlib's
#: network, pre-trained on faces, for ``cnn-face``. Times are those of float32; processors with
#: bfloat16 need less than half. The first layer groups keep their first weights: in a short
#: training, freezing the fourth of ImageNet's too cost no accuracy.
RECIPES: dict[str, dict[str, Any]] = {
    "demo": {"image_size": 96, "epochs": 6, "batch_size": 32, "lr": 3e-3, "freeze_stages": 5},
    "quick": {"image_size": 96, "epochs": 6, "freeze_stages": 3},
    "full": {
        "members": 2,
        "epochs": 12,
        "image_size": 144,
        "first_image_size": 112,
        "freeze_stages": 4,
        "augment": "strong",
        "dropout": 0.3,
        "drop_path": 0.15,
        "weight_decay": 0.05,
        "gender_weight": 2.0,
    },
    "face": {
        "backbone": "dlib_face_resnet",
        "epochs": 12,
        "image_size": 150,
        "lr": 1.5e-3,
        "freeze_stages": 2,
        "augment": "wild",
        "dropout": 0.3,
        "weight_decay": 0.05,
        "gender_weight": 2.0,
    },
}


def recipe_options(recipe: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a recipe, overridden by ``options``.

    A first image size above the asked ``image_size`` is lowered to it.
    """
    if recipe not in RECIPES:
        raise ValueError(f"unknown recipe {recipe!r}{did_you_mean(recipe, RECIPES)}")
    settings = {**RECIPES[recipe], **options}
    first, last = settings.get("first_image_size"), settings.get("image_size")
    if first is not None and last is not None and "first_image_size" not in options:
        settings["first_image_size"] = min(first, last)
    return settings
