"""Sentences for words that are not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Return the end of a sentence about an unknown word: the nearest known one, or all of them.

    Parameters
    ----------
    word : object
        What was given; compared as text.
    known : iterable of str
        What would have done.

    Returns
    -------
    str
        ``": did you mean 'cnn'? (known: cnn, dummy)"``, without the question if nothing is near.

    Examples
    --------
    >>> from basis.words import did_you_mean
    >>> "no contender 'cn'" + did_you_mean("cn", ["cnn", "dummy"])
    "no contender 'cn': did you mean 'cnn'? (known: cnn, dummy)"
    """
    known = list(known)
    near = difflib.get_close_matches(str(word), known, n=1)
    question = f": did you mean {near[0]!r}?" if near else ""
    return f"{question} (known: {', '.join(known)})"
