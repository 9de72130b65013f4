"""What people write for an age, a range of ages or a gender, read where the meaning is certain.

An age is a number of years: ``25``, ``25.5``, ``25,5`` (decimal comma), ``25 years``. A range is
``20-29``, ``(25, 32)``, ``60+``, ``more than 70``, ``under 3``; both ends are completed years and
belong to it, so that a person of 29 years and nine months is inside ``20-29``. Everything else is
unknown, and the sentence says what stood there.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from basis.faces import GENDERS, OLDEST_AGE

GENDER_WORDS = {
    "male": ("0", "m", "male", "man", "boy"),
    "female": ("1", "f", "female", "woman", "girl"),
}
"""What is read as which gender in a table of labels; other codings belong into a reader."""

MISSING = ("", "nan", "none", "null", "na", "n/a", "-", "?", "unknown")
"""What people write, in any case, where they know nothing."""

_NUMBER = r"(\d+(?:[.,]\d+)?)"
_YEARS = r"(?:\s*(?:years?|yrs?\.?|y)(?:\s+old)?)?"
_AGE = re.compile(_NUMBER + _YEARS)
_RANGE = re.compile(rf"[(\[]?\s*{_NUMBER}\s*(?:-|–|to|;|,\s)\s*{_NUMBER}\s*[)\]]?{_YEARS}")
_PAIR = re.compile(r"[(\[]\s*(\d+)\s*,\s*(\d+)\s*[)\]]")
_OPEN = re.compile(rf"(?:more than|over|above|older than|>=?)\s*{_NUMBER}{_YEARS}|{_NUMBER}\s*\+")
_UP_TO = re.compile(rf"(?:less than|under|below|younger than|<)\s*{_NUMBER}{_YEARS}")


def read_ages(values: pd.Series) -> pd.DataFrame:
    """Read ages and ranges of ages.

    Columns ``age``, ``age_low``, ``age_high`` (float64 years, NaN where unknown; ``age`` is NaN
    where only a range is) and ``detail``, a sentence where nothing could be read and ``''``
    elsewhere.
    """
    texts = as_text(values).fillna("").str.strip()
    read = {text: _read_age(text) for text in texts.unique()}
    rows = [read[text] for text in texts]
    return pd.DataFrame(
        rows, index=values.index, columns=["age", "age_low", "age_high", "detail"]
    ).astype({"age": float, "age_low": float, "age_high": float, "detail": "str"})


def _read_age(text: str) -> tuple[float, float, float, str]:
    plain = text.lower()
    age, low, high = _numbers(plain)
    if np.isnan(age) and np.isnan(low):
        return np.nan, np.nan, np.nan, _why_unread(text)
    given = [value for value in (age, low, high) if not np.isnan(value)]
    if min(given) < 0 or max(given) > OLDEST_AGE:
        return np.nan, np.nan, np.nan, f"the age {text} is not from 0 to {OLDEST_AGE:g} years"
    if low > high:
        return np.nan, np.nan, np.nan, f"the range of ages {text} ends before it begins"
    return age, low, high, ""


def _why_unread(text: str) -> str:
    if text.lower() in MISSING:
        return "the age is not given"
    return f"the age {text} is neither a number of years nor a range such as 20-29 or 70+"


def _numbers(text: str) -> tuple[float, float, float]:
    """Return age, low and high; NaN where the text does not say."""
    if (found := _AGE.fullmatch(text)) is not None:
        return _years(found[1]), np.nan, np.nan
    if (found := _RANGE.fullmatch(text) or _PAIR.fullmatch(text)) is not None:
        low, high = _years(found[1]), _years(found[2])
        return (low, np.nan, np.nan) if low == high else (np.nan, low, high)
    if (found := _OPEN.fullmatch(text)) is not None:
        return np.nan, _years(found[1] or found[2]), OLDEST_AGE
    if (found := _UP_TO.fullmatch(text)) is not None:
        return np.nan, 0.0, _years(found[1]) - 1  # completed years
    try:  # what else is a number: 2.5e1, -3
        return float(text), np.nan, np.nan
    except ValueError:
        return np.nan, np.nan, np.nan


def _years(text: str) -> float:
    return float(text.replace(",", "."))


def read_genders(values: pd.Series) -> pd.Categorical:
    """Read genders, see ``GENDER_WORDS``; what is not known becomes missing."""
    known = {word: gender for gender, words in GENDER_WORDS.items() for word in words}
    words = as_text(values).str.strip().str.lower().str.removesuffix(".0")
    return pd.Categorical(words.map(known), list(GENDERS), ordered=True)


def read_numbers(values: pd.Series) -> pd.Series:
    """Read numbers with a decimal point or comma, float64; NaN where there is none."""
    texts = as_text(values).str.strip().str.replace(",", ".", regex=False)
    return pd.to_numeric(texts, errors="coerce").astype("float64")


def read_names(values: pd.Series) -> pd.Series:
    """Read names of people or groups as text; what is only a word for nothing is missing."""
    texts = as_text(values).str.strip()
    return texts.where(~texts.str.lower().isin(MISSING), None)


def as_text(values: pd.Series) -> pd.Series:
    """Return ``values`` as text in which what was missing still is: never ``"nan"``, ``"None"``."""
    texts = values.astype("object")
    known = values.notna().to_numpy()
    out = pd.Series([None] * len(values), index=values.index, dtype="object")
    out[known] = texts[known].map(str)
    return out.astype("str") if _STRINGS_KEEP_MISSING else out


_STRINGS_KEEP_MISSING = bool(pd.Series([None], dtype="object").astype("str").isna().all())
