"""What a run directory holds, table by table, and what it refuses."""

import json

import numpy as np
import pandas as pd
import pytest
from run_directories import opened

from basis.files import write_json
from data import tables
from study.errors import StudyFailed, UsageError
from study.plan.cells import Cell
from study.record.directory import FOLDERS, RunDirectory, part_scores
from study.record.files import write_parquet

CELL = Cell("toy", "full", "hog", 0, 0)
COSTS = {
    **vars(CELL), "fit_seconds": 3.0, "predict_images_per_second": 100.0, "peak_rss_bytes": 1e6,
    "model_bytes": 10.0, "n_parameters": 5.0, "n_train": 7, "cores": 1, "threads": 1,
    "shared": False, "device": "cpu",
}  # fmt: skip


def answers(**columns):
    cell = {**vars(CELL), "face_id": ["a", "b"], "age_pred": [30.0, 40], "age_low": np.nan}
    return pd.DataFrame({**cell, "age_high": np.nan, "p_female": [0.1, 0.9], **columns})


def people(prefix=""):
    table = pd.DataFrame(
        {"face_id": [f"{prefix}a", f"{prefix}b"], "age": [31.0, 42], "group": [0, 1]}
    )
    table["gender"], table["ethnicity"] = ["male", "female"], pd.Categorical([None, None])
    return table.assign(yaw=np.nan, pitch=np.nan, roll=np.nan, keep=True, drop_reason="")


@pytest.fixture
def run(tmp_path):
    """A directory with one finished cell and nothing optional."""
    run = RunDirectory(tmp_path / "run")
    opened(run, {"format": 2})
    tables.write_table(answers(), run.predictions(CELL), tables.PREDICTIONS)
    record = {"costs": COSTS, "select": {"mae": 4.0, "accuracy": 0.9, "mae_changed": 6.0},
              "train": {"mae": 1.0}}  # fmt: skip
    write_json(run.path / "records" / f"{CELL.name}.json", record)
    tables.write_table(people(), run.path / "faces.parquet", tables.FACES)
    split = pd.DataFrame({"data_set": "toy", "protocol": "full", "seed": 0, "fold": 0,
                          "face_id": ["a", "b"], "part": ["test", "train"]})  # fmt: skip
    tables.write_table(split, run.path / "splits.parquet", tables.SPLITS)
    write_json(run.path / "provenance.json", {"plan_name": "toy", "finished": None})
    return run


def test_a_new_directory_has_its_folders_and_its_identity(tmp_path):
    run = RunDirectory(str(tmp_path / "deep" / "run"))
    opened(run, {"format": 2, "plan": "x"})
    assert {p.name for p in run.path.iterdir()} - {".lock"} == {*FOLDERS, "identity.json"}
    assert json.loads((run.path / "identity.json").read_text()) == {"format": 2, "plan": "x"}


def test_a_file_is_no_directory_and_a_lock_alone_is_nobodys(tmp_path):
    (tmp_path / "file").write_text("precious")
    with pytest.raises(UsageError, match="exists and is not a run of this study"):
        opened(RunDirectory(tmp_path / "file"), {"format": 2})
    assert (tmp_path / "file").read_text() == "precious"
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".lock").touch()
    opened(RunDirectory(tmp_path / "run"), {"format": 2})
    assert (tmp_path / "run" / "models").is_dir()


def test_another_format_is_said_with_both_numbers(run):
    with pytest.raises(UsageError, match=r"\(format 2, now 3\): choose another --out"):
        opened(run, {"format": 3})
    (run.path / "identity.json").write_text("{}")
    with pytest.raises(UsageError, match=r"\(format None, now 2\)"):
        opened(run, {"format": 2})


def test_overwrite_leaves_nothing_but_the_lock_and_follows_no_link(run, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "letter").write_text("precious")
    (run.path / "linked").symlink_to(tmp_path / "elsewhere")
    (run.path / "report.html").write_text("old")
    opened(run, {"format": 2}, overwrite=True)
    assert {p.name for p in run.path.iterdir()} - {".lock"} == {*FOLDERS, "identity.json"}
    assert not any((run.path / "predictions").iterdir())
    assert (tmp_path / "elsewhere" / "letter").read_text() == "precious"


def test_the_lock_clears_what_was_left_unfinished_and_lets_go(run):
    left = run.path / "predictions" / ".0123456789ab.x.parquet"
    left.write_text("half")
    with run.locked():
        assert not left.exists()
        with pytest.raises(UsageError, match="in use by another"), RunDirectory(run.path).locked():
            pass
    with run.locked():
        pass


def test_a_cell_is_finished_with_its_table_and_its_record(run):
    record = run.path / "records" / f"{CELL.name}.json"
    assert run.is_finished(CELL)
    assert not run.is_finished(Cell("toy", "full", "hog", 1, 0))
    kept = record.read_text()
    record.unlink()
    assert not run.is_finished(CELL)
    assert run.predictions(CELL).exists()  # nothing is damaged yet
    record.write_text(kept)
    assert run.is_finished(CELL)


@pytest.mark.parametrize("damaged", ["predictions", "records"])
def test_a_damaged_cell_is_computed_again(run, damaged):
    path = (
        run.predictions(CELL)
        if damaged == "predictions"
        else run.path / "records" / f"{CELL.name}.json"
    )
    path.write_text("{half")
    assert not run.is_finished(CELL)
    assert not run.predictions(CELL).exists()


def test_what_is_read_of_a_plain_run(run):
    found = run.read()
    assert found.faces["face_id"].tolist() == ["a", "b"]
    assert found.predictions["age_pred"].tolist() == [30.0, 40.0]
    assert found.costs["fit_seconds"].tolist() == [3.0]
    assert found.splits["part"].astype(str).tolist() == ["test", "train"]
    assert found.provenance == {
        "plan_name": "toy",
        "finished": None,
        "select_scores": {"hog": {"mae": 4.0, "accuracy": 0.9, "mae_changed": 6.0}},
    }
    assert found.part_scores[["part", "metric", "value"]].values.tolist() == [
        ["train", "mae", 1.0],
        ["select", "accuracy", 0.9],
        ["select", "mae", 4.0],
        ["select", "mae_changed", 6.0],
    ]
    assert found.failures == []
    for name in ("thumbnails", "explanations", "group_maps", "audit", "leak", "curves", "stress",
                 "near_duplicates", "pose_error", "label_noise"):  # fmt: skip
        assert getattr(found, name) is None, name
    assert not found.also


def test_every_optional_table_is_read_into_its_field(run):
    for name in ("pose_error", "leak", "curves", "near_duplicates", "explanations", "group_maps"):
        write_parquet(run.path / f"{name}.parquet", pd.DataFrame({"which": [name]}))
    names = ("pose_error", "leak", "curves", "near_duplicates")
    found = run._optional_tables()
    assert {name: found[name]["which"].tolist() for name in names} == {n: [n] for n in names}
    assert set(found) == set(names)
    (run.path / "thumbs").mkdir()
    (run.path / "thumbs" / "a.jpg").write_bytes(b"picture of an older run")
    (run.path / "thumbs" / "b.jpg").write_bytes(b"old")
    (run.path / "thumbs" / "b.webp").write_bytes(b"picture")
    (run.path / "thumbs" / ".0123456789ab.c.webp").write_bytes(b"half")
    thumbnails, explanations, group_maps = run.read_pictures()
    assert thumbnails == {"a": b"picture of an older run", "b": b"picture"}
    assert explanations["which"].tolist() == ["explanations"]
    assert group_maps["which"].tolist() == ["group_maps"]


def test_audit_and_label_noise_keep_their_empty_words(run):
    (run.path / "audit.csv").write_text("file,problem,action,detail\nNA,,kept,\n")
    write_json(run.path / "label_noise.json", {"mae": 1.5})
    found = run._optional_tables()
    assert found["audit"].values.tolist() == [["NA", "", "kept", ""]]
    assert found["label_noise"] == {"mae": 1.5}


def test_other_data_sets_are_read_by_name(run):
    rows = [answers(data_set=name, face_id=[f"{name}a", f"{name}b"]) for name in ("near", "far")]
    tables.write_table(pd.concat(rows), run.path / "also.parquet", tables.PREDICTIONS)
    for name in ("near", "far"):
        folder = run.path / "also" / name
        folder.mkdir(parents=True)
        tables.write_table(people(name), folder / "faces.parquet", tables.FACES)
        write_json(folder / "facts.json", {"title": name})
        write_parquet(folder / "recalibration.parquet", pd.DataFrame({"k": [len(name)]}))
    found = run._optional_tables()["also"]
    assert list(found) == ["near", "far"]
    for name, other in found.items():
        assert other.faces["face_id"].tolist() == [f"{name}a", f"{name}b"]
        assert other.predictions["face_id"].tolist() == [f"{name}a", f"{name}b"]
        assert other.facts == {"title": name}
        assert other.recalibration["k"].tolist() == [len(name)]


def test_no_run_and_no_finished_cell_are_told_apart(run, tmp_path):
    with pytest.raises(UsageError, match=r"is not a run directory \(no provenance\.json in it\)"):
        RunDirectory(tmp_path).read()
    run.predictions(CELL).unlink()
    failure = {"cell": vars(CELL), "error": "out of memory (log: x)"}
    write_json(run.path / "failures" / f"{CELL.name}.json", failure)
    with pytest.raises(StudyFailed) as caught:
        run.read()
    assert str(caught.value) == f"{run.path}: no cell has finished\nhog: out of memory (log: x)"


def test_part_scores_of_no_scores():
    assert part_scores([{"costs": COSTS, "select": None}]) is None
    assert part_scores([]) is None
