"""Ages, ranges and genders as people write them."""

import numpy as np
import pandas as pd
import pytest

from basis.faces import OLDEST_AGE
from data.labels import as_text, read_ages, read_genders


@pytest.mark.parametrize("text", ["25", "25.0", " 25 ", "25,0", "25 years", "25 yrs old", 25, 25.0])
def test_an_age_is_read_however_it_is_written(text):
    row = read_ages(pd.Series([text], dtype="object")).iloc[0]
    assert row["age"] == 25 and np.isnan(row["age_low"]) and row["detail"] == ""


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("20-29", 20, 29),
        ("20 – 29 years", 20, 29),
        ("(25, 32)", 25, 32),
        ("(8,12)", 8, 12),
        ("more than 70", 70, OLDEST_AGE),
        ("60+", 60, OLDEST_AGE),
        (">= 18", 18, OLDEST_AGE),
        ("under 3", 0, 2),
        ("0-2", 0, 2),
    ],
)
def test_a_range_has_two_ends_and_no_age(text, low, high):
    row = read_ages(pd.Series([text])).iloc[0]
    assert np.isnan(row["age"])
    assert (row["age_low"], row["age_high"], row["detail"]) == (low, high, "")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "not given"),
        (None, "not given"),
        (float("nan"), "not given"),
        ("old", "the age old is neither a number"),
        ("-3", "not from 0 to 130"),
        ("131", "not from 0 to 130"),
        ("30-20", "ends before it begins"),
        ("inf", "not from 0 to 130"),
    ],
)
def test_what_is_no_age_says_so(text, sentence):
    row = read_ages(pd.Series([text], dtype="object")).iloc[0]
    assert row[["age", "age_low", "age_high"]].isna().all()
    assert sentence in row["detail"]


def test_genders_by_word_and_code():
    given = pd.Series(["0", 1, 0.0, "1.0", " Female ", "M", "x", None], dtype="object")
    expected = ["male", "female", "male", "female", "female", "male", None, None]
    assert [g if isinstance(g, str) else None for g in read_genders(given)] == expected


def test_missing_stays_missing_as_text():
    values = pd.Series(["a", None, float("nan"), pd.NA, 3], dtype="object")
    assert as_text(values).isna().tolist() == [False, True, True, True, False]
    assert as_text(values).dropna().tolist() == ["a", "3"]
