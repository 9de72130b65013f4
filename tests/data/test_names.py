"""Data sets by name."""

import pytest
from face_folders import load

import data


def test_unknown_names_are_met_with_the_known_ones(tmp_path):
    with pytest.raises(data.DataError, match="did you mean 'embedded'"):
        load("embeded", tmp_path)


def test_data_sets_by_name(folder, tmp_path):
    cache = tmp_path / "cache"
    with pytest.raises(data.DataError, match=r"non-commercial.*--accept-licence"):
        data.add_data_set("mine", folder, cache=cache)
    for bad in ("embedded", "", "a/b", ".hidden"):
        with pytest.raises(data.DataError):
            data.add_data_set(bad, folder, accept_licence=True, cache=cache)
    entry = data.add_data_set("mine", folder, accept_licence=True, cache=cache)
    assert (entry.name, entry.reader) == ("mine", "utkface")
    assert set(data.known_data_sets(cache)) == {"embedded", "mine"}
    faces = load("mine", tmp_path)
    assert faces.name == "mine" and len(faces) == 30
    (cache / "data_sets.json").write_text("{")
    with pytest.raises(data.DataError, match="is damaged"):
        load("mine", tmp_path)
