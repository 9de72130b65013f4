"""``study data``: splits and findings as files, flag by flag."""

import json

import pandas as pd
import pytest

from study.__main__ import call


@pytest.fixture
def split(small_faces, tmp_path):
    """Return a function from flags to the table that ``study data split`` writes."""

    def write(*flags):
        out = tmp_path / "new" / "splits.csv"
        assert call(["data", "split", str(small_faces), "--out", str(out), *flags]) == 0
        return pd.read_csv(out).set_index("face_id")

    return write


def test_a_seed_keeps_the_test_part_and_draws_the_others_anew(split):
    first, second = split("--seed", "0"), split("--seed", "1")
    assert set(second["seed"]) == {1}
    assert first["part"].eq("test").equals(second["part"].eq("test"))
    assert (first["part"] != second["part"]).any()


def test_a_protocol_chooses_ages(split, small_faces):
    ages = {path.name.split(".")[0]: int(path.name.split("_")[0]) for path in small_faces.iterdir()}
    adults = split("--protocol", "adult")
    assert all(21 <= ages[face_id] <= 60 for face_id in adults.index)
    assert len(split()) > len(adults)


def test_folds_test_every_face_once(split):
    table = split("--folds", "3")
    tested = table[table["part"] == "test"]
    assert set(table["fold"]) == {0, 1, 2}
    assert tested.index.is_unique and set(tested.index) == set(table.index)


def test_check_counts_and_writes_what_it_found(small_faces, tmp_path, capsys):
    source = tmp_path / "faces"
    source.mkdir()
    for path in sorted(small_faces.iterdir())[:20]:
        (source / path.name).write_bytes(path.read_bytes())
    (source / "31_1_0_20170109150557002.jpg").write_text("no picture")
    out = tmp_path / "new" / "audit.csv"
    where = ["data", "check", str(source), "--no-pose", "--out", str(out)]
    assert call([*where, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["faces"] == 20 == told["kept"]
    assert sum(finding["n"] for finding in told["findings"]) == len(pd.read_csv(out)) >= 1
    assert call(where) == 0
    assert "20 faces, 20 kept" in capsys.readouterr().out


def test_a_contact_sheet_is_named_as_a_picture(tmp_path, capsys):
    for name in ("sheet", "sheet.xyz"):
        assert call(["data", "stress", "embedded", "--out", str(tmp_path / name)]) == 2
        assert "ends in .png or .jpg" in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.iterdir())
