"""The contenders by name: one module in ``pipelines/contenders`` registers one builder.

A contender module must be cheap to import (no torch, no timm): heavy imports belong into the
builder, so that ``study list`` answers at once.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Contender:
    """What the study needs to know about a contender before it is built.

    Attributes
    ----------
    name : str
        Short name used in plans, tables and file names, such as ``hog-linear``.
    summary : str
        One line for ``study list`` and for the report's tables.
    family : {'baseline', 'classical', 'cnn', 'fusion', 'off-the-shelf'}
        Decides which pair the report tests: best classical against the CNN.
    image_size : int
        Side in pixels of the square RGB images it is fed with.
    build : callable
        ``build(*, random_state=None, n_jobs=None, verbose=0, **options)`` returns an unfitted
        estimator that answers age and gender (``fit(X, Y, groups, select, calibrate)``).
    all_cores : bool
        Whether it should run alone on every core (true for networks).
    trained : bool
        False for off-the-shelf models, which predict only.
    options_of : str or None
        ``module:Class`` whose constructor parameters a builder with ``**options`` takes.
    requires : str or None
        Importable package of an extra that it cannot do without.
    pretrained_on : str
        What it had learnt from before it saw the training part: ``none`` (features that are not
        learnt), ``random start`` (a network without pretraining), ``ImageNet``, ``faces`` (who is
        who, without ages), or a few words.
    fuses : bool
        Whether it learns from other contenders' answers about the *select* part instead of from
        images: a study runs it after them.
    """

    __module__ = "pipelines"

    name: str
    summary: str
    family: str
    image_size: int
    build: Callable[..., Any]
    all_cores: bool = False
    trained: bool = True
    options_of: str | None = None
    requires: str | None = None
    pretrained_on: str = "none"
    fuses: bool = False

    def is_available(self) -> bool:
        """Whether the package behind it is installed; it is not imported."""
        return self.requires is None or importlib.util.find_spec(self.requires) is not None

    def option_names(self) -> list[str]:
        """Return the options of the builder, in order; imports the class behind ``**options``."""
        parameters = inspect.signature(self.build).parameters.values()
        names = [p.name for p in parameters if p.kind is not inspect.Parameter.VAR_KEYWORD]
        if self.options_of is not None:
            module, _, class_name = self.options_of.partition(":")
            behind = inspect.signature(getattr(importlib.import_module(module), class_name))
            names += [name for name in behind.parameters if name not in names]
        return names


_REGISTRY: dict[str, Contender] = {}


def register(
    name: str,
    *,
    summary: str,
    family: str,
    image_size: int,
    all_cores: bool = False,
    trained: bool = True,
    options_of: str | None = None,
    requires: str | None = None,
    pretrained_on: str = "none",
    fuses: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated builder as contender ``name``."""

    def decorate(build: Callable[..., Any]) -> Callable[..., Any]:
        if name in _REGISTRY and _REGISTRY[name].build.__module__ != build.__module__:
            raise ValueError(
                f"contender {name!r} is registered by {_REGISTRY[name].build.__module__} "
                f"and again by {build.__module__}: choose another name"
            )
        _REGISTRY[name] = Contender(
            name=name,
            summary=summary,
            family=family,
            image_size=image_size,
            build=build,
            all_cores=all_cores,
            trained=trained,
            options_of=options_of,
            requires=requires,
            pretrained_on=pretrained_on,
            fuses=fuses,
        )
        return build

    return decorate


def contenders() -> dict[str, Contender]:
    """Return every registered contender by name, in alphabetical order of their modules."""
    # Not ``from . import contenders``: the package's lazy attributes would be asked first.
    package = importlib.import_module(f"{__package__}.contenders")
    for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
        importlib.import_module(f"{package.__name__}.{module}")
    return dict(_REGISTRY)


def get_contender(name: str) -> Contender:
    """Return one contender; ``ValueError`` with the nearest names if it is unknown."""
    known = contenders()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ValueError(f"unknown contender {name!r}: {hint}known are {', '.join(known)}")
    return known[name]
