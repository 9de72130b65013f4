"""The contenders by name: one module in ``pipelines/contenders`` registers one builder.

A contender module must be cheap to import (no torch, no timm): heavy imports belong into the
builder, so that ``study list`` answers at once.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from basis.words import did_you_mean


@dataclass(frozen=True)
class Contender:
    """What the study needs to know about a contender before it is built.

    Parameters
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

    Examples
    --------
    >>> from pipelines import contenders
    >>> contenders()["hog-kernel"].image_size
    128
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
        """Whether the package behind it is installed; it is not imported.

        Returns
        -------
        bool
        """
        return self.requires is None or importlib.util.find_spec(self.requires) is not None

    def option_names(self) -> list[str]:
        """Return the options of the builder; imports the class behind ``**options``.

        Returns
        -------
        list of str
            In the order of the signature.
        """
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
    """Register the decorated builder as contender ``name``.

    Parameters
    ----------
    name, summary : str
        Short name, and one line for lists and tables.
    family : {'baseline', 'classical', 'cnn', 'fusion', 'off-the-shelf'}
        Decides which pair the report tests: best classical against the CNN.
    image_size : int
        Side in pixels of the square RGB images it is fed with.
    all_cores, trained : bool
        Whether it should run alone on every core; whether it learns from the split.
    options_of : str, optional
        ``module:Class`` whose constructor parameters a builder with ``**options`` takes.
    requires : str, optional
        Importable package of an extra that it cannot do without.
    pretrained_on : str
        What it had learnt from before, such as ``'none'``, ``'ImageNet'`` or ``'faces'``.
    fuses : bool
        Whether it learns from other contenders' answers instead of from images.

    Returns
    -------
    callable
        The decorator, which returns the builder itself.

    Raises
    ------
    ValueError
        When it decorates, if another module has registered the name.

    Examples
    --------
    >>> from pipelines import AgeGender, register
    >>> @register("mean", summary="Mean age", family="baseline", image_size=16)  # doctest: +SKIP
    ... def build(*, random_state=None, n_jobs=None, verbose=0):
    ...     return AgeGender(DummyRegressor(), DummyClassifier())
    """

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
    """Return every registered contender by name.

    Returns
    -------
    dict of str to Contender
        In alphabetical order of their modules.

    Examples
    --------
    >>> from pipelines import contenders
    >>> "hog-kernel" in contenders()
    True
    """
    # Not ``from . import contenders``: the package's lazy attributes would be asked first.
    package = importlib.import_module(f"{__package__}.contenders")
    for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
        importlib.import_module(f"{package.__name__}.{module}")
    return dict(_REGISTRY)


def get_contender(name: str) -> Contender:
    """Return one contender.

    Parameters
    ----------
    name : str
        As ``study list`` shows it.

    Returns
    -------
    Contender

    Raises
    ------
    ValueError
        An unknown name; the message has the nearest.

    Examples
    --------
    >>> from pipelines import get_contender
    >>> get_contender("hog-linear").build(random_state=0)  # doctest: +ELLIPSIS
    AgeGender(...)
    """
    known = contenders()
    if name not in known:
        raise ValueError(f"unknown contender {name!r}{did_you_mean(name, known)}")
    return known[name]
