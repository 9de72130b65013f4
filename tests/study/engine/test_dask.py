"""The same grid on Dask workers; one of them is killed on the way."""

import os
import signal
import threading
import time

import pandas as pd
import pytest

from study.__main__ import call

distributed = pytest.importorskip("distributed", reason="extra dask not installed")

PLAN = """
summary = "small"
save_models = false
seeds = [0, 1, 2]
[contenders.dummy]
[contenders.hog-linear]
"""
N_CELLS = 6


@pytest.fixture
def arguments(small_faces, tmp_path):
    plan = tmp_path / "small.toml"
    plan.write_text(PLAN)
    return ["run", "--plan", str(plan), "--data", str(small_faces), "--out"]


def state(run):
    """Every finished cell with the identity of its file: written again, it would change.

    A hidden file is one being written; it may be gone before it is looked at.
    """
    finished = {}
    for path in (run / "predictions").glob("[!.]*.parquet"):
        found = path.stat()
        finished[path.name] = (found.st_ino, found.st_mtime_ns)
    return finished


def test_a_killed_worker_loses_nothing_and_repeats_nothing(arguments, tmp_path, monkeypatch):
    alone, spread = tmp_path / "alone", tmp_path / "spread"
    assert call([*arguments, str(alone)]) == 0
    monkeypatch.setattr("study.engine.local.run_jobs", None)  # nothing may run outside the cluster
    at_the_kill = {}

    def kill_one(cluster):
        while len(state(spread)) < 2:
            time.sleep(0.05)
        worker = next(iter(cluster.workers.values())).process.pid
        os.kill(worker, signal.SIGKILL)
        at_the_kill.update(state(spread))

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        killer = threading.Thread(target=kill_one, args=[cluster])
        killer.start()
        engine = ["--engine", "dask", "--scheduler", cluster.scheduler_address]
        assert call([*arguments, str(spread), *engine]) == 0
        killer.join()
    assert 2 <= len(at_the_kill) < N_CELLS, "the worker must die while there is work"
    after = state(spread)
    assert len(after) == N_CELLS
    assert {name: after[name] for name in at_the_kill} == at_the_kill
    for path in (spread / "predictions").iterdir():
        pd.testing.assert_frame_equal(
            pd.read_parquet(path), pd.read_parquet(alone / "predictions" / path.name)
        )


def test_a_scheduler_that_does_not_answer(arguments, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("study.engine.dask.WAIT_FOR_WORKERS", 1)
    engine = ["--engine", "dask", "--scheduler", "tcp://127.0.0.1:9"]
    assert call([*arguments, str(tmp_path / "run"), *engine]) == 2
    assert "no Dask scheduler answers" in " ".join(capsys.readouterr().err.split())
