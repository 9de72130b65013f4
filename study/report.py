"""The page of a run directory, with every extra that can be had."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import reports
from basis.files import write_json, write_text
from data import Faces, tables
from study.extras.attempts import Attempts
from study.extras.learning_curve import write_learning_curve
from study.extras.pictures import write_pictures
from study.models.card import write_cards
from study.record.directory import RunDirectory

CURVE, CARDS, PICTURES = "learning curve", "model cards", "pictures"


def made_with_report(*, pictured: bool) -> list[str]:
    """Return the names of the extras that :func:`write_report` makes."""
    return [CURVE, CARDS, *([PICTURES] if pictured else [])]


def write_report(run: RunDirectory, pictured: Faces | None = None) -> tuple[Path, dict[str, Any]]:
    """Render the report of a run directory; return its path and the summary.

    Parameters
    ----------
    run : RunDirectory
        Where a study or an evaluation has left its tables.
    pictured : Faces, optional
        Faces to make gallery pictures from; without them those of an earlier report are used.

    Returns
    -------
    report : Path
        The HTML page.
    summary : dict
        Every number on the page, as in ``summary.json``.

    Raises
    ------
    UsageError
        The directory is not a run.
    StudyFailed
        No cell of it has finished.

    Examples
    --------
    >>> from study.record.directory import RunDirectory
    >>> page, numbers = write_report(RunDirectory("runs/demo"))           # doctest: +SKIP
    """
    attempts = Attempts(run)
    if (run.path / "plan.json").is_file():
        attempts.make(CURVE, partial(write_learning_curve, run.path))
    content = run.read()
    tables.write_table(content.costs, run.path / "costs.parquet", tables.COSTS)
    attempts.make(CARDS, partial(write_cards, run.path, content))
    if pictured is not None:
        attempts.make(PICTURES, partial(write_pictures, run, content, pictured))
    content.provenance["extras_left_out"] = [vars(entry) for entry in attempts.left_out]
    summary = reports.summary(content)
    write_json(run.path / "summary.json", summary)
    report = run.path / "report.html"
    write_text(report, reports.render(content, summary=summary))
    return report, summary
