"""Labels: the names of UTKFace and tables of labels, well-formed and not."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import DataError
from data.readers import find_reader, readers
from data.readers.labelled import labels_to_faces, read_labels
from data.readers.utkface import parse_name


def test_a_well_formed_name():
    row = parse_name("26_1_2_20170116220224657.jpg.chip.jpg")
    assert (row["age"], row["gender"], row["ethnicity"]) == (26, "female", "Asian")
    assert row["usable"]
    assert row["problem"] == ""


@pytest.mark.parametrize(
    ("name", "labels", "why"),
    [
        ("61_1_20170109142408075.jpg.chip.jpg", (61, "female", "Black"), "race missing"),
        ("61_1_20170109150557335.jpg.chip.jpg", (61, "female", "Indian"), "race missing"),
        ("40_0_20170109150557339.jpg", (40, "male", None), "left unknown"),
        ("24_0_1_20170116220224657 .jpg", (24, "male", "Black"), "blank"),
        ("55_0_0_20170116232725357jpg", (55, "male", "White"), "missing dot"),
        ("14_0_0_2017011022340900.jpg", (14, "male", "White"), "16 digits"),
        ("38_0_1_201701162330572788.jpg", (38, "male", "Black"), "18 digits"),
        ("20_1_7_20170116220224657.jpg", (20, "female", None), "race 7"),
    ],
)
def test_malformed_names_that_can_be_repaired(name, labels, why):
    row = parse_name(name)
    assert (row["age"], row["gender"], row["ethnicity"]) == labels
    assert row["usable"]
    assert row["problem"] == "malformed name"
    assert why in row["detail"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("39_1_20170116174525125.jpg.chip.jpg", "disagree on the gender"),
        ("53__0_20170116184028385.jpg", "gender is missing"),
        ("20_3_0_20170116220224657.jpg", "gender 3"),
        ("240_0_0_20170116220224657.jpg", "240 years"),
        ("99999999999_0_0_20170116220224657.jpg", "not possible"),
        ("IMG_0001.jpg", "does not tell"),
        ("-5_0_0_20170116220224657.jpg", "does not tell"),
        ("٢٦_1_2_20170116220224657.jpg", "does not tell"),
        (".jpg", "does not tell"),
    ],
)
def test_names_without_usable_labels_have_a_reason(name, why):
    row = parse_name(name)
    assert not row["usable"]
    assert row["problem"] == "malformed name"
    assert why in row["detail"]


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(
    st.one_of(
        st.text(max_size=40),
        st.from_regex(r"\A[0-9_ .]{0,30}(jpg)?\Z"),
        st.from_regex(re.compile(r"\A\d{1,4}_\d{0,2}_\d{0,2}_\d{0,18}.{0,9}\Z", re.ASCII)),
    )
)
def test_a_thousand_names_are_read_or_explained(name):
    row = parse_name(name)
    if row["usable"]:
        assert 0 <= row["age"] <= 130
        assert row["gender"] in ("male", "female")
    else:
        assert row["problem"] and row["detail"]


def labels(**columns):
    frame = pd.DataFrame({"path": ["a.jpg"], "age": ["30"], "gender": ["f"]} | columns)
    return labels_to_faces(frame, prefix=Path(), stay_inside=True)


@pytest.mark.parametrize(
    ("word", "gender"),
    [("F", "female"), (" male ", "male"), ("0", "male"), ("1.0", "female"), ("Woman", "female")],
)
def test_words_for_gender(word, gender):
    assert labels(gender=[word])["gender"].tolist() == [gender]


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"age": [None]}, "age is not given"),
        ({"age": ["old"]}, "the age old is neither a number of years nor a range"),
        ({"age": ["-1"]}, "not from 0 to 130"),
        ({"age": ["inf"]}, "not from 0 to 130"),
        ({"gender": ["2"]}, "gender 2 is not known"),
        ({"gender": [None]}, "(empty)"),
        ({"path": [None]}, "names no file"),
        ({"path": ["../../etc/passwd"]}, "leads out"),
        ({"path": ["/etc/passwd"]}, "leads out"),
    ],
)
def test_rows_without_usable_labels_have_a_reason(columns, why):
    row = labels(**columns).iloc[0]
    assert not row["usable"]
    assert row["problem"] == "label missing"
    assert why in row["detail"]
    if why == "leads out":
        assert row["path"] == ""


def test_optional_columns():
    columns = {"yaw": ["12.5"], "pitch": ["999"], "identity": ["7"], "ethnicity": ["Asian"]}
    row = labels(**columns).iloc[0]
    assert row["yaw"] == 12.5
    assert np.isnan(row["pitch"])
    assert row["identity"] == "7"
    assert row["ethnicity"] == "Asian"


@pytest.mark.parametrize(
    "text", ["file;sex;age\na.jpg;m;3\n", "\ufefffile\tage\tsex\na.jpg\t3\tm\n"]
)
def test_separators_and_other_column_names(tmp_path, text):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    frame = read_labels(tmp_path / "t.csv")
    assert set(frame.columns) == {"path", "age", "gender", "malformed"}
    assert frame["age"].astype(int).tolist() == [3]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"just text", b"path,age\na,1\n"])
def test_files_that_are_no_table_of_labels(tmp_path, content):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"t\.csv"):
        read_labels(tmp_path / "t.csv")


def test_every_reader_describes_itself():
    for name, reader in readers().items():
        assert name == reader.name
        assert reader.summary and reader.licence.endswith(".")


def test_a_folder_nobody_can_read(tmp_path):
    (tmp_path / "notes.txt").write_text("no faces")
    with pytest.raises(DataError, match="holds no faces"):
        find_reader(tmp_path)


def test_several_label_tables_have_to_be_told_apart(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("path,age,gender\nx.jpg,1,m\n")
    with pytest.raises(DataError, match=r"a\.csv, b\.csv"):
        find_reader(tmp_path)
