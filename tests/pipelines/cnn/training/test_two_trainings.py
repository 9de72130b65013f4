"""Two trainings of one task in one checkpoint folder: the second takes the result of the first."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from tiny_training import TINY, noise_faces

from pipelines import CnnAgeGender

HERE = Path(__file__).parent
OPTIONS = {**TINY, "epochs": 6}
#: Of a child process: the project, its helpers, this folder.
PATHS = [str(HERE.parents[3]), str(HERE.parents[2] / "helpers"), str(HERE)]


def test_two_threads(tmp_path):
    """The second one begins in the middle of the first, waits with a word, and finds it done."""
    X, Y = noise_faces()
    second = CnnAgeGender(**OPTIONS, checkpoint=tmp_path)
    waiting = threading.Thread(target=second.fit, args=(X, Y))

    def progress(stage: str, done: int, total: int) -> None:
        if done == 9:  # of 24 steps
            waiting.start()
            deadline = time.monotonic() + 60
            while not told and time.monotonic() < deadline:
                time.sleep(0.01)

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        first = CnnAgeGender(**OPTIONS, checkpoint=tmp_path, progress=progress).fit(X, Y)
        waiting.join(timeout=60)
    [folder] = tmp_path.iterdir()
    [warning] = told
    assert "is running already" in str(warning.message)
    assert str(folder) in str(warning.message)
    np.testing.assert_array_equal(second.predict(X), first.predict(X))
    # seconds of every epoch: the second one has trained none of its own
    assert second.training_.history == first.training_.history
    assert second.training_.seconds_before > 0 == first.training_.seconds_before


def test_two_processes(tmp_path):
    script = textwrap.dedent(
        f"""
        import json, sys, warnings
        sys.path[:0] = {PATHS!r}
        from test_two_trainings import OPTIONS, noise_faces
        from pipelines import CnnAgeGender
        X, Y = noise_faces()
        fitted = CnnAgeGender(**OPTIONS, checkpoint={str(tmp_path)!r}).fit(X, Y)
        print(json.dumps([fitted.training_.history, fitted.predict(X).tolist()]))
        """
    )
    both = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=-1)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=240) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    first, second = (json.loads(out) for out, _ in said)
    assert first == second
    X, Y = noise_faces()
    np.testing.assert_array_equal(CnnAgeGender(**OPTIONS).fit(X, Y).predict(X), first[1])


def test_a_folder_that_stays_locked_is_named(tmp_path):
    X, Y = noise_faces()
    CnnAgeGender(**OPTIONS, checkpoint=tmp_path).fit(X, Y)
    [folder] = tmp_path.iterdir()
    with FileLock(folder / ".lock"), pytest.warns(UserWarning, match=folder.name):
        waiting = threading.Thread(
            target=CnnAgeGender(**OPTIONS, checkpoint=tmp_path).fit, args=(X, Y)
        )
        waiting.start()
        waiting.join(timeout=3)
        assert waiting.is_alive()
    waiting.join(timeout=60)
    assert not waiting.is_alive()
