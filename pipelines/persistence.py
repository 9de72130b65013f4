"""Fitted estimators on disk without pickle: a folder of skops, safetensors and checksums.

``estimator.skops`` holds the scikit-learn part, ``tensors.safetensors`` the weights of networks,
``model.json`` the format, the versions and a sha256 of each file. What a file may contain is the
constant ``TRUSTED`` and what the caller names, never the file's own list.

An estimator that holds a network takes part through two methods::

    def detach_tensors(self) -> tuple[Self, dict[str, ndarray]]   # a copy without the network
    def attach_tensors(self, tensors: dict[str, ndarray]) -> None  # rebuilds it in that copy

They are found wherever the estimator stands, inside pipelines and composites too.
"""

from __future__ import annotations

import copy
import importlib.metadata
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

import pipelines
from basis.files import replacing, sha256_of, write_json

from .joint import SCORERS

FORMAT = 2
ESTIMATOR, TENSORS, MANIFEST = "estimator.skops", "tensors.safetensors", "model.json"
_NOT_THE_FILE = (MemoryError, ImportError)  # the machine's or the installation's: no damage

_SPLITTERS = ("KFold", "GroupKFold", "StratifiedKFold", "StratifiedGroupKFold", "GroupShuffleSplit")
_METRICS = ("_regression.mean_absolute_error", "_regression.mean_squared_error",
            "_classification.accuracy_score", "_ranking.roc_auc_score",
            "_scorer._PassthroughScorer", "_scorer._Scorer")  # fmt: skip

TRUSTED = (
    "data.pose.landmarks.FaceLandmarks",  # what a study gives to estimators that need landmarks
    "pathlib.PosixPath",
    "pathlib.WindowsPath",
    *(f"pipelines.{name}" for name in dir(pipelines) if name[0].isupper() and not name.isupper()),
    *(f"sklearn.model_selection._split.{name}" for name in _SPLITTERS),
    *(f"sklearn.metrics.{name}" for name in _METRICS),
    *(f"pipelines.joint.{name}" for name in SCORERS),
    "sklearn.utils._bunch.Bunch",  # what stacked and voting estimators keep their members in
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
)
"""Types a model file may hold beside those skops itself knows to be harmless.

Every public class of this package is one (they carry ``__module__ = "pipelines"``), so a new
estimator is known as soon as it stands in ``pipelines/__init__.pyi``. The splitters and scorers are
what a fitted search of scikit-learn holds.
"""


class ModelFileError(ValueError):
    """A model folder that is damaged, incomplete, of another format, or not to be trusted."""

    __module__ = "pipelines"


def save(estimator: Any, folder: str | Path, *, trusted: Sequence[str] = ()) -> Path:
    """Write a fitted estimator into a folder, without pickle.

    Every file is written whole or not at all, the manifest last.

    Parameters
    ----------
    estimator : estimator
        Fitted: one of ours or of scikit-learn, a pipeline, a search.
    folder : path
        Made if it is not there; may hold other files.
    trusted : sequence of str, optional
        Full names of types of your own that it holds, such as ``"my_module.MyTransformer"``;
        ``load`` wants them named again.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ModelFileError
        The estimator holds a type that ``load`` would refuse, or that cannot be written without
        pickle.

    See Also
    --------
    pipelines.load : Reads it again.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.linear_model import Ridge
    >>> from pipelines import ConformalAge, load, save
    >>> model = ConformalAge(Ridge(), random_state=0).fit([[1.0], [2.0], [3.0]], [10, 20, 30])
    >>> again = load(save(model, tempfile.mkdtemp()))
    >>> bool((again.predict([[2.5]]) == model.predict([[2.5]])).all())
    True
    """
    import skops.io  # whose list of types imports torch: two seconds, for who saves or loads

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, NDArray] = {}
    light = _without_tensors(estimator, "", tensors, {})
    content = skops.io.dumps(light)
    known = {*TRUSTED, *trusted}
    refused = [t for t in skops.io.get_untrusted_types(data=content) if t not in known]
    if refused:
        raise ModelFileError(
            f"{type(estimator).__name__} holds {', '.join(refused)}, which loading would refuse: "
            f"if you trust these types, name them here and in load: trusted={refused!r}"
        )
    (folder / MANIFEST).unlink(missing_ok=True)
    with replacing(folder / ESTIMATOR) as path:
        path.write_bytes(content)
    names = [ESTIMATOR]
    if tensors:
        with replacing(folder / TENSORS) as path:
            save_file(tensors, path)
        names.append(TENSORS)
    manifest = {
        "format": FORMAT,
        "estimator": f"{type(estimator).__module__}.{type(estimator).__qualname__}",
        "versions": {name: importlib.metadata.version(name) for name in ("scikit-learn", "numpy")},
        "sha256": {name: sha256_of(folder / name) for name in names},
    }
    write_json(folder / MANIFEST, manifest)
    return folder


def load(folder: str | Path, *, trusted: Sequence[str] = ()) -> Any:
    """Return the estimator that ``save`` wrote; its predictions are bit-equal.

    Parameters
    ----------
    folder : path
        Written by ``save``.
    trusted : sequence of str, optional
        Full names of types of your own that the file may hold. Loading calls their code: name
        only what you know, never what the file says.

    Returns
    -------
    estimator
        Fitted.

    Raises
    ------
    FileNotFoundError
        No model in ``folder``.
    ModelFileError
        A file is missing, damaged, of an older or newer format, or holds a type that neither
        ``TRUSTED`` nor ``trusted`` names.

    See Also
    --------
    pipelines.save : Writes it.

    Examples
    --------
    >>> from pipelines import load
    >>> load("no/such/folder")
    Traceback (most recent call last):
        ...
    FileNotFoundError: no model in no/such/folder: model.json is missing
    """
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        raise FileNotFoundError(f"no model in {folder}: {MANIFEST} is missing")
    manifest = _read_manifest(folder)
    for name, expected in manifest["sha256"].items():
        if name not in (ESTIMATOR, TENSORS):
            raise ModelFileError(f"{folder / MANIFEST} names the unknown file {name!r}")
        if not (folder / name).is_file() or sha256_of(folder / name) != expected:
            raise ModelFileError(
                f"{folder / name} is missing or differs from its checksum in {MANIFEST}: "
                "copy or train the model again"
            )
    import skops.io  # late, as in save
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        estimator = skops.io.load(folder / ESTIMATOR, trusted=[*TRUSTED, *trusted])
    except UntrustedTypesFoundException as error:
        raise ModelFileError(
            f"{folder / ESTIMATOR} holds types that are not trusted and was not loaded ({error}): "
            "if you know them, name them in load(folder, trusted=[...])"
        ) from error
    except _NOT_THE_FILE:
        raise
    except Exception as error:  # zipfile, skops and constructors raise many types
        raise _damaged(folder / ESTIMATOR, error) from error
    if TENSORS in manifest["sha256"]:
        try:
            _attach(estimator, load_file(folder / TENSORS))
        except _NOT_THE_FILE:
            raise
        except Exception as error:  # safetensors, torch and estimators likewise
            raise _damaged(folder / TENSORS, error) from error
    return estimator


def _damaged(path: Path, error: Exception) -> ModelFileError:
    said = str(error) or type(error).__name__
    return ModelFileError(
        f"{path} is damaged or holds another model ({said}): copy or train the model again"
    )


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        found, sums = manifest["format"], dict(manifest["sha256"])
    except (ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"{folder / MANIFEST} is not a model manifest ({error})") from error
    if found == 1:
        raise ModelFileError(
            f"{folder / MANIFEST} has format 1: its classes have moved since. Train the model "
            "again, or load it with the version that wrote it"
        )
    manifest["sha256"] = sums
    if found != FORMAT or ESTIMATOR not in sums:
        raise ModelFileError(
            f"{folder / MANIFEST} has format {found!r}, this version reads {FORMAT}: update "
            "age-gender-study"
        )
    return manifest


def _parts(estimator: Any) -> Iterator[tuple[str, Any]]:
    """Yield the places where an estimator keeps other objects: attributes, steps, members."""
    if isinstance(estimator, dict):
        yield from ((name, item) for name, item in estimator.items() if isinstance(name, str))
    elif isinstance(estimator, list | tuple):
        yield from ((str(i), item) for i, item in enumerate(estimator))
    elif hasattr(estimator, "get_params") and not isinstance(estimator, type):
        yield from vars(estimator).items()


def _without_tensors(
    value: Any, path: str, tensors: dict[str, NDArray], seen: dict[int, Any]
) -> Any:
    """Return ``value`` with networks taken out into ``tensors``; shared where nothing changed.

    One that stands in two places (``seen``), as in a stack's list and by name, is kept once.
    """
    if id(value) in seen:
        return seen[id(value)]
    if hasattr(value, "detach_tensors") and getattr(value, "__sklearn_is_fitted__", bool)():
        light, own = value.detach_tensors()
        seen[id(value)] = light
        tensors.update({f"{path}:{name}": np.ascontiguousarray(a) for name, a in own.items()})
        return light
    changed = {}
    for name, part in _parts(value):
        light = _without_tensors(part, f"{path}/{name}", tensors, seen)
        if light is not part:
            changed[name] = light
    if not changed:
        return value
    if isinstance(value, list | tuple):
        return type(value)(changed.get(str(i), item) for i, item in enumerate(value))
    light = copy.copy(value)
    (light if isinstance(value, dict) else vars(light)).update(changed)
    seen[id(value)] = light
    return light


def _attach(estimator: Any, tensors: dict[str, NDArray]) -> None:
    by_path: dict[str, dict[str, NDArray]] = {}
    for name, tensor in tensors.items():
        path, _, own = name.partition(":")
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
