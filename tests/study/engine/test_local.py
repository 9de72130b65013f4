"""Jobs in fresh processes: cores are never oversold, and a failure has a reason."""

import dataclasses
import io
import json
import os
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from run_directories import opened

from data import tables
from study.engine import local
from study.engine.local import CoreBudget, execute, run_jobs
from study.plan.cells import Cell, Job
from study.record.directory import RunDirectory

CELL = Cell("toy", "full", "dummy", 0, 0)


@pytest.fixture
def job(tmp_path):
    run = RunDirectory(tmp_path / "run")
    opened(run, {"format": 2})
    return Job(CELL, str(run.path), "dummy", "none.npy", 16, threads=3)


def finish(job):
    answers = {**vars(job.cell), "face_id": ["a"], "age_pred": 30.0, "age_low": np.nan,
               "age_high": np.nan, "p_female": 0.5}  # fmt: skip
    tables.write_table(pd.DataFrame(answers), job.predictions_path, tables.PREDICTIONS)
    job.record_path.write_text("{}")


def in_place_of_a_child(monkeypatch, code, *lines):
    """Let a line of Python stand for the process of a cell; return what it was called with."""
    called, popen = {}, local.subprocess.Popen

    def start(command, **options):
        called.update(command=command, **options)
        return popen([sys.executable, "-c", "\n".join((code, *lines))], **options)

    monkeypatch.setattr(local.subprocess, "Popen", start)
    return called


def test_cores_are_held_and_given_back():
    budget, held, most = CoreBudget(3), [], []

    def cell(cores):
        with budget.reserve(cores):
            held.append(cores)
            most.append(sum(held))
            time.sleep(0.02)
            held.remove(cores)

    threads = [threading.Thread(target=cell, args=[n]) for n in (1, 2, 3, 1, 2, 3, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(most) == 7
    assert max(most) == 3
    assert budget._free == 3


def test_cores_are_given_back_after_an_error():
    budget = CoreBudget(2)
    with pytest.raises(ZeroDivisionError), budget.reserve(2):
        assert budget._free == 0
        raise ZeroDivisionError
    assert budget._free == 2


def test_a_finished_cell_is_not_started(job, monkeypatch):
    finish(job)
    monkeypatch.setattr(local.subprocess, "Popen", lambda *_, **__: pytest.fail("started"))
    assert execute(job) == local.Outcome(job, None, 0.0)


def test_a_child_gets_its_job_its_threads_and_its_device(job, monkeypatch):
    code = "import sys, json; print(json.loads(sys.stdin.readline())['contender'], file=sys.stderr)"
    called = in_place_of_a_child(monkeypatch, code)
    children = set()
    outcome = execute(job, None, children, {"CUDA_VISIBLE_DEVICES": "4"})
    assert called["command"] == [sys.executable, "-P", "-m", "study.engine.cell"]
    assert called["env"]["OMP_NUM_THREADS"] == called["env"]["NUMBA_NUM_THREADS"] == "3"
    assert called["env"]["CUDA_VISIBLE_DEVICES"] == "4"
    assert called["env"]["PYTHONUTF8"] == "1"
    assert children == set()
    log = Path(job.run) / "records" / f"{CELL.name}.log"
    assert log.read_text() == "dummy\n"
    assert outcome.job is job
    assert 0 < outcome.seconds < 60
    # it ended well, and yet there is nothing
    assert f"{CELL.name}.parquet" in outcome.error
    assert json.loads(job.failure_path.read_text()) == {"cell": vars(CELL), "error": outcome.error}


def test_a_cell_that_finishes_takes_its_old_failure_away(job, monkeypatch):
    job.failure_path.write_text("{}")
    in_place_of_a_child(monkeypatch, "input()")
    finished = iter([False])
    monkeypatch.setattr(local.RunDirectory, "is_finished", lambda self, cell: next(finished))
    finish(job)
    assert execute(job).error is None
    assert not job.failure_path.exists()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("input(); import sys; print('a\\nb\\nlast\\n  ', file=sys.stderr); sys.exit(3)", "last"),
        ("input(); import sys; sys.exit(1)", "no message"),
        ("input(); import os; os.kill(os.getpid(), 9)", "killed by signal 9"),
        ("import sys; sys.exit('took nothing')", "took nothing"),
    ],
)
def test_why_a_cell_failed(job, monkeypatch, code, reason):
    in_place_of_a_child(monkeypatch, code)
    log = Path(job.run) / "records" / f"{CELL.name}.log"
    assert execute(job).error == f"{reason} (log: {log})"


def test_progress_is_told_and_other_words_are_not():
    lines = [
        '{"stage": "fit", "done": 1, "total": "2"}', "a library says so", "[1]", '{"stage": "x"}',
        '{"stage": "fit", "done": null, "total": 2}', '{"stage": "predict", "done": 2, "total": 2}',
    ]  # fmt: skip
    told, wire = [], io.StringIO()
    child = SimpleNamespace(stdin=wire, stdout=lines)
    job = Job(CELL, "run", "dummy", "x.npy", 16)
    local._converse(child, job, lambda *step: told.append(step))
    assert told == [(CELL.name, "fit", 1, 2), (CELL.name, "predict", 2, 2)]
    assert wire.getvalue() == job.to_json() + "\n"
    assert Job.from_json(wire.getvalue()) == job
    local._converse(SimpleNamespace(stdin=io.StringIO(), stdout=lines), job, None)


def test_who_wants_every_core_comes_last_and_a_device_goes_to_who_asks(monkeypatch):
    seen = []
    monkeypatch.setattr(local, "visible_devices", lambda: ["7"])

    def execute(job, progress, children, variables):
        seen.append((job.cell.contender, variables))

    monkeypatch.setattr(local, "execute", execute)
    jobs = [
        Job(Cell("toy", "full", name, 0, 0), "run", "dummy", "x.npy", 16, cores=cores, gpu=gpu)
        for name, cores, gpu in (("big", 9, True), ("two", 2, False), ("one", 1, True))
    ]
    assert len(run_jobs(jobs, 2)) == 3
    assert [name for name, _ in seen].index("one") == 0
    assert dict(seen)["two"] == {"CUDA_VISIBLE_DEVICES": ""}
    assert dict(seen)["one"] == dict(seen)["big"] == {"CUDA_VISIBLE_DEVICES": "7"}
    assert run_jobs([], 2) == []


def test_cells_of_one_core_run_side_by_side(monkeypatch):
    both = threading.Barrier(2, timeout=20)
    monkeypatch.setattr(local, "visible_devices", list)
    monkeypatch.setattr(local, "execute", lambda job, *_: both.wait())
    jobs = [Job(Cell("toy", "full", name, 0, 0), "run", "dummy", "x.npy", 16) for name in "ab"]
    assert sorted(run_jobs(jobs, 2)) == [0, 1]


def test_an_outcome_is_not_changed_afterwards():
    outcome = local.Outcome(Job(CELL, "run", "dummy", "x.npy", 16), None, 1.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        outcome.error = "turned"


def test_children_die_with_an_interrupted_run(monkeypatch):
    killed = []

    class Child:
        def kill(self):
            killed.append(1)

    def interrupted(job, progress, children, variables):
        children.add(Child())
        raise KeyboardInterrupt

    monkeypatch.setattr(local, "execute", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_jobs([Job(CELL, "run", "dummy", "x.npy", 16)], 1)
    assert killed == [1]


def test_the_import_path_of_a_child(monkeypatch):
    root = str(Path(local.__file__).parents[2])
    plain = Job(CELL, "run", "dummy", "x.npy", 16)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert local._python_path(plain) == [root]
    monkeypatch.setenv("PYTHONPATH", "somewhere")
    assert local._python_path(plain) == [root, "somewhere"]
    monkeypatch.setattr(local.sysconfig, "get_paths", lambda: {"purelib": root})
    assert local._python_path(plain) == ["somewhere"]
    monkeypatch.setattr(sys, "path", ["", "theirs"])
    own = Job(CELL, "run", "mine", "x.npy", 16, handed_over="mine")
    assert local._python_path(own) == [root, str(Path.cwd()), "theirs"]


def test_cores_that_may_be_used():
    assert 1 <= local.available_cores() <= (os.cpu_count() or 1)
