"""The study on a few embedded faces: run, resume, failure, and every way to ask wrongly."""

import json
import os
import random
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import results
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


@pytest.fixture
def run(finished):
    """The directory of the finished study."""
    return finished.path


def predictions(run):
    return {
        p.name: tables.read_table(p, tables.PREDICTIONS)
        for p in sorted(Path(run, "predictions").glob("*.parquet"))
    }


def test_a_run_leaves_every_table_and_one_page(run):
    names = {p.name for p in run.iterdir()}
    assert {
        "faces.parquet", "splits.parquet", "costs.parquet", "audit.csv", "provenance.json",
        "plan.json", "summary.json", "report.html", "models", "predictions",
    } <= names  # fmt: skip
    page = (run / "report.html").read_text()
    assert "hog-linear" in page
    assert "http-equiv" not in page or "refresh" not in page
    assert json.loads((run / "provenance.json").read_text())["finished"]


def test_every_contender_answers_for_the_same_held_out_faces(run):
    asked = {frozenset(table["face_id"]) for table in predictions(run).values()}
    assert len(asked) == 1
    splits = tables.read_table(run / "splits.parquet", tables.SPLITS)
    held_out = splits.loc[splits["part"] == "test", "face_id"]
    assert asked == {frozenset(held_out)}


def test_costs_are_measured_per_cell(run):
    costs = tables.read_table(run / "costs.parquet", tables.COSTS)
    assert set(costs["contender"]) == {"dummy", "hog-linear", "hog-linear@30", "mine"}
    assert (costs["peak_rss_bytes"] > 1e7).all()
    assert (costs["n_train"] > 0).all()


def test_the_same_command_repeats_nothing_and_a_damaged_cell_is_made_again(finished, run):
    before = {p: p.stat().st_mtime_ns for p in Path(run, "predictions").glob("*.parquet")}
    tables_before = predictions(run)
    damaged = run / "predictions" / "full.dummy.seed0.fold0.parquet"
    damaged.write_bytes(damaged.read_bytes()[:50])
    assert call([*finished.arguments, "--jobs", "1"]) == 0
    after = {p: p.stat().st_mtime_ns for p in before}
    assert [p for p in before if before[p] != after[p]] == [damaged]
    for name, table in predictions(run).items():
        pd.testing.assert_frame_equal(table, tables_before[name])


def test_another_plan_in_the_same_directory_is_refused(finished, capsys):
    assert call([*finished.arguments, "--set", "seeds=[1]"]) == 2
    assert "holds a run of seeds 0 (now 1;" in " ".join(capsys.readouterr().err.split())
    assert call([*finished.arguments, "--without", "dummy"]) == 2
    assert "contender 'dummy', which this plan leaves out" in capsys.readouterr().err


def test_what_was_published_grows_elsewhere_by_another_seed(finished, run, tmp_path):
    """Finished cells stay as they are, without their models; only those of the new seed run."""
    results.write_state(run, tmp_path / "state.zip")
    with zipfile.ZipFile(tmp_path / "state.zip") as archive:
        assert not [n for n in archive.namelist() if n.endswith((".skops", ".safetensors"))]
        archive.extractall(tmp_path / "elsewhere")
    before = predictions(run)
    at = finished.arguments.index("--out") + 1
    arguments = [
        *finished.arguments[:at],
        str(tmp_path / "elsewhere"),
        *finished.arguments[at + 1 :],
    ]
    assert call([*arguments, "--jobs", "1", "--set", "seeds=[0, 3]"]) == 0
    after = predictions(tmp_path / "elsewhere")
    assert after.keys() - before.keys() == {n.replace("seed0", "seed3") for n in before}
    for name, table in before.items():
        pd.testing.assert_frame_equal(table, after[name])
    summary = json.loads((tmp_path / "elsewhere" / "summary.json").read_text())
    assert summary["contenders"]["hog-linear"]["seeds"] == ["0", "3"]
    assert not (tmp_path / "elsewhere" / "models" / "dummy" / "estimator.skops").exists()


def test_a_plan_names_whom_it_tests_and_nothing_trains_again(finished, run, tmp_path, capsys):
    copy = shutil.copytree(run, tmp_path / "copy")
    arguments = [str(copy) if a == str(run) else a for a in finished.arguments]
    before = {p: p.stat().st_mtime_ns for p in copy.glob("predictions/*.parquet")}
    assert call([*arguments, "--set", 'pair=["hog-linear", "mine"]']) == 0
    assert {p: p.stat().st_mtime_ns for p in before} == before
    summary = json.loads((copy / "summary.json").read_text())
    named = {"first": "hog-linear", "second": "mine", "reason": "The plan names this pair."}
    assert summary["pair"] == named
    assert call(["report", str(copy)]) == 0
    assert json.loads((copy / "summary.json").read_text())["pair"] == named
    assert call([*arguments, "--set", 'pair=["hog-linaer", "mine"]']) == 2
    assert "'hog-linaer' is no contender of this plan: did you mean 'hog-linear'?" in " ".join(
        capsys.readouterr().err.split()
    )


def test_a_directory_of_something_else_is_refused(small_faces, plan, tmp_path, capsys):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("precious")
    arguments = ["run", "--plan", plan, "--data", str(small_faces)]
    assert call([*arguments, "--out", str(tmp_path / "thesis")]) == 2
    assert "is not a run of this study" in capsys.readouterr().err
    assert [p.name for p in (tmp_path / "thesis").iterdir()] == ["chapter.tex"]


def test_two_processes_cannot_share_a_run(finished, run, capsys):
    with RunDirectory(run).locked():
        assert call(finished.arguments) == 2
    assert "in use by another" in " ".join(capsys.readouterr().err.split())


def test_an_extra_that_fails_costs_neither_report_nor_cells(source, tmp_path, monkeypatch, capsys):
    def broken(*arguments):
        raise RuntimeError("no paper left")

    plan = tmp_path / "leaky.toml"
    plan.write_text('summary = "x"\nleak = ["dummy"]\nsave_models = false\n[contenders.dummy]\n')
    arguments = ["run", "--plan", str(plan), "--data", str(source), "--out", str(tmp_path / "run")]
    monkeypatch.setattr("study.extras.leak.measure", broken)
    monkeypatch.setattr("study.report.write_learning_curve", broken)
    assert call(arguments) == 1
    error = " ".join(capsys.readouterr().err.split())
    assert "value of the leak: no paper left" in error
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "Extras left out" in page and "no paper left" in page
    monkeypatch.undo()
    assert call(arguments) == 0
    assert "no paper left" not in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")


def test_data_without_copies_have_no_leak_and_the_page_says_so(small_faces, tmp_path, capsys):
    plan = tmp_path / "leaky.toml"
    plan.write_text('summary = "x"\nleak = ["dummy"]\nsave_models = false\n[contenders.dummy]\n')
    out = tmp_path / "run"
    assert call(["run", "--plan", str(plan), "--data", str(small_faces), "--out", str(out)]) == 0
    assert "value of the leak is left out: no test face" in capsys.readouterr().err
    assert "there is no leak to value" in (out / "report.html").read_text(encoding="utf-8")


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


def test_kill_at_any_moment_then_resume_gives_the_same_bits(run, source, plan, tmp_path):
    """A run killed again and again ends with the predictions of an uninterrupted one.

    ``tox -e nightly`` kills twenty times.
    """
    out, moments = str(tmp_path / "run"), random.Random(0)
    for _ in range(int(os.environ.get("KILLS", "4"))):
        process = _start(plan, source, out)
        time.sleep(moments.uniform(1.0, 9.0))
        process.kill()
        process.wait()
    assert _start(plan, source, out).wait() == 0
    interrupted, whole = predictions(out), predictions(run)
    assert len(interrupted) == 2
    for name, table in interrupted.items():
        pd.testing.assert_frame_equal(table, whole[name], check_exact=True)
    assert not [p for p in Path(out).rglob(".*") if p.name != ".lock"]
