"""The audit: one row for everything that is not as it should be."""

from __future__ import annotations

import pandas as pd

AUDIT_COLUMNS = ("file", "problem", "action", "detail")


class Findings:
    """Collects findings; ``frame()`` is the audit."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, str, str, str]] = []

    def add(self, file: str, problem: str, action: str, detail: str) -> None:
        """Add one finding.

        Parameters
        ----------
        file : str
            Path inside the data set.
        problem : str
            A short, fixed phrase, such as ``truncated``: the audit is counted by it.
        action : {'excluded', 'dropped', 'grouped', 'converted', 'cropped', 'noted', ...}
            What was done. *Excluded* files have no row in the faces table, *dropped* ones have
            ``keep = False``, all others stay in the study.
        detail : str
            What a person needs to check the finding.
        """
        self._rows.append((file, problem, action, detail))

    def frame(self) -> pd.DataFrame:
        """Return the findings as strings, sorted by problem and file."""
        audit = pd.DataFrame(self._rows, columns=list(AUDIT_COLUMNS)).astype("str")
        return audit.sort_values(["problem", "file"], kind="stable", ignore_index=True)


def summarise(audit: pd.DataFrame) -> pd.DataFrame:
    """Return the number of files by problem and action, the most frequent first."""
    counts = audit.groupby(["problem", "action"], as_index=False).agg(
        files=("file", "nunique"), example=("file", "first")
    )
    return counts.sort_values(["files", "problem"], ascending=[False, True], ignore_index=True)
