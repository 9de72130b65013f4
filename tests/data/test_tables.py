"""Contracts: a violation is a sentence with table, column and first bad row."""

import numpy as np
import pandas as pd
import pytest

from data import tables
from data.bins import AGE_BINS, add_breakdowns, age_bin, age_class, pitch_bin, yaw_bin


def faces(**changes):
    table = pd.DataFrame(
        {
            "face_id": ["a", "b"],
            "age": [3.0, 40.0],
            "gender": ["male", "female"],
            "ethnicity": ["White", None],
            "group": [1, 2],
            "yaw": [0.0, np.nan],
            "pitch": [0.0, np.nan],
            "roll": [0.0, np.nan],
            "keep": [True, False],
            "drop_reason": ["", "copy"],
        }
    )
    return table.assign(**changes)


def test_valid_faces_get_contract_dtypes_and_are_not_modified():
    before = faces()
    after = tables.FACES.validate(before)
    assert after["age"].dtype == np.float32
    assert list(after["gender"].cat.categories) == ["male", "female"]
    pd.testing.assert_frame_equal(before, faces())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"age": [3.0, 140.0]}, "faces: column 'age' is above 130 in row 1"),
        ({"age": [-1.0, 3.0]}, "column 'age' is below 0 in row 0"),
        ({"gender": ["male", "man"]}, "column 'gender' is not one of male, female in row 1"),
        ({"face_id": ["a", "a"]}, "stands in more than one row"),
        ({"age": [np.nan, 3.0]}, "kept face 'a' has no age"),
        ({"drop_reason": ["", ""]}, "'drop_reason' is empty for the dropped face 'b'"),
        ({"yaw": [np.inf, 0.0]}, "column 'yaw' is infinite in row 0"),
        ({"keep": [True, "no"]}, "column 'keep' is neither true nor false in row 1"),
        ({"group": [1.0, np.nan]}, "column 'group' is missing in row 1"),
        ({"age": ["old", "young"]}, "column 'age' cannot be read as float32"),
        ({"age": [3.5e38, 1.0]}, "column 'age' cannot be read as float32"),
    ],
)
def test_a_violation_names_column_and_row(change, sentence):
    with pytest.raises(tables.ContractError) as caught:
        tables.FACES.validate(faces(**change))
    assert sentence in str(caught.value)


def test_a_missing_column_is_named():
    with pytest.raises(tables.ContractError, match="column 'group' is missing"):
        tables.FACES.validate(faces().drop(columns="group"))


def splits(**changes):
    table = pd.DataFrame(
        {
            "data_set": "d",
            "protocol": "full",
            "seed": 0,
            "fold": 0,
            "face_id": ["a", "b"],
            "part": ["train", "test"],
            "group": [1, 2],
        }
    )
    return table.assign(**changes)


def test_a_group_in_two_parts_is_refused_except_in_raw():
    tables.SPLITS.validate(splits())
    with pytest.raises(tables.ContractError, match="group 1 stands in 2 parts"):
        tables.SPLITS.validate(splits(group=[1, 1]))
    tables.SPLITS.validate(splits(group=[1, 1], protocol="raw"))


def test_write_and_read_round_trip_and_a_damaged_file(tmp_path):
    path = tmp_path / "faces.parquet"
    tables.write_table(add_breakdowns(faces()), path, tables.FACES)
    again = tables.read_table(path, tables.FACES)
    assert tables.breakdown_columns(again) == [
        "gender", "ethnicity", "age_bin", "age_class", "yaw_bin", "pitch_bin",
    ]  # fmt: skip
    assert list(again["age_bin"].cat.categories) == list(AGE_BINS)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(tables.ContractError, match="not a readable parquet file"):
        tables.read_table(path, tables.FACES)
    assert [p.name for p in tmp_path.iterdir()] == ["faces.parquet"]


def test_an_invalid_table_leaves_no_file(tmp_path):
    with pytest.raises(tables.ContractError):
        tables.write_table(faces(age=[1, 999]), tmp_path / "faces.parquet", tables.FACES)
    assert not list(tmp_path.iterdir())


def test_bins_are_half_open_on_whole_years():
    assert list(age_bin([0, 2.9, 3, 17.99, 18, 75, 116])) == [
        "0-2", "0-2", "3-5", "13-17", "18-24", "75+", "75+",
    ]  # fmt: skip
    assert list(age_class([12.9, 13, 24, 25, 64, 65])) == [
        "0-12", "13-24", "13-24", "25-44", "45-64", "65+",
    ]  # fmt: skip
    assert list(yaw_bin([0, -9.9, 10, -45, np.nan])) == ["0-10", "0-10", "10-20", "45+", "unknown"]
    assert list(pitch_bin([-16.1, -16, 3.9, 4, np.nan])) == [
        "down", "level", "level", "up", "unknown",
    ]  # fmt: skip


def test_missing_age_has_no_bin():
    assert pd.isna(age_bin([np.nan])[0])
