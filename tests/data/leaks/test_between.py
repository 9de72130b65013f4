"""Near duplicates of one data set in another."""

import numpy as np
import pytest
from face_folders import chip, load, photo, save

from data.errors import DataError
from data.leaks.between import near_copies


@pytest.fixture
def two_sets(tmp_path):
    """Twenty pictures; and a set with three of them changed, one the same, and four strangers."""
    for number in range(20):
        save(tmp_path / "home" / chip(30, number % 2, number), photo(number, 96), quality=95)
    there = tmp_path / "there"
    save(there / "again" / chip(40, 0, 100), photo(3, 96), quality=60)
    save(there / "again" / chip(40, 0, 101), photo(5, 96)[:, ::-1], quality=90)
    save(there / "again" / chip(40, 0, 102), np.clip(photo(7, 64) * 0.9 + 20, 0, 255).astype("u1"))
    (there / chip(40, 0, 103)).write_bytes((tmp_path / "home" / chip(30, 1, 9)).read_bytes())
    for number in range(200, 204):
        save(there / chip(40, 1, number), photo(number, 96), quality=95)
    return load(tmp_path / "home", tmp_path), load(there, tmp_path)


def named(number, age=40, gender=0):
    return chip(age, gender, number).split(".")[0]


def test_changed_and_mirrored_pictures_are_found_and_strangers_are_not(two_sets):
    home, there = two_sets
    found = near_copies(home, there).set_index("face_id_b")
    assert list(found.index) == [named(100), named(101), named(102)]
    assert list(found["face_id_a"]) == [named(3, 30, 1), named(5, 30, 1), named(7, 30, 1)]
    assert list(found["mirrored"]) == [False, True, False]
    assert (found["similarity"] > 0.7).all()


def test_parts_of_data_sets(two_sets):
    home, there = two_sets
    without = home[home.table["face_id"] != named(3, 30, 1)]
    assert list(near_copies(without, there)["face_id_b"]) == [named(101), named(102)]
    assert list(near_copies(home, there[[0]])["face_id_b"]) == [named(100)]
    assert near_copies(home[[]], there).empty
    assert near_copies(home, there[[]]).empty


def test_it_finds_what_the_search_within_one_data_set_finds(two_sets, tmp_path):
    home, there = two_sets
    for faces, name in ((home, "a"), (there, "b")):
        for path in faces.paths():
            (tmp_path / "both" / name).mkdir(parents=True, exist_ok=True)
            (tmp_path / "both" / name / path.name).write_bytes(path.read_bytes())
    pairs = load(tmp_path / "both", tmp_path).near_duplicates.query("verified")
    expected = {frozenset(pair) for pair in pairs[["face_id_a", "face_id_b"]].to_numpy().tolist()}
    found = near_copies(home, there)[["face_id_a", "face_id_b"]].to_numpy().tolist()
    assert {frozenset(pair) for pair in found} == expected


def test_a_picture_that_is_gone_is_no_picture_without_copies(two_sets):
    home, there = two_sets
    there.path(named(100)).unlink()
    with pytest.raises(DataError, match="was readable when the data set was checked"):
        near_copies(home, there)
