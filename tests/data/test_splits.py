"""Splits: whole groups, the promised shares, a test part that never changes, and no leak."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import data
from basis.faces import PARTS
from data.audit.groups import components, equal_value_edges, group_numbers, stable_hash
from data.splits import _mix

LETTERS = {"train": "t", "select": "s", "calibrate": "c", "test": "x"}
SEED_0 = "cttxtttsttxcttstxtxsxxtttctttttttxtxctst"
SEED_1 = "sttxtccttcxtttstxtxtxxtscttstttttxtxtttt"
FOLD_2 = "ttctttxsxxtstttccttxstttxxxxsxxctttttttt"


def faces_table(n=2000, seed=0, group_size=1.3):
    """Return a faces table with the columns a split looks at."""
    rng = np.random.default_rng(seed)
    group = np.sort(rng.integers(0, max(int(n / group_size), 1), n))
    if group_size == 1:
        group = np.arange(n)
    return pd.DataFrame(
        {
            "face_id": [f"face{i:06d}" for i in range(n)],
            "age": rng.gamma(4, 9, n).clip(0, 100).astype("float32"),
            "gender": pd.Categorical(
                rng.choice(["male", "female"], n), ["male", "female"], ordered=True
            ),
            "group": [stable_hash(str(g)) for g in group],
            "keep": rng.random(n) < 0.95,
        }
    )


def split(table, **options):
    return data.split(table, data_set="made", **options)


def shares(splits):
    return splits["part"].value_counts(normalize=True)


def test_shares_and_rows():
    table = faces_table()
    splits = split(table)
    assert set(splits["face_id"]) == set(table.loc[table["keep"], "face_id"])
    assert splits["face_id"].is_monotonic_increasing
    share = shares(splits)
    for part, expected in zip(PARTS, (0.6, 0.1, 0.1, 0.2), strict=True):
        assert share[part] == pytest.approx(expected, abs=0.006)


def test_groups_stay_whole_and_nothing_leaks():
    table = faces_table()
    splits = split(table)
    merged = splits.drop(columns="group").merge(table, on="face_id")
    assert merged.groupby("group")["part"].nunique().max() == 1
    assert data.find_leaks(splits, table).empty


@pytest.mark.parametrize("part", ["test", "train", "select"])
def test_parts_are_stratified_by_age_and_gender(part):
    table = faces_table(6000, group_size=1.0)
    merged = split(table).merge(table[["face_id", "age", "gender"]], on="face_id")
    merged["age_bin"] = data_bins(merged["age"])
    everywhere = pd.crosstab(merged["age_bin"], merged["gender"], normalize=True)
    chosen = merged[merged["part"] == part]
    here = pd.crosstab(chosen["age_bin"], chosen["gender"], normalize=True)
    assert (here - everywhere).abs().max(axis=None) < 0.006


def data_bins(age):
    from data.bins import age_bin

    return age_bin(age)


def part_of(splits, part):
    return set(splits.loc[splits["part"] == part, "face_id"])


def test_the_test_part_is_fixed_and_a_seed_draws_the_rest_again():
    table = faces_table()
    first, again, other = split(table), split(table), split(table, seed=1)
    pd.testing.assert_frame_equal(first, again)
    assert part_of(first, "test") == part_of(other, "test")
    overlap = len(part_of(first, "select") & part_of(other, "select")) / len(
        part_of(first, "select")
    )
    assert overlap < 0.3


def test_neither_row_order_nor_index_matters():
    table = faces_table()
    shuffled = table.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(split(table), split(shuffled))


def test_one_face_more_moves_few_test_faces():
    table = faces_table(2001)
    before, after = part_of(split(table.iloc[:2000]), "test"), part_of(split(table), "test")
    assert len(before ^ after) <= 6


def test_folds_divide_all_faces():
    table = faces_table()
    folds = [split(table, fold=fold, n_folds=5) for fold in range(5)]
    tests = [part_of(fold, "test") for fold in folds]
    assert set.union(*tests) == set(folds[0]["face_id"])
    assert sum(map(len, tests)) == len(folds[0])
    assert max(map(len, tests)) - min(map(len, tests)) < 0.05 * len(folds[0])
    for fold in folds:
        assert data.find_leaks(fold, table).empty
    other_seed = split(table, fold=2, n_folds=5, seed=9)
    assert part_of(other_seed, "test") == tests[2]


def test_hashes_are_those_of_splitmix64():
    """Its first three numbers from state 0, as published: a split drawn anywhere is the same."""
    zero = pd.Series([0])
    found = [int(_mix(zero, salt)[0]) for salt in range(3)]
    assert found == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, SEED_0),
        ({"seed": 1}, SEED_1),
        ({"seed": 1, "fold": 2, "n_folds": 4}, FOLD_2),
    ],
)
def test_a_split_is_the_one_of_every_version(options, expected):
    """Forty faces, a group each: (t)rain, (s)elect, (c)alibrate and te(x)t by hash and seed."""
    table = pd.DataFrame({"face_id": [f"{i:02d}" for i in range(40)], "age": 30.0, "keep": True})
    table = table.assign(group=range(40), gender=["male", "female"] * 20)
    letters = split(table, **options)["part"].astype("str").map(LETTERS)
    assert "".join(letters) == expected


def test_protocols():
    table = faces_table()
    adult = split(table, protocol="adult").merge(table, on="face_id")
    assert adult["age"].min() >= 21 and np.floor(adult["age"]).max() == 60
    raw = split(table, protocol="raw")
    assert len(raw) == len(table)
    leaks = data.find_leaks(raw, table)
    assert len(leaks) > 50
    assert set(leaks["kind"]) == {"group"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"protocol": "teen"}, "unknown protocol 'teen'"),
        ({"seed": -1}, "seed -1"),
        ({"n_folds": 1}, "1 folds"),
        ({"n_folds": 3, "fold": 3}, "fold 3: choose from 0 to 2"),
        ({"fold": 1}, "fold 1: choose from 0 to 0"),
    ],
)
def test_wrong_arguments(options, message):
    with pytest.raises(data.DataError, match=message):
        split(faces_table(100), **options)


def test_too_few_faces():
    with pytest.raises(data.DataError, match=r"3 usable faces.*fewer than the 4 parts"):
        split(faces_table(3).assign(keep=True))
    with pytest.raises(data.DataError, match=r"leave no face in part|one gender only"):
        split(faces_table(6, group_size=1.0).assign(keep=True))
    with pytest.raises(data.DataError, match="leave no face in part"):
        split(faces_table(300).assign(group=1, keep=True))


def test_a_single_gender():
    table = faces_table(100)
    table["gender"] = pd.Categorical(["female"] * 100, ["male", "female"], ordered=True)
    with pytest.raises(data.DataError, match="labelled female: a study of gender needs both"):
        split(table)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(40, 400), st.integers(0, 1000), st.floats(1, 4), st.integers(0, 50))
def test_any_table_splits_without_leak(n, seed, group_size, draw):
    table = faces_table(n, seed, group_size)
    try:
        splits = split(table, seed=draw)
    except data.DataError:
        return
    assert data.find_leaks(splits, table).empty
    largest = splits["group"].value_counts().max()
    n_test = (splits["part"] == "test").sum()
    assert abs(n_test - 0.2 * len(splits)) <= largest + 1


def test_leaks_in_somebody_elses_split():
    table = faces_table(10).assign(group=range(10), pixel_sha256=list("aabcdefghi"))
    table.loc[5, "group"] = 4
    parts = ["train", "test", "train", "test", "train", "select", *["train"] * 4]
    theirs = pd.DataFrame({"face_id": table["face_id"], "part": parts})
    leaks = data.find_leaks(theirs, table).set_index("kind")
    assert leaks.loc["identical pixels", "face_ids"] == "face000000, face000001"
    assert leaks.loc["identical pixels", "parts"] == "test, train"
    assert leaks.loc["group", "face_ids"] == "face000004, face000005"
    images = np.arange(10, dtype=np.uint8)[:, None, None, None].repeat(3, axis=3)
    images[9] = images[3]
    seen = data.find_leaks(theirs, table.drop(columns="pixel_sha256"), images=images)
    assert seen.loc[seen["kind"] == "identical pixels", "face_ids"].tolist() == [
        "face000003, face000009"
    ]
    with pytest.raises(data.DataError, match="'nobody' of the split is not in the data set"):
        strangers = pd.DataFrame({"face_id": ["nobody", "no one"], "part": "test"})
        data.find_leaks(strangers, table)


def test_each_split_of_a_table_is_looked_at_by_itself():
    table = faces_table(500)
    both = pd.concat([split(table), split(table, seed=1)])
    assert data.find_leaks(both, table).empty


def test_components_join_chains():
    edges = np.array([[0, 1], [1, 2], [5, 4]])
    assert components(6, edges).tolist() == [0, 0, 0, 1, 2, 2]


def test_group_numbers_depend_on_members_only():
    ids = pd.Series(["c", "a", "b", "d"])
    numbers = group_numbers(ids, np.array([0, 0, 1, 1]))
    assert numbers.tolist() == [stable_hash("a")] * 2 + [stable_hash("b")] * 2
    assert (numbers > 0).all()


def test_equal_value_edges_skip_missing_values():
    edges = equal_value_edges(pd.Series(["x", None, "y", "x", None, "x"]))
    assert edges.tolist() == [[0, 3], [0, 5]]
