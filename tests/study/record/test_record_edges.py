"""Edges of the record of a run: races, other indexes, identities worked out by hand."""

import hashlib
from types import SimpleNamespace

import pandas as pd
import pytest
from run_directories import opened

from data import tables
from study.plan.cells import Cell
from study.plan.model import validate_plan
from study.record import directory, identity
from study.record.directory import RunDirectory
from study.record.files import read_parquet, remove_unfinished, write_parquet

CELL = Cell("toy", "full", "hog", 0, 0)
PEOPLE = pd.DataFrame(
    {"face_id": ["a", "b"], "age": [31.0, 42.0], "gender": ["male", "female"], "group": [0, 1],
     "keep": [True, False], "yaw": [1.0, 2.0]}
)  # fmt: skip


def test_a_run_in_use_is_refused_at_once(tmp_path, monkeypatch):
    waits, lock = [], directory.FileLock

    def recorded(path, timeout):
        waits.append(timeout)
        return lock(path, timeout=timeout)

    monkeypatch.setattr(directory, "FileLock", recorded)
    with RunDirectory(tmp_path).locked():
        pass
    assert waits == [0]


def test_a_damaged_cell_that_somebody_else_removed_is_not_finished(tmp_path, monkeypatch):
    run = RunDirectory(tmp_path / "run")
    opened(run, {"format": 2})
    run.predictions(CELL).write_text("half")
    (run.path / "records" / f"{CELL.name}.json").write_text("{}")

    def gone(path, contract):
        path.unlink()
        raise tables.ContractError("half a table")

    monkeypatch.setattr(directory.tables, "read_table", gone)
    assert not run.is_finished(CELL)


def test_what_somebody_else_removed_need_not_be_removed():
    asked = []
    path = SimpleNamespace(
        name=".0123456789ab.x.parquet", is_file=lambda: True,
        unlink=lambda missing_ok: asked.append(missing_ok),
    )  # fmt: skip
    remove_unfinished(SimpleNamespace(rglob=lambda pattern: [path]))
    assert asked == [True]


def test_a_folder_is_no_unfinished_file(tmp_path):
    (tmp_path / ".0123456789ab.folder").mkdir()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / ".0123456789ab.x.json").write_text("half")
    (tmp_path / "deep" / ".0123456789a.x.json").write_text("not of ours")
    remove_unfinished(tmp_path)
    left = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*"))
    assert left == [".0123456789ab.folder", "deep", "deep/.0123456789a.x.json"]


def test_a_table_is_kept_without_its_index(tmp_path):
    write_parquet(tmp_path / "x.parquet", pd.DataFrame({"x": [1, 2]}, index=["a", "b"]))
    found = read_parquet(tmp_path / "x.parquet")
    assert found.index.tolist() == [0, 1]
    assert list(found) == ["x"]


def test_the_identity_by_hand(tmp_path, monkeypatch):
    monkeypatch.setattr(identity, "code_hash", lambda: "code")
    monkeypatch.setattr(identity, "library_versions", lambda: {"numpy": "1"})
    (tmp_path / "theirs.csv").write_bytes(b"")
    table = {"name": "toy", "contenders": {"dummy": {}, "hog-linear": {}}}
    plan = validate_plan({**table, "predictions": {"theirs": str(tmp_path / "theirs.csv")}})
    faces = SimpleNamespace(name="toy", content_hash="pixels", table=PEOPLE)
    labels = b"face_id,age,gender,group,keep\na,31.0,male,0,True\nb,42.0,female,1,False\n"
    assert identity.identity_of(plan, faces) == {
        "format": 3,
        "plan": plan.digest(),
        "grid": plan.grid_settings(),
        "data": {"name": "toy", "pixels": "pixels", "labels": hashlib.sha256(labels).hexdigest()},
        "predictions": {"theirs": hashlib.sha256(b"").hexdigest()},
        "contenders": {},
        "code": "code",
        "libraries": {"numpy": "1"},
    }
    own = {"mine": "abc"}
    assert identity.identity_of(plan, faces, own)["contenders"] == own


def test_neither_pose_nor_the_numbers_of_rows_are_part_of_the_labels():
    moved = PEOPLE.assign(yaw=9.0).set_index(pd.Index([7, 8]))
    assert identity.labels_hash(moved) == identity.labels_hash(PEOPLE)


def hash_of(folder, monkeypatch, text, name="recipe.py"):
    """Return the hash of the code if each package were one module of this text."""
    folder.mkdir()
    (folder / name).write_text(text)
    for package in (identity.basis, identity.data, identity.pipelines):
        monkeypatch.setattr(package, "__file__", str(folder / "__init__.py"))
    identity.code_hash.cache_clear()
    try:
        return identity.code_hash()
    finally:
        identity.code_hash.cache_clear()


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("f()\n", "g()\n", False),  # a call alone is code
        ("f()\n1\n", "f()\n2\n", False),
        ("f()\n'a'\n", "f()\n'b'\n", True),
        ("def f():\n    'a'\n    return 1\n", "def f():\n    'b'\n    return 1\n", True),
        ("f = lambda x: 'a'\n", "f = lambda x: 'b'\n", False),
        ("x = 'a'\n", "x = 'b'\n", False),
    ],
)
def test_which_words_are_code(tmp_path, monkeypatch, one, two, same):
    found = [hash_of(tmp_path / name, monkeypatch, text) for name, text in (("1", one), ("2", two))]
    assert (found[0] == found[1]) == same


def test_the_name_of_a_module_is_part_of_the_code(tmp_path, monkeypatch):
    one = hash_of(tmp_path / "1", monkeypatch, "x = 1\n")
    two = hash_of(tmp_path / "2", monkeypatch, "x = 1\n", "other.py")
    assert one != two
