"""What the parameters of the CNN estimators mean, written once for three docstrings."""

from __future__ import annotations

import inspect
import textwrap
from typing import TypeVar

Class = TypeVar("Class", bound=type)

PARAMETERS: dict[str, tuple[str, str]] = {
    "backbone": ("str", "Any timm model."),
    "weights": (
        "{'pretrained', 'imagenet'}, path or None",
        "Where the training starts: pretrained weights (shipped here, of an installed package, the "
        "hub's cache or, with ``allow_download``, the network; 'imagenet' refuses those that are "
        "known to come from elsewhere), a safetensors file or PyTorch checkpoint, or None for "
        "random weights.",
    ),
    "image_size": (
        "int",
        "Side in pixels the network sees; images of other sizes are resized in the batch.",
    ),
    "first_image_size": (
        "int or None",
        "Progressive resizing: side of the first epoch, growing linearly (in steps of 16) to "
        "``image_size`` at three quarters of the training. None: ``image_size`` throughout.",
    ),
    "image_shape": (
        "tuple of int or None",
        "``(H, W)`` or ``(H, W, 3)`` when ``X`` holds flattened rows.",
    ),
    "epochs": ("int", "Passes over the training faces."),
    "batch_size": ("int", "Faces of one step, at least 2."),
    "lr": ("float", "Highest learning rate, of the heads (one-cycle, AdamW)."),
    "layer_decay": ("float", "Factor per layer group from the heads down to the stem."),
    "weight_decay": ("float", "Of matrices and kernels; biases and normalisations keep none."),
    "dropout": ("float", "Share of the features hidden from the heads while training."),
    "drop_path": ("float", "Stochastic depth of the backbone."),
    "freeze_stages": (
        "int",
        "Number of first layer groups that keep their first weights; they do not learn.",
    ),
    "norm": (
        "{'batch', 'frozen'}",
        "Batch normalisation while training: by each batch's own statistics, or by the pretrained "
        "ones. Frozen stages never follow the batches. Weights published without statistics get "
        "those of some training faces first.",
    ),
    "augment": (
        "{'none', 'mirror', 'standard', 'strong', 'wild'}, Augmentation or None",
        "How training images are varied; None varies nothing.",
    ),
    "mixup": (
        "float",
        "Blend pairs of faces with shares from Beta(mixup, mixup); 0: not at all.",
    ),
    "age_head": (
        "{'distribution', 'ordinal', 'regression'}",
        "How the network expresses an age: a distribution over years, questions 'older than k?', "
        "or a number.",
    ),
    "label_smoothing": (
        "float",
        "Labels 0 and 1 of the second question become half of this and one minus half of this.",
    ),
    "gender_weight": ("float", "Of the gender loss beside the age loss."),
    "ema": (
        "float or None",
        "Decay of the weights' moving average, which answers; None: the last weights.",
    ),
    "patience": (
        "int or None",
        "Stop after so many epochs without a better *select* score; None: never early. The best "
        "epoch's weights are kept either way.",
    ),
    "members": (
        "int",
        "Train so many networks from different seeds and average their answers: time and "
        "prediction cost grow with it, the error falls a little.",
    ),
    "mirror": ("bool", "Average every prediction over the image and its mirror image."),
    "match_sharpness": (
        "float or None",
        "Before answering, soften every face that is sharper than this quantile of the training "
        "faces down to it (see :class:`pipelines.MatchSharpness`); None: answer faces as they are.",
    ),
    "precision": (
        "{'auto', 'fp32', 'bf16'}",
        "Of training; ``auto`` takes bf16 on GPUs and on CPUs with AMX or AVX512-BF16. "
        "Predictions are always fp32.",
    ),
    "device": ("str", "``auto`` (a GPU if there is one), ``cpu``, ``cuda``, ..."),
    "threads": (
        "int or None",
        "Threads of PyTorch while fitting and predicting. None: as many as PyTorch has set, at "
        "most the cores that this process may use, and no more than joblib leaves to it.",
    ),
    "checkpoint": (
        "path or None",
        "Folder in which every epoch is saved; a fit that finds the same task there goes on, and "
        "waits where another process is at it.",
    ),
    "allow_download": ("bool", "Whether pretrained weights may come from the network."),
    "random_state": ("int, RandomState or None", "Of every random choice of the training."),
    "verbose": ("int", "Print a line per epoch above 0."),
    "progress": ("callable or None", "Called as ``progress(stage, done, total)``."),
}
"""Type and meaning by name; defaults are those of the signature."""

_WIDTH = 88


def documented(cls: Class) -> Class:
    """Put the parameters of a class, with its own defaults, where its docstring says so.

    The docstring's line ``{parameters}`` becomes the section that numpydoc prescribes.
    """
    lines = ["Parameters", "----------"]
    for name, parameter in inspect.signature(cls).parameters.items():
        kind, meaning = PARAMETERS[name]
        lines.append(f"{name} : {kind}, default={parameter.default!r}")
        lines += textwrap.wrap(meaning, _WIDTH, initial_indent="    ", subsequent_indent="    ")
    # joined with the indentation of a class body, where editors and inspect expect it
    cls.__doc__ = (cls.__doc__ or "").replace("{parameters}", "\n    ".join(lines))
    return cls
