"""Leaks by hand: who plays which part, what is trained with, and what is said about it."""

import numpy as np
import pandas as pd
import pytest
from face_folders import chip, load, photo, save

import data
from data.audit.policy import Policy
from data.leaks import between
from data.leaks.between import near_copies
from data.leaks.value import _strangers, leak_design, leak_value, measure_leak


def people(*rows):
    return pd.DataFrame(list(rows), columns=["age", "gender"])


def drawn(copies, others, seed=0):
    return _strangers(copies, others, np.random.default_rng(seed)).tolist()


def test_strangers_are_of_the_age_bins_and_genders_of_the_copies():
    """Three men of 25 to 34 and a girl, of whom there is none: somebody else stands in for her."""
    copies = people((30, "male"), (26, "male"), (33, "male"), (5, "female"))
    others = people(*[(30, "male")] * 4, *[(70, "female")] * 3, *[(30, "female")] * 3)
    stand_ins = set()
    for seed in range(12):
        chosen = drawn(copies, others, seed)
        assert len(chosen) == len(set(chosen)) == 4
        assert len([i for i in chosen[:3] if i < 4]) == 3
        stand_ins.add(chosen[3])
    assert len(stand_ins & set(range(4, 10))) > 2  # anybody, not the first who is left
    assert drawn(copies, others) == drawn(copies, others)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_somebody_has_to_be_left_to_train_with_in_both_arms(n):
    copies = people((30, "male"), (30, "male"), (60, "female"))
    others = people(*[(30, "male")] * n)
    if n == 4:
        assert len(drawn(copies, others)) == 3
    else:
        with pytest.raises(data.DataError, match=f"{n} faces are too few to replace 3 copies"):
            drawn(copies, others)


def twins(n=60):
    """Return ``n`` faces of one age and gender, two and two the same, and two without labels."""
    table = pd.DataFrame({"group": np.arange(n) // 2, "age": 30.0, "gender": "male"})
    table["face_id"] = [f"f{i}" for i in range(n)]
    table.loc[4, "age"] = np.nan
    table.loc[7, "gender"] = None
    return table.set_index(np.arange(n) + 100)


def test_rows_are_places_in_the_table_and_faces_without_labels_take_no_part():
    table = twins()
    design = leak_design(table)
    pd.testing.assert_frame_equal(design, leak_design(table, seed=0))
    assert design.index.tolist() == list(range(58))
    assert set(range(60)) - set(design["row"]) == {4, 7}
    assert design["face_id"].tolist() == [f"f{i}" for i in design["row"]]
    role = dict(zip(design["row"], design["role"], strict=True))
    for row, twinned in zip(design["row"], design["twinned"], strict=True):
        other = role.get(row ^ 1)
        assert twinned == (role[row] == "test" and other == "copy")
        assert (role[row] == "copy") == (other == "test" and role[row] != "test")
    assert set(role.values()) == {"test", "copy", "stranger", "base"}


def test_the_arms_differ_in_copies_and_strangers_alone():
    table, seen = twins(), []

    def fit_predict(train, test):
        seen.append((set(train.tolist()), test.tolist(), len(train)))
        return np.full(len(test), len(seen)), np.full(len(test), len(seen) / 10)

    paired = measure_leak(table, fit_predict, seeds=[3, 5])
    for number, seed in enumerate([3, 5]):
        rows = leak_design(table, seed=seed).groupby("role")["row"].agg(set)
        (with_copies, test, n), (without, again, m) = seen[2 * number : 2 * number + 2]
        assert with_copies == rows["base"] | rows["copy"]
        assert without == rows["base"] | rows["stranger"]
        assert n == m == len(without) and test == again == sorted(rows["test"])
        mine = paired[paired["seed"] == seed]
        assert mine["face_id"].tolist() == [f"f{i}" for i in test]
        assert set(mine["age_with"]) == {2 * number + 1}
        assert set(mine["age_without"]) == {2 * number + 2}
        assert set(mine["p_female_without"]) == {(2 * number + 2) / 10}
    with pytest.raises(data.DataError, match="there is no leak to value"):
        leak_design(table, test_share=0.0)


def predictions(**columns):
    table = pd.DataFrame({"group": [1, 1, 2], "twinned": [True, True, False], "age": 30.0})
    return table.assign(gender=["female", "male", "female"], **columns)


def test_errors_and_accuracies_by_hand():
    """One half is female; both arms are off by 1, 3, 2 and by 5, 4, 2 years."""
    paired = predictions(
        age_with=[29.0, 33, 32], age_without=[35.0, 26, 28],
        p_female_with=[0.5, 0.49, 0.9], p_female_without=[0.49, 0.5, 0.9],
    )  # fmt: skip
    value = leak_value(paired).set_index(["faces", "metric"])
    numbers = ["with_leak", "without_leak", "difference", "n_faces", "n_groups"]
    assert value.loc[("twinned", "age MAE"), numbers].tolist() == [2, 4.5, -2.5, 2, 1]
    assert value.loc[("all", "age MAE"), numbers].tolist() == pytest.approx(
        [2, 11 / 3, -5 / 3, 3, 2]
    )
    assert value.loc[("twinned", "gender accuracy"), numbers].tolist() == [1, 0, 1, 2, 1]
    everyone = value.loc[("all", "gender accuracy"), numbers].tolist()
    assert everyone == pytest.approx([1, 1 / 3, 2 / 3, 3, 2])
    assert value.loc["twinned", ["low", "high"]].isna().all(axis=None)
    low, high = value.loc[("all", "age MAE"), ["low", "high"]]
    assert -2.5 <= low < high <= 0


def test_faces_of_a_group_are_drawn_together():
    """Groups of one to forty faces that all gain about two years: the gain is known well."""
    group = np.repeat(np.arange(20), [1, 40] * 10)
    noise = np.random.default_rng(0).normal(0, 0.02, len(group))
    paired = pd.DataFrame({"group": group, "twinned": True, "age": 30.0, "gender": "male"})
    paired = paired.assign(age_with=31.0, age_without=33.0 + noise)
    value = leak_value(paired.assign(p_female_with=0.1, p_female_without=0.1))
    ages = value[value["metric"] == "age MAE"]
    assert (ages["low"] > -2.02).all() and (ages["high"] < -1.98).all()
    assert value.loc[value["metric"] != "age MAE", ["low", "high"]].isna().all(axis=None)


def test_leaks_are_told_with_their_split():
    faces = pd.DataFrame({"face_id": list("abcdef"), "group": [1, 1, 1, 2, 2, 3]})
    part = ["train", "test", "select", "train", "train", "test"]
    cells = []
    for seed, parts in ((0, part), (1, ["train"] * 5 + ["test"])):
        names = pd.Categorical(["mine"] * 6, ["mine", "other"])
        cell = {"data_set": names, "seed": seed, "fold": 2, "part": parts}
        cells.append(faces[["face_id"]].assign(**cell))
    found = data.find_leaks(pd.concat(cells, ignore_index=True), faces)
    assert found.to_dict("records") == [
        {
            "data_set": "mine", "seed": 0, "fold": 2, "kind": "group", "n_faces": 3,
            "parts": "select, test, train", "face_ids": "a, b, c",
        }
    ]  # fmt: skip
    pixels = faces.assign(pixel_sha256=list("xyzzyy"))
    both = data.find_leaks(cells[0], pixels)
    assert both.index.tolist() == [0, 1, 2]
    assert both["kind"].tolist() == ["group"] + ["identical pixels"] * 2
    assert both["face_ids"].tolist() == ["a, b, c", "b, e, f", "c, d"]
    unknown = pd.DataFrame({"face_id": ["a", "y", "x"], "part": "test"})
    with pytest.raises(data.DataError, match=r"face 'y' of the split .* \(2 such faces\)"):
        data.find_leaks(unknown, faces)


def test_hashes_of_two_sets_are_compared_each_with_each():
    """600 hashes in three blocks against five, either way round, and every word counts."""
    rng = np.random.default_rng(0)
    here = rng.integers(0, 2**63, (600, 8), dtype=np.uint64)
    there = rng.integers(0, 2**63, (5, 8), dtype=np.uint64)
    for row, (source, half) in enumerate([(0, 0), (599, 4), (256, 0), (511, 4)]):
        there[row, half : half + 4] = here[source, :4]
        there[row, half + row] ^= np.uint64(0b10110)
    events = []
    found = between._similar_hashes(here, there, 3, 1, lambda *event: events.append(event))
    assert found.index.tolist() == list(range(4))
    assert found.to_numpy().tolist() == [
        [0, 0, 3, False],
        [256, 2, 3, False],
        [511, 3, 3, True],
        [599, 1, 3, True],
    ]
    assert list(found) == ["row_a", "row_b", "hamming", "mirrored"]
    assert events == [("compare with training faces", done, 3) for done in (1, 2, 3)] * 2
    assert between._similar_hashes(here, there, 2, 1, lambda *_: None).empty


def test_of_several_near_pictures_the_most_similar_is_named_under_the_policy_given(tmp_path):
    """Copies of photo 1 in two qualities, the second also twice; photo 2 came last."""
    home, there = tmp_path / "home", tmp_path / "there"
    rough = np.clip(photo(1) + np.random.default_rng(0).normal(0, 12, (64, 64, 3)), 0, 255)
    save(home / chip(30, 0, 0), rough.astype(np.uint8), quality=95)
    save(home / chip(30, 0, 1), photo(1), quality=95)
    (home / chip(31, 0, 2)).write_bytes((home / chip(30, 0, 1)).read_bytes())
    save(home / chip(30, 1, 3), photo(2), quality=95)
    save(there / chip(40, 1, 0), photo(2), quality=80)
    save(there / chip(40, 0, 1), photo(1), quality=80)
    save(there / chip(40, 0, 2), photo(1), quality=60)
    mine, theirs = load(home, tmp_path), load(there, tmp_path)
    found = near_copies(mine, theirs)
    assert found.index.tolist() == [0, 1, 2]
    ids = [chip(*name).split(".")[0] for name in ((30, 0, 1), (30, 0, 1), (30, 1, 3))]
    assert found["face_id_a"].tolist() == ids
    assert found["face_id_b"].tolist() == sorted(theirs.table["face_id"])
    assert found["similarity"].between(0.9, 1.0001).all() and not found["mirrored"].any()
    nothing = Policy(sure_similarity=1.1, near_similarity=1.1)
    assert near_copies(mine, theirs, nothing).empty
    by_bits = Policy(sure_distance=0, near_distance=0, sure_similarity=0.99)
    assert len(near_copies(mine, theirs, by_bits)) < 3
