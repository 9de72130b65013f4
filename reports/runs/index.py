"""An index over runs: one line a run, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from reports.display.words import number

HEADLINE = ("mae", "accuracy")


def index(entries: Sequence[Mapping[str, Any]]) -> str:
    """Return one HTML page that lists runs.

    Parameters
    ----------
    entries : sequence of dict
        ``name``; ``href`` (relative link to the report) or None; ``started`` (text), ``data_set``,
        ``state`` (such as 'finished', '3 of 8 cells'), all optional; ``summary``: what
        ``reports.summary`` returned, or None for a run without a report.

    Returns
    -------
    str
        The page.

    Examples
    --------
    >>> import reports
    >>> "demo" in reports.index([{"name": "demo", "href": None, "state": "3 of 8 cells"}])
    True
    """
    from reports.page.page import environment

    rows = sorted(entries, key=lambda e: str(e.get("started") or ""), reverse=True)
    return (
        environment()
        .get_template("index.html.jinja")
        .render(title="Runs", rows=[_row(entry) for entry in rows])
    )


def _row(entry: Mapping[str, Any]) -> dict[str, Any]:
    summary = entry.get("summary") or {}
    verdict = [s["claim"] for s in summary.get("verdict", [])[:2]]
    return {
        "name": str(entry["name"]),
        "href": entry.get("href"),
        "started": str(entry.get("started") or "")[:16].replace("T", " "),
        "data_set": str(entry.get("data_set") or summary.get("data_set") or ""),
        "state": str(entry.get("state") or ("finished" if summary else "no report yet")),
        "n_faces": summary.get("n_faces"),
        "verdict": verdict,
        "contenders": _contenders(summary),
    }


def _contenders(summary: Mapping[str, Any]) -> list[str]:
    frame = pd.DataFrame(summary.get("headline", []))
    if frame.empty:
        return []
    wide = frame[frame["metric"].isin(HEADLINE)].pivot_table(
        index="contender", columns="metric", values="value", sort=False
    )
    return [
        f"{name}: {number(row.get('mae'), 'years')} years, {number(row.get('accuracy'), 'share')}"
        for name, row in wide.iterrows()
    ]
