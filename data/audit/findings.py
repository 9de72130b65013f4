"""The audit: one row for everything that is not as it should be."""

from __future__ import annotations

import pandas as pd

from data.labels import as_text

AUDIT_COLUMNS = ["file", "problem", "action", "detail"]


class Findings:
    """Collects findings; ``frame()`` is the audit."""

    def __init__(self) -> None:
        self._tables: list[pd.DataFrame] = []

    def add(
        self,
        files: pd.Series,
        problem: str | pd.Series,
        action: str | pd.Series,
        detail: str | pd.Series,
    ) -> None:
        """Add one finding per file.

        ``problem`` is a short, fixed phrase, such as ``truncated``: the audit is counted by it.
        ``action`` is what was done: *excluded* files have no row in the faces table, *dropped* ones
        have ``keep = False``, all others stay in the study. ``detail`` is what a person needs to
        check the finding.
        """
        columns = {"file": files, "problem": problem, "action": action, "detail": detail}
        table = pd.DataFrame(columns, index=files.index)
        self._tables.append(table.apply(lambda column: as_text(column).fillna("")))

    def frame(self) -> pd.DataFrame:
        """Return the findings as strings, sorted by problem and file."""
        empty = pd.DataFrame(columns=AUDIT_COLUMNS, dtype="str")
        audit = pd.concat([empty, *self._tables], ignore_index=True)
        return audit.sort_values(["problem", "file"], kind="stable", ignore_index=True)


def summarise(audit: pd.DataFrame) -> pd.DataFrame:
    """Return the number of files by problem and action, the most frequent first.

    Parameters
    ----------
    audit : DataFrame of str
        ``Faces.audit``: ``file``, ``problem``, ``action``, ``detail``.

    Returns
    -------
    DataFrame
        ``problem``, ``action``, ``files`` (how many), ``example`` (one of them).

    Examples
    --------
    >>> import data
    >>> import pandas as pd
    >>> audit = pd.DataFrame({"file": ["a.jpg", "b.jpg"], "problem": "tiny", "action": "dropped"})
    >>> data.summarise(audit).values.tolist()
    [['tiny', 'dropped', 2, 'a.jpg']]
    """
    counts = audit.groupby(["problem", "action"], as_index=False).agg(
        files=("file", "nunique"), example=("file", "first")
    )
    return counts.sort_values(["files", "problem"], ascending=[False, True], ignore_index=True)
