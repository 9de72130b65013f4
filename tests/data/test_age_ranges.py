"""Faces of which only a range of ages is known: kept, split, and never given an age."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import data
from data import tables
from data.bins import add_breakdowns, age_labels


@pytest.fixture
def source(tmp_path):
    """Sixty pictures; every third has an exact age, the others a range."""
    rows = ["path,age,gender"]
    rng = np.random.default_rng(0)
    for i in range(60):
        Image.fromarray(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(
            tmp_path / f"{i}.png"
        )
        age = 20 + i if i % 3 == 0 else ("20-29", "more than 70")[i % 2]
        rows.append(f"{i}.png,{age},{'mf'[i % 2]}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    return tmp_path


def test_ranges_are_kept_beside_ages(source, tmp_path):
    faces = data.load(source, cache=tmp_path / "cache", pose=False)
    table = faces.table.set_index("face_id")
    assert faces.table["keep"].all() and len(faces) == 60
    assert table.loc["3", "age"] == 23 and np.isnan(table.loc["3", "age_low"])
    assert np.isnan(table.loc["4", "age"])
    assert table.loc["4", ["age_low", "age_high"]].tolist() == [20, 29]
    assert table.loc["1", ["age_low", "age_high"]].tolist() == [70, 130]
    assert table["age_low"].dtype == table["age_high"].dtype == np.float32
    assert list(table["age_range"].cat.categories) == ["20-29", "70+"]
    assert table["age_range"].isna().sum() == 20
    told = faces.audit.query("problem == 'age range'")
    assert len(told) == 1 and "40 of 60 faces" in told["detail"].iloc[0]


def test_ranges_are_split_by_their_middle(source, tmp_path):
    table = data.load(source, cache=tmp_path / "cache", pose=False).table
    splits = data.split(table, data_set="mine")
    assert len(splits) == 60
    adult = data.split(table, data_set="mine", protocol="adult")
    ages = table.set_index("face_id").loc[adult["face_id"]]
    assert (ages["age_high"].dropna() <= 60).all() and (ages["age"].dropna() <= 60).all()


def test_copies_contradict_when_no_age_fits_both(source, tmp_path):
    labels = pd.read_csv(source / "labels.csv", dtype=str)
    for copy, age in (("a.png", "25"), ("b.png", "40-49")):
        (source / copy).write_bytes((source / "4.png").read_bytes())  # 20-29, a man
        labels.loc[len(labels)] = [copy, age, "m"]
    labels.to_csv(source / "labels.csv", index=False)
    table = data.load(source, cache=tmp_path / "cache", pose=False).table.set_index("face_id")
    assert table.loc["4", "drop_reason"] == "conflicting labels"
    labels[labels["path"] != "b.png"].to_csv(source / "labels.csv", index=False)
    table = data.load(source, cache=tmp_path / "cache", pose=False).table.set_index("face_id")
    assert sorted(table.loc[["4", "a"], "drop_reason"]) == ["", "exact copy"]


def test_the_contract_refuses_half_a_range(source, tmp_path):
    table = data.load(source, cache=tmp_path / "cache", pose=False).table
    row = table.index[table["age_low"].notna()][0]
    with pytest.raises(data.ContractError, match="one end only"):
        tables.FACES.validate(table.assign(age_high=table["age_high"].where(table.index != row)))
    swapped = table.assign(age_low=table["age_high"], age_high=table["age_low"])
    with pytest.raises(data.ContractError, match="age_low is above age_high"):
        tables.FACES.validate(swapped)
    bare = table.assign(age_low=np.nan, age_high=np.nan)
    with pytest.raises(data.ContractError, match="no age or no gender"):
        tables.FACES.validate(bare)
    tables.FACES.validate(table[table["age"].notna()].drop(columns=["age_low", "age_high"]))


def test_labels_of_ages():
    table = pd.DataFrame(
        {
            "age": [25, np.nan, np.nan, np.nan],
            "age_low": [np.nan, 20, 70, np.nan],
            "age_high": [np.nan, 29, 130, np.nan],
            "yaw": np.nan,
            "pitch": np.nan,
        }
    )
    assert age_labels(table).tolist() == ["25", "20-29", "70+", None]
    assert "age_range" not in add_breakdowns(table[:1])
