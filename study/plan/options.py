"""Options of a contender in a plan: known to its builder, and of use to a fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from basis.words import did_you_mean
from pipelines.registry import get_contender

SET_BY_THE_STUDY = {
    "random_state",
    "n_jobs",
    "threads",
    "verbose",
    "progress",
    "checkpoint",
    "mesh",
}


def check_options(name: str, options: Mapping[str, Any], words: Iterable[str]) -> None:
    """Refuse options that a contender does not take, or with which nothing could be trained.

    A wrong value would else be found when its cell begins, perhaps after hours of others: the
    contender is built, and asked for ``check_parameters`` if it has that. ``words`` are what else
    may stand in the plan's table.
    """
    contender = get_contender(name)
    if not options:
        return  # the names may cost an import of torch
    known = [n for n in contender.option_names() if n not in SET_BY_THE_STUDY]
    for option in options:
        if option not in known:
            hint = did_you_mean(option, [*known, *words])
            raise ValueError(f"contender {name!r} has no option {option!r}{hint}")
    if not contender.is_available():
        return
    try:
        built = contender.build(**options)
        getattr(built, "check_parameters", lambda: None)()
    except (TypeError, ValueError) as error:
        raise ValueError(f"contender {name!r}: {error}") from error
