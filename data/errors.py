"""The one exception of the data layer."""

from __future__ import annotations


class DataError(ValueError):
    """A source cannot be used as asked; the message names it and says what to do.

    Wrong usage (a missing path, an archive without faces, a split of too few faces) raises it.
    A single bad file never does: it becomes a row of the audit.
    """

    __module__ = "data"
