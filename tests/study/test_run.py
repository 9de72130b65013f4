"""The study on a few embedded faces: run, resume, failure, and every way to ask wrongly."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from data import tables
from study.__main__ import call
from study.record.directory import RunDirectory

PLAN = """
summary = "two small contenders"
[contenders.dummy]
[contenders.hog-linear]
"""


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(PLAN)
    return str(path)


@pytest.fixture(scope="module")
def finished(small_faces, tmp_path_factory):
    """One finished run that several tests look at."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "small.toml").write_text(PLAN)
    out = folder / "run"
    arguments = ["run", "--plan", str(folder / "small.toml"), "--data", str(small_faces)]
    assert call([*arguments, "--out", str(out), "--jobs", "1"]) == 0
    return out


def predictions(run):
    return {
        p.name: tables.read_table(p, tables.PREDICTIONS)
        for p in sorted(Path(run, "predictions").glob("*.parquet"))
    }


def test_a_run_leaves_every_table_and_one_page(finished):
    names = {p.name for p in finished.iterdir()}
    assert {
        "faces.parquet", "splits.parquet", "costs.parquet", "audit.csv", "provenance.json",
        "plan.json", "summary.json", "report.html", "models", "predictions",
    } <= names  # fmt: skip
    page = (finished / "report.html").read_text()
    assert "hog-linear" in page
    assert "http-equiv" not in page or "refresh" not in page
    assert json.loads((finished / "provenance.json").read_text())["finished"]


def test_every_contender_answers_for_the_same_held_out_faces(finished):
    asked = {frozenset(table["face_id"]) for table in predictions(finished).values()}
    assert len(asked) == 1
    splits = tables.read_table(finished / "splits.parquet", tables.SPLITS)
    held_out = splits.loc[splits["part"] == "test", "face_id"]
    assert asked == {frozenset(held_out)}


def test_costs_are_measured_per_cell(finished):
    costs = tables.read_table(finished / "costs.parquet", tables.COSTS)
    assert set(costs["contender"]) == {"dummy", "hog-linear"}
    assert (costs["peak_rss_bytes"] > 1e7).all()
    assert (costs["n_train"] > 0).all()


def test_the_same_command_repeats_nothing_and_a_damaged_cell_is_made_again(
    finished, small_faces, plan
):
    before = {p: p.stat().st_mtime_ns for p in Path(finished, "predictions").glob("*.parquet")}
    tables_before = predictions(finished)
    damaged = max(before)
    damaged.write_bytes(damaged.read_bytes()[:50])
    arguments = ["run", "--plan", plan, "--data", str(small_faces), "--out", str(finished)]
    assert call([*arguments, "--jobs", "1"]) == 0
    after = {p: p.stat().st_mtime_ns for p in before}
    assert [p for p in before if before[p] != after[p]] == [damaged]
    for name, table in predictions(finished).items():
        pd.testing.assert_frame_equal(table, tables_before[name])


def test_another_plan_in_the_same_directory_is_refused(finished, small_faces, plan, capsys):
    arguments = ["run", "--plan", plan, "--data", str(small_faces), "--out", str(finished)]
    assert call([*arguments, "--set", "seeds=[1]"]) == 2
    assert "holds a run of another plan" in capsys.readouterr().err


def test_a_directory_of_something_else_is_refused(small_faces, plan, tmp_path, capsys):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("precious")
    arguments = ["run", "--plan", plan, "--data", str(small_faces)]
    assert call([*arguments, "--out", str(tmp_path / "thesis")]) == 2
    assert "is not a run of this study" in capsys.readouterr().err
    assert [p.name for p in (tmp_path / "thesis").iterdir()] == ["chapter.tex"]


def test_two_processes_cannot_share_a_run(finished, small_faces, plan, capsys):
    with RunDirectory(finished).locked():
        arguments = ["run", "--plan", plan, "--data", str(small_faces), "--out", str(finished)]
        assert call(arguments) == 2
    assert "in use by another" in " ".join(capsys.readouterr().err.split())


def test_a_failing_cell_does_not_stop_the_others(small_faces, plan, tmp_path, capsys):
    arguments = ["run", "--plan", plan, "--data", str(small_faces), "--out", str(tmp_path / "run")]
    assert call([*arguments, "--set", "hog-linear.alpha=-1"]) == 1
    error = " ".join(capsys.readouterr().err.split())
    assert "hog-linear" in error
    assert [p.name.split(".")[1] for p in (tmp_path / "run/predictions").glob("*")] == ["dummy"]
    assert "hog-linear" in (tmp_path / "run/report.html").read_text()
    failure = json.loads(next((tmp_path / "run/failures").glob("*.json")).read_text())
    assert failure["cell"]["contender"] == "hog-linear"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "--data", "nowhere.tar.gz"], "nowhere.tar.gz"),
        (["run", "--plan", "dmo"], "did you mean 'demo'"),
        (["run", "--jobs", "0"], "at least one core"),
        (["run", "--set", "cnn.epoch=1"], "did you mean 'epochs'"),
        (["run", "--engine", "spark"], "local or dask"),
        (["run", "--engine", "dask"], "--scheduler"),
        (["report", "nowhere"], "not a run directory"),
    ],
)
def test_wrong_usage_is_a_sentence_and_exit_code_two(arguments, sentence, capsys, tmp_path):
    where = ["--out", str(tmp_path / "run")] if arguments[0] == "run" else []
    assert call([*arguments, *where]) == 2
    error = " ".join(capsys.readouterr().err.split())
    assert sentence in error
    assert "Traceback" not in error
    assert not (tmp_path / "run").exists()


def test_unknown_option_has_exit_code_two(capsys):
    assert call(["run", "--pln", "demo"]) == 2


def _start(plan, faces, out):
    root = str(Path(__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, "-m", "study", "run", "--plan", plan, "--data", str(faces), "--out", out],
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.slow
def test_kill_at_any_moment_then_resume_gives_the_same_bits(finished, small_faces, plan, tmp_path):
    """A run killed again and again ends with the predictions of an uninterrupted one."""
    out, moments = str(tmp_path / "run"), random.Random(0)
    for _ in range(int(os.environ.get("KILLS", "4"))):
        process = _start(plan, small_faces, out)
        time.sleep(moments.uniform(1.0, 9.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert _start(plan, small_faces, out).wait() == 0
    interrupted, whole = predictions(out), predictions(finished)
    assert interrupted.keys() == whole.keys()
    for name, table in interrupted.items():
        pd.testing.assert_frame_equal(table, whole[name], check_exact=True)
    assert not list(Path(out).rglob("*.tmp"))
