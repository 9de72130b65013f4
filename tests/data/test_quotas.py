"""Quotas of a split by hand, the ages of adults, and when there are too few faces."""

import numpy as np
import pandas as pd
import pytest

import data
from data.splits import _check_parts, _rows_of, _take, _units


def people(**columns):
    """Return 40 adults of both genders, a group each, and what ``columns`` say otherwise."""
    table = pd.DataFrame({"face_id": [f"{i:02d}" for i in range(40)], "age": 30.0, "keep": True})
    table = table.assign(group=range(40), gender=["male", "female"] * 20)
    return table.assign(**columns)


def units(*strata):
    """Return units of given sizes, one list a stratum."""
    rows = [(n, number) for number, sizes in enumerate(strata) for n in sizes]
    frame = pd.DataFrame(rows, columns=["n", "stratum"])
    return frame.assign(key=np.arange(len(rows), dtype=np.uint64))


@pytest.mark.parametrize(
    ("strata", "share", "taken"),
    [
        ([[4] * 6], 0.25, [2]),  # six faces: the second group is half inside, and taken
        ([[4] * 5], 0.25, [1]),  # five faces: the second is less than half inside
        ([[4] * 5, [1] * 4], 0.25, [1, 2]),  # the second stratum makes up for the first
        ([[4] * 6, [1] * 8], 0.25, [2, 0]),  # and for too many: eight of 32 faces are taken
        ([[1] * 10, [1] * 10], 0.15, [2, 1]),  # 1.5 rounds to 2, then 3 - 2
        ([[3] * 4], 0.0, [0]),
        ([[3] * 4], 1.0, [4]),
        ([[]], 0.5, [0]),
    ],
)
def test_a_stratum_gives_its_share_to_the_nearest_group(strata, share, taken):
    table = units(*strata)
    chosen = _take(table, share, salt=0)
    assert chosen.is_unique
    found = table.loc[chosen, "stratum"].value_counts()
    assert [found.get(number, 0) for number in range(len(strata))] == taken


def test_a_group_is_of_the_age_and_gender_of_its_first_face():
    """Age bins 0-2 and 3-5 are the first two; men have the even numbers."""
    labels = {"age": [2.9, 3.0, 80.0, 4.0, 90.0], "group": [7, 9, 7, 5, 5]}
    rows = pd.DataFrame({"face_id": list("abcde"), **labels})
    rows["gender"] = ["female", "male", "male", "female", "male"]
    found = _units(rows, grouped=True)
    assert found["stratum"].tolist() == [1, 2, 3]
    assert found["n"].tolist() == [2, 1, 2]
    assert found["key"].tolist() == [7, 9, 5]
    assert rows["unit"].tolist() == [0, 1, 0, 2, 2]
    assert _units(rows, grouped=False)["n"].tolist() == [1] * 5


def test_adults_are_from_21_to_60_completed_years():
    table = people().iloc[:8].copy()
    table["age"] = [20.99, 21.0, 60.99, 61.0, *[np.nan] * 4]
    table["age_low"] = [*[np.nan] * 4, 20, 21, 50, 21]
    table["age_high"] = [*[np.nan] * 4, 29, 60, 61, 21]
    assert _rows_of(table, "adult")["face_id"].tolist() == ["01", "02", "05", "07"]
    everyone = _rows_of(table, "full")
    assert len(everyone) == 8 and everyone["age"].tolist()[4:] == [24.5, 40.5, 55.5, 21]


def test_faces_without_labels_are_in_no_split_and_dropped_ones_in_raw_alone():
    table = people()
    table.loc[0, "age"], table.loc[1, "gender"], table.loc[2, "keep"] = np.nan, None, False
    full = data.split(table, data_set="made")
    assert set(table["face_id"]) - set(full["face_id"]) == {"00", "01", "02"}
    raw = data.split(table, data_set="made", protocol="raw")
    assert set(table["face_id"]) - set(raw["face_id"]) == {"00", "01"}
    assert raw.index.tolist() == list(range(38))
    assert list(raw) == ["data_set", "protocol", "seed", "fold", "face_id", "part", "group"]
    one_group = people(group=3)
    assert data.split(one_group, data_set="made", protocol="raw")["part"].nunique() == 4


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"seed": 2**31 - 1}, None),
        ({"seed": 2**31}, "seed 2147483648: choose a number from 0 to 2147483647"),
        ({"n_folds": 2, "fold": 1}, None),
        ({"n_folds": 2, "fold": -1}, "fold -1: choose from 0 to 1"),
        ({"n_folds": 2, "fold": 2}, "fold 2: choose from 0 to 1"),
        ({"fold": -1}, "fold -1: choose from 0 to 0"),
        ({"n_folds": 0}, "0 folds: choose at least 2"),
    ],
)
def test_the_largest_and_smallest_numbers(options, sentence):
    if sentence is None:
        splits = data.split(people(), data_set="made", **options)
        assert splits[["seed", "fold"]].drop_duplicates().to_numpy().tolist() == [
            [options.get("seed", 0), options.get("fold", 0)]
        ]
    else:
        with pytest.raises(data.DataError, match=sentence):
            data.split(people(), data_set="made", **options)


def test_seed_and_fold_are_zero_by_default():
    table = people()
    first = data.split(table, data_set="made")
    assert set(first["seed"]) == set(first["fold"]) == {0}
    pd.testing.assert_frame_equal(first, data.split(table, data_set="made", seed=0, fold=0))


@pytest.mark.parametrize("n_folds", [2, 8])
def test_of_what_is_not_tested_six_eighths_train(n_folds):
    table = pd.concat([people(), people().assign(face_id=[f"x{i}" for i in range(40)])])
    table = table.assign(group=range(80)).reset_index(drop=True)
    tested = []
    for fold in range(n_folds):
        splits = data.split(table, data_set="made", n_folds=n_folds, fold=fold)
        count = splits["part"].value_counts()
        n_test = 80 // n_folds
        assert count["test"] == n_test
        eighth = (80 - n_test) / 8
        assert abs(count["select"] - eighth) <= 0.5 and abs(count["calibrate"] - eighth) <= 0.5
        tested += splits.loc[splits["part"] == "test", "face_id"].tolist()
    assert sorted(tested) == sorted(table["face_id"])


def test_four_faces_are_enough_to_ask_for_and_three_are_not():
    labels = {"age": 30.0, "keep": True, "gender": ["male", "female"] * 2}
    table = pd.DataFrame({"face_id": list("abcd"), "group": range(4), **labels})
    with pytest.raises(data.DataError, match="made has 3 usable faces for protocol 'full', fewer"):
        data.split(table[:3], data_set="made")
    with pytest.raises(data.DataError, match=r"^4 usable faces of made .* in 4 groups leave"):
        data.split(table, data_set="made")


@pytest.mark.parametrize(
    ("parts", "genders", "lack"),
    [
        ("tttsccxx", "mfmmmmmf", None),
        ("tttsccxx", "mmmmmmmf", "faces of one gender only in part 'train'"),
        ("tttsccxx", "mfmfffmm", "faces of one gender only in part 'test'"),
        ("tttsssxx", "mfmmmmmf", "no face in part 'calibrate'"),
        ("sssscccc", "mfmmmmmf", "no face in part 'train'"),
    ],
)
def test_training_and_test_need_both_genders_and_every_part_a_face(parts, genders, lack):
    names = {"t": "train", "s": "select", "c": "calibrate", "x": "test"}
    rows = pd.DataFrame({"gender": list(genders), "group": range(8)})
    chosen = pd.Series([names[letter] for letter in parts])
    if lack is None:
        _check_parts(chosen, rows, "made", "full")
    else:
        with pytest.raises(data.DataError, match=f"in 8 groups leave {lack}"):
            _check_parts(chosen, rows, "made", "full")
