"""Two processes and two threads that write the same thing at the same time."""

import json
import shutil

import pandas as pd
import pytest
from at_once import at_once, both
from face_folders import load, photo, save

import data
from basis.files import replacing, write_json
from data import tables


@both
def test_no_name_of_a_data_set_is_lost(folder, tmp_path, kind):
    def add(number):
        data.add_data_set(f"set{number}", folder, accept_licence=True, cache=tmp_path / "cache")

    data.cache_folder(tmp_path / "cache")
    assert at_once(add, range(8), kind) == []
    assert sorted(data.registered(tmp_path / "cache")) == [f"set{n}" for n in range(8)]


@both
def test_a_data_set_loaded_twice_at_once(folder, tmp_path, kind):
    def read(size):
        faces = load(folder, tmp_path)
        assert faces.images(size).shape == (30, size, size, 3)
        assert len(faces) == 30

    assert at_once(read, [16, 16, 24, 24], kind) == []
    left = [p.name for p in (tmp_path / "cache").rglob("*.part")]
    assert left == []


@both
def test_archives_unpacked_twice_at_once(tmp_path, kind):
    for i in range(12):
        save(tmp_path / "set" / f"{20 + i}_{i % 2}_0_2017010100000000{i % 10}.png", photo(i))
    archive = shutil.make_archive(str(tmp_path / "faces"), "zip", tmp_path / "set")
    assert at_once(lambda _: load(archive, tmp_path), range(4), kind) == []
    assert len(list((tmp_path / "cache" / "unpacked").iterdir())) == 2  # the folder and its lock


@both
def test_tables_are_one_of_the_two_never_a_mixture(tmp_path, kind):
    path = tmp_path / "splits.parquet"

    def write(number):
        rows = [
            {"data_set": "x", "protocol": "full", "seed": number, "fold": 0, "face_id": str(i)}
            for i in range(500)
        ]
        for _ in range(5):
            table = pd.DataFrame(rows).assign(part="train")
            tables.write_table(table, path, tables.SPLITS)
            found = tables.read_table(path, tables.SPLITS)
            assert len(found) == 500 and set(found["seed"]) <= {0, 1, 2, 3}
            assert (found["seed"] == found["seed"].iloc[0]).all()

    assert at_once(write, range(4), kind) == []
    assert [p.name for p in tmp_path.iterdir()] == ["splits.parquet"]


@both
def test_json_is_one_of_the_two_never_a_mixture(tmp_path, kind):
    path = tmp_path / "x.json"

    def write(number):
        for _ in range(30):
            write_json(path, [number] * 3000)
            assert len(set(json.loads(path.read_text()))) == 1

    assert at_once(write, range(4), kind) == []


def test_an_error_while_writing_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("old")
    with pytest.raises(ValueError, match="half way"), replacing(path) as temporary:
        temporary.write_text("ne")
        raise ValueError("half way")
    assert [p.name for p in tmp_path.iterdir()] == ["x.txt"] and path.read_text() == "old"
