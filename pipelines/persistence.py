"""Fitted estimators on disk without pickle: a folder of skops, safetensors and checksums.

``estimator.skops`` holds the scikit-learn part, ``tensors.safetensors`` the weights of networks,
``model.json`` the format, the versions and a sha256 of each file. What a file may contain is the
constant ``TRUSTED``, never the file's own list.

An estimator that holds a network takes part through two methods::

    def detach_tensors(self) -> tuple[Self, dict[str, ndarray]]   # a copy without the network
    def attach_tensors(self, tensors: dict[str, ndarray]) -> None  # rebuilds it in that copy

They are found wherever the estimator stands, inside pipelines and composites too.
"""

from __future__ import annotations

import copy
import hashlib
import importlib.metadata
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import skops.io
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from skops.io.exceptions import UntrustedTypesFoundException

FORMAT = 1
ESTIMATOR, TENSORS, MANIFEST = "estimator.skops", "tensors.safetensors", "model.json"

TRUSTED = (
    "pathlib.PosixPath",
    "pathlib.WindowsPath",
    "pipelines.age_gender.AgeGender",
    "pipelines.intervals.probability.PlattScaling",
    "pipelines.images.chroma.Chroma",
    "pipelines.cnn.estimators.CnnAgeGender",
    "pipelines.cnn.estimators.CnnClassifier",
    "pipelines.cnn.estimators.CnnRegressor",
    "pipelines.intervals.band.ConformalBand",
    "pipelines.intervals.age.ConformalAge",
    "pipelines.images.constant.ConstantFeature",
    "pipelines.classical.machine.FeatureMachineClassifier",
    "pipelines.classical.machine.FeatureMachineRegressor",
    "pipelines.hog.transformer.HogTransformer",
    "pipelines.classical.lbp.LbpTransformer",
    "pipelines.images.load.LoadImages",
    "pipelines.classical.mirror_pairs.MirrorPairs",
    "pipelines.images.shrink.Shrink",
    "pipelines.cnn.features.TimmFeatures",
)
"""Types a model file may hold beside those skops itself knows to be harmless.

A new estimator that is to be saved adds its class here, and nothing else does.
"""


class ModelFileError(ValueError):
    """A model folder that is damaged, incomplete, of another format, or not to be trusted."""


def save(estimator: Any, folder: str | Path) -> Path:
    """Write a fitted estimator into ``folder``, which may hold other files, and return it.

    Each file is written under a temporary name and renamed, the manifest last.

    Raises
    ------
    ModelFileError
        The estimator holds a type that ``load`` would refuse.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, NDArray] = {}
    light = _without_tensors(estimator, "", tensors)
    content = skops.io.dumps(light)
    refused = [t for t in skops.io.get_untrusted_types(data=content) if t not in TRUSTED]
    if refused:
        raise ModelFileError(
            f"{type(estimator).__name__} holds {', '.join(refused)}, which loading would refuse: "
            "add the type to pipelines.persistence.TRUSTED if it is one of ours"
        )
    (folder / MANIFEST).unlink(missing_ok=True)
    _write(folder / ESTIMATOR, lambda path: path.write_bytes(content))
    names = [ESTIMATOR]
    if tensors:
        _write(folder / TENSORS, lambda path: save_file(tensors, path))
        names.append(TENSORS)
    manifest = {
        "format": FORMAT,
        "estimator": f"{type(estimator).__module__}.{type(estimator).__qualname__}",
        "versions": {name: importlib.metadata.version(name) for name in ("scikit-learn", "numpy")},
        "sha256": {name: _sha256(folder / name) for name in names},
    }
    text = json.dumps(manifest, indent=2, sort_keys=True) + "\n"
    _write(folder / MANIFEST, lambda path: path.write_text(text))
    return folder


def load(folder: str | Path) -> Any:
    """Return the estimator that ``save`` wrote; its predictions are bit-equal.

    Raises
    ------
    FileNotFoundError
        No model in ``folder``.
    ModelFileError
        A file is missing, damaged or of a newer format, or holds a type outside ``TRUSTED``.
    """
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        raise FileNotFoundError(f"no model in {folder}: {MANIFEST} is missing")
    manifest = _read_manifest(folder)
    for name, expected in manifest["sha256"].items():
        if name not in (ESTIMATOR, TENSORS):
            raise ModelFileError(f"{folder / MANIFEST} names the unknown file {name!r}")
        if not (folder / name).is_file() or _sha256(folder / name) != expected:
            raise ModelFileError(
                f"{folder / name} is missing or differs from its checksum in {MANIFEST}: "
                "copy or train the model again"
            )
    try:
        estimator = skops.io.load(folder / ESTIMATOR, trusted=list(TRUSTED))
    except UntrustedTypesFoundException as error:
        raise ModelFileError(
            f"{folder / ESTIMATOR} holds a type outside pipelines.persistence.TRUSTED and was "
            f"not loaded ({error})"
        ) from error
    if TENSORS in manifest["sha256"]:
        _attach(estimator, load_file(folder / TENSORS))
    return estimator


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        found, sums = manifest["format"], manifest["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"{folder / MANIFEST} is not a model manifest ({error})") from error
    if found != FORMAT or ESTIMATOR not in sums:
        raise ModelFileError(
            f"{folder / MANIFEST} has format {found!r}, this version reads {FORMAT}"
        )
    return manifest


def _write(path: Path, writer: Callable[[Path], Any]) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        writer(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _parts(estimator: Any) -> Iterator[tuple[str, Any]]:
    """Yield the places where an estimator keeps other objects: attributes, steps, members."""
    if isinstance(estimator, list | tuple):
        yield from ((str(i), item) for i, item in enumerate(estimator))
    elif hasattr(estimator, "get_params") and not isinstance(estimator, type):
        yield from vars(estimator).items()


def _without_tensors(value: Any, path: str, tensors: dict[str, NDArray]) -> Any:
    """Return ``value`` with networks taken out into ``tensors``; shared where nothing changed."""
    if hasattr(value, "detach_tensors") and getattr(value, "__sklearn_is_fitted__", bool)():
        light, own = value.detach_tensors()
        tensors.update({f"{path}:{name}": np.ascontiguousarray(a) for name, a in own.items()})
        return light
    changed = {}
    for name, part in _parts(value):
        light = _without_tensors(part, f"{path}/{name}", tensors)
        if light is not part:
            changed[name] = light
    if not changed:
        return value
    if isinstance(value, list | tuple):
        return type(value)(changed.get(str(i), item) for i, item in enumerate(value))
    light = copy.copy(value)
    vars(light).update(changed)
    return light


def _attach(estimator: Any, tensors: dict[str, NDArray]) -> None:
    by_path: dict[str, dict[str, NDArray]] = {}
    for name, tensor in tensors.items():
        path, own = name.split(":", 1)
        by_path.setdefault(path, {})[own] = tensor

    def visit(value: Any, path: str) -> None:
        if path in by_path and hasattr(value, "attach_tensors"):
            value.attach_tensors(by_path.pop(path))
            return
        for name, part in _parts(value):
            visit(part, f"{path}/{name}")

    visit(estimator, "")
    if by_path:
        raise ModelFileError(f"{TENSORS} holds weights for unknown parts: {', '.join(by_path)}")
