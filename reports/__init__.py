"""Tables in, one self-contained HTML page out.

>>> import reports
>>> run = reports.RunTables(faces, predictions, costs, provenance)   # doctest: +SKIP
>>> page = reports.render(run)                                       # doctest: +SKIP
>>> numbers = reports.summary(run)                                   # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports.runs.compare import compare
from reports.runs.index import index

from .tables import RunTables

__all__ = ["RunTables", "compare", "gallery_faces", "index", "render", "summary"]


def summary(run: RunTables) -> dict[str, Any]:
    """Return every number on the page of a run, ready for ``json.dump``.

    Parameters
    ----------
    run : RunTables

    Returns
    -------
    dict
        ``headline``, ``best``, ``tests``, ``breakdowns``, ``standardised``, ``charts`` ... :
        lists of flat records; missing numbers are None.
    """
    found: dict[str, Any] = _page(run).summary
    return found


def gallery_faces(run: RunTables) -> list[str]:
    """Return the ``face_id`` of every face the galleries show, so that pictures can be made."""
    from reports.page.galleries import shown_faces

    return shown_faces(_page(run).evaluation)


def render(run: RunTables, *, summary: Mapping[str, Any] | None = None) -> str:
    """Return the page of a run: one HTML file that needs no network and no script to be read.

    Parameters
    ----------
    run : RunTables
    summary : dict, optional
        What ``summary(run)`` returned. The numbers are computed once a run in any case; given
        here, they are checked to be those of the page.

    Raises
    ------
    ValueError
        ``summary`` belongs to another run.
    """
    page = _page(run)
    if summary is not None and summary != page.summary:
        raise ValueError("the summary given is not the summary of this run")
    text: str = page.html
    return text


def _page(run: RunTables) -> Any:
    """Return the run's page; numbers and pictures are made on first use and kept with the run."""
    from reports.page.page import Page  # matplotlib and seaborn are imported only to draw

    if "page" not in run.cache:
        run.cache["page"] = Page(run)
    return run.cache["page"]
