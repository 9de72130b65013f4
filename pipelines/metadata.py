"""Groups and weights on their way into the estimators that ours hold: they arrive, or it raises."""

from __future__ import annotations

import inspect
from typing import Any

from sklearn import get_config
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing


def fit_metadata(
    owner: Any, held: dict[str, Any], groups: Any, fit_params: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """Return what is passed to ``fit`` of every estimator that ``owner`` holds.

    With metadata routing enabled, what each of them (``held``, by the names of the routing)
    requested. Without, ``groups`` go to those that take them, since the others have no use for
    them, and all other parameters to all: a ``TypeError`` where one does not take it.
    """
    given = {name: value for name, value in fit_params.items() if value is not None}
    own = {} if groups is None else {"groups": groups}
    if get_config()["enable_metadata_routing"]:
        routed = process_routing(owner, "fit", **own, **given)
        return {name: dict(routed[name].fit) for name in held}
    passed: dict[str, dict[str, Any]] = {name: {} for name in held}
    for name, estimator in held.items():
        for plain, value in {**own, **given}.items():
            key = _key(estimator, plain)
            if key is not None:
                passed[name][key] = value
            elif plain != "groups":
                raise TypeError(
                    f"{plain} cannot be passed on: {type(estimator).__name__}, the {name} of this "
                    f"{type(owner).__name__}, takes none"
                )
    return passed


def rows_of(fit_params: dict[str, Any], rows: Any, n: int) -> dict[str, Any]:
    """Return fit parameters with ``rows`` picked from those that have one value per sample."""
    return {
        name: _safe_indexing(value, rows)
        if hasattr(value, "__len__") and not isinstance(value, str | dict) and len(value) == n
        else value
        for name, value in fit_params.items()
    }


def router(owner: Any, held: dict[str, Any]) -> MetadataRouter:
    """Return the routing of an estimator that consumes metadata and passes it to ``held``."""
    mapping = MethodMapping().add(caller="fit", callee="fit")
    routes = MetadataRouter(owner=owner).add_self_request(owner)
    return routes.add(method_mapping=mapping, **held)


def _key(estimator: Any, name: str) -> str | None:
    """Return the keyword by which ``fit`` of ``estimator`` takes ``name``, None if it does not."""
    if isinstance(estimator, FrozenEstimator):
        return None  # it would take anything and use nothing
    if isinstance(estimator, Pipeline) and "__" in name:
        return name  # the pipeline checks the step's name itself
    if isinstance(estimator, Pipeline):
        step, last = estimator.steps[-1]
        inner = None if last in (None, "passthrough") else _key(last, name)
        return None if inner is None else f"{step}__{inner}"
    parameters = inspect.signature(estimator.fit).parameters
    if name in parameters:
        return name
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        if name == "groups" and isinstance(estimator, BaseSearchCV):
            return name  # it gives them to its splitter
        for attribute in ("estimator", "regressor", "classifier"):  # searches, transformed targets
            inner = getattr(estimator, attribute, None)
            if hasattr(inner, "fit"):
                return _key(inner, name)
        if name == "sample_weight" and all(_key(e, name) == name for e in _members(estimator)):
            return name
    return None


def _members(estimator: Any) -> list[Any]:
    """Return whom a voting or stacking estimator hands its weights to; itself if it is neither."""
    named = getattr(estimator, "estimators", None)
    if not isinstance(named, list | tuple):
        return [None]
    found = [member for _, member in named if member != "drop"]
    last = getattr(estimator, "final_estimator", None)
    return found if last is None else [*found, last]
