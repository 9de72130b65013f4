"""A run in, its numbers or its page out."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from threadpoolctl import threadpool_limits

from reports.page.page import Page
from reports.sections.faces import shown_faces

from .tables import RunTables


def summary(run: RunTables) -> dict[str, Any]:
    """Return every number on the page of a run, ready for ``json.dump``.

    Parameters
    ----------
    run : RunTables
        The tables of one run.

    Returns
    -------
    dict
        ``headline``, ``best``, ``tests``, ``breakdowns``, ``standardised``, ``charts`` ... :
        lists of flat records; missing numbers are None.

    Examples
    --------
    >>> import reports
    >>> run = reports.from_predictions(
    ...     {"age": [30, 40, 25], "gender": ["male", "female", "female"]},
    ...     {"mine": {"age": [31.0, 44.0, 24.5], "p_female": [0.1, 0.8, 0.7]}},
    ... )
    >>> reports.summary(run)["n_faces"]
    3
    """
    with _at_work():
        return page_of(run).summary


def gallery_faces(run: RunTables) -> list[str]:
    """Return the ``face_id`` of every face the galleries show, so that pictures can be made.

    Parameters
    ----------
    run : RunTables
        The tables of one run.

    Returns
    -------
    list of str
        Each face once.

    Examples
    --------
    >>> import reports
    >>> run = reports.from_predictions(
    ...     {"age": [30, 40, 25], "gender": ["male", "female", "female"]},
    ...     {"mine": {"age": [31.0, 44.0, 24.5], "p_female": [0.1, 0.8, 0.7]}},
    ... )
    >>> sorted(reports.gallery_faces(run))
    ['0', '1', '2']
    """
    with _at_work():
        return shown_faces(page_of(run).evaluation)


def render(run: RunTables, *, summary: Mapping[str, Any] | None = None) -> str:
    """Return the page of a run: one HTML file that needs no network and no script to be read.

    Parameters
    ----------
    run : RunTables
        The tables of one run.
    summary : dict, optional
        What ``summary(run)`` returned. The numbers are computed once a run in any case; given
        here, they are checked to be those of the page.

    Returns
    -------
    str
        The page.

    Raises
    ------
    ValueError
        ``summary`` belongs to another run.

    Examples
    --------
    >>> import reports
    >>> run = reports.from_predictions(
    ...     {"age": [30, 40, 25], "gender": ["male", "female", "female"]},
    ...     {"mine": {"age": [31.0, 44.0, 24.5], "p_female": [0.1, 0.8, 0.7]}},
    ... )
    >>> reports.render(run).startswith("<!doctype html>")
    True
    """
    page = page_of(run)
    with _at_work():
        if summary is not None and summary != page.summary:
            raise ValueError("the summary given is not the summary of this run")
        return page.html


@contextmanager
def _at_work() -> Iterator[None]:
    """Keep linear algebra to one thread and leave rubbish lying.

    Products are small, and their sums the same on any machine. Figures are rings of references:
    looking for those that are done with, again and again, takes a tenth of the page's time.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        with threadpool_limits(1, user_api="blas"):
            yield
    finally:
        if collecting:
            gc.enable()


def page_of(run: RunTables) -> Page:
    """Return the run's page; numbers and pictures are made on first use and kept with the run."""
    page = run.cache.get("page")
    if not isinstance(page, Page):
        page = run.cache["page"] = Page(run)
    return page
