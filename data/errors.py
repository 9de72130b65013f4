"""The exceptions of the data layer."""

from __future__ import annotations

from typing import Any


class DataError(ValueError):
    """A source cannot be used as asked; the message names it and says what to do.

    Wrong usage (a missing path, an archive without faces, a split of too few faces) raises it.
    A single bad file never does: it becomes a row of the audit.

    Examples
    --------
    >>> import data
    >>> import pandas as pd
    >>> try:
    ...     data.split(pd.DataFrame(), data_set="mine", seed=-1)
    ... except data.DataError as error:
    ...     print(error)
    seed -1: choose a number from 0 to 2147483647
    """

    __module__ = "data"


class NothingUsableError(DataError):
    """No face of a source can be used.

    Parameters
    ----------
    message : str
        Names the source, and the commonest reason with an example.
    audit : DataFrame
        Everything that was found wrong, as ``Faces.audit``.

    Attributes
    ----------
    audit : DataFrame
        As given.

    Examples
    --------
    >>> import data
    >>> import pandas as pd
    >>> audit = pd.DataFrame(
    ...     {"file": ["a.jpg"], "problem": "truncated", "action": "excluded", "detail": "cut off"}
    ... )
    >>> print(data.NothingUsableError("faces.zip holds no readable face", audit))
    faces.zip holds no readable face: 1 times truncated, such as a.jpg (cut off)
    """

    __module__ = "data"

    def __init__(self, message: str, audit: Any) -> None:
        super().__init__(message + _commonest(audit))
        self.audit = audit


def _commonest(audit: Any) -> str:
    """Return the end of a sentence: the commonest reason why files are of no use."""
    reasons = audit[audit["action"].isin(["excluded", "dropped"])]
    if reasons.empty:
        return ""
    problem = reasons["problem"].value_counts().index[0]
    first = reasons[reasons["problem"] == problem].iloc[0]
    number = int((reasons["problem"] == problem).sum())
    return f": {number:,} times {problem}, such as {first['file']} ({first['detail'] or problem})"
