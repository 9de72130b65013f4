"""Contenders of one's own: estimators handed over in Python, or a module named on the command line.

Cells run in fresh processes, so a contender travels to them through the pipe that also brings the
job: serialised by the process that asked for the study, never read from a file.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import cloudpickle

from pipelines.registry import Contender, contenders, register
from study.errors import UsageError

from .contender import CONTENDER_NAME, ContenderPlan, unknown_contender
from .model import Plan

IMAGE_SIZE = 128  # px, where nobody says otherwise
NEEDED = ("fit", "predict", "predict_all", "get_params")


class FromEstimator:
    """A builder that returns copies of an estimator."""

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def __call__(self, *, random_state: Any = None, n_jobs: Any = None, verbose: int = 0) -> Any:
        """Return an unfitted copy, seeded where the estimator takes a seed."""
        from sklearn.base import clone

        copy = clone(self.estimator)
        offered = {"random_state": random_state, "n_jobs": n_jobs, "verbose": verbose}
        taken = copy.get_params(deep=False)
        return copy.set_params(**{key: value for key, value in offered.items() if key in taken})

    def describe(self) -> str:
        """Return the class and every parameter as text: what it computes is made of these."""
        kind = type(self.estimator)
        lines = [f"{kind.__module__}.{kind.__qualname__}"]
        parameters = self.estimator.get_params(deep=True)
        lines += [f"{name}={parameters[name]!r}" for name in sorted(parameters)]
        return re.sub(r" at 0x[0-9a-f]+", "", "\n".join(lines))


class OwnContenders(dict[str, Contender]):
    """Contenders that join a plan without being part of the package, by name."""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> OwnContenders:
        """Register estimators and contenders under the names they are given."""
        found = cls()
        for name, value in given.items():
            if not CONTENDER_NAME.fullmatch(str(name)):
                raise UsageError(
                    f"contender {name!r}: letters, digits and . _ @ - only, as it names files"
                )
            if not isinstance(value, Contender):
                value = _from_estimator(name, value)
            try:
                register(**{**_fields(value), "name": name})(value.build)
            except ValueError as error:
                raise UsageError(str(error)) from error
            found[name] = contenders()[name]
        return found

    def join(self, plan: Plan) -> Plan:
        """Return the plan with these contenders in it; those it names already are left alone.

        Whom the plan's ``pair`` names can be told only here, where all contenders are known.
        """
        if twice := sorted(self.keys() & plan.predictions.keys()):
            raise UsageError(
                f"{twice[0]!r} names a contender of your own and a file of predictions: give one "
                "of them another name"
            )
        added = {name: ContenderPlan() for name in self if name not in plan.contenders}
        joined = plan.model_copy(update={"contenders": {**plan.contenders, **added}})
        for name in joined.pair or ():
            if sentence := unknown_contender(name, [*joined.contenders, *joined.predictions]):
                raise UsageError(f"{plan.name}: pair: {sentence}")
        return joined

    def payload(self, name: str) -> str | None:
        """Return one of these contenders as text for another process; None for all others."""
        if name not in self:
            return None
        return base64.b64encode(cloudpickle.dumps(self[name])).decode("ascii")

    def identities(self) -> dict[str, str]:
        """Return a sha256 over the settings and the source of each, as far as it can be had."""
        return {
            name: hashlib.sha256(_description(self[name].build).encode()).hexdigest()
            for name in self
        }


def receive(payload: str | None) -> None:
    """Register what :meth:`OwnContenders.payload` sent from the parent process."""
    if payload is not None:
        contender = cloudpickle.loads(base64.b64decode(payload))
        register(**_fields(contender))(contender.build)


def from_module(path: Path | str) -> dict[str, Contender]:
    """Run a Python file and return the contenders it brings.

    It registers builders with ``@pipelines.register(...)``, or has a dict ``CONTENDERS`` of
    estimators by name, or both.
    """
    path = Path(path)
    if not path.is_file() or path.suffix != ".py":
        raise UsageError(f"--contenders {path}: no such Python file")
    module_name = f"contenders_from_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    if (folder := str(path.parent.resolve())) not in sys.path:
        sys.path.append(folder)  # last: its neighbours can be imported and shadow nothing
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(f"--contenders {path}: {type(error).__name__}: {error}") from error
    cloudpickle.register_pickle_by_value(module)
    found = {name: c for name, c in contenders().items() if c.build.__module__ == module_name}
    given = getattr(module, "CONTENDERS", {})
    if not isinstance(given, Mapping):
        raise UsageError(
            f"--contenders {path}: CONTENDERS is a {type(given).__name__}, not a dict of "
            "estimators by name"
        )
    found |= {n: e if isinstance(e, Contender) else _from_estimator(n, e) for n, e in given.items()}
    if not found:
        raise UsageError(
            f"--contenders {path} brings none: decorate a builder with @register(...), or set "
            'CONTENDERS = {"mine": estimator}'
        )
    return found


def _from_estimator(name: str, estimator: Any) -> Contender:
    lacking = [method for method in NEEDED if not hasattr(estimator, method)]
    if lacking:
        raise UsageError(
            f"contender {name!r}: {type(estimator).__name__} has no {lacking[0]}(): hand over "
            "AgeGender(age=regressor, gender=classifier), a CnnAgeGender, or a Contender"
        )
    kind = type(estimator).__name__
    return Contender(name, f"{kind} of your own", "other", IMAGE_SIZE, FromEstimator(estimator))


def _fields(contender: Contender) -> dict[str, Any]:
    return {f.name: getattr(contender, f.name) for f in fields(contender) if f.name != "build"}


def _description(build: Any) -> str:
    sources: list[Any]
    if isinstance(build, FromEstimator):
        sources = [type(build.estimator)]
        text = build.describe()
    else:
        sources, text = [inspect.getmodule(build) or build], f"{build.__module__}"
    for source in sources:
        with contextlib.suppress(OSError, TypeError):  # typed into a console
            text += inspect.getsource(source)
    return text
