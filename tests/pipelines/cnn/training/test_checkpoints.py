"""A training that was killed goes on to the same result."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from tiny_training import TINY, noise_faces

from pipelines.cnn.batches.batches import FaceSet
from pipelines.cnn.estimators import CnnAgeGender
from pipelines.cnn.training.checkpoints import task_key

HERE = Path(__file__).parent
OPTIONS = {**TINY, "epochs": 3, "drop_path": 0.1}
#: Of a child process: the project, its helpers, this folder.
PATHS = [str(HERE.parents[3]), str(HERE.parents[2] / "helpers"), str(HERE)]


class Killed(Exception):  # noqa: N818 - a signal
    """Stands for the end of the process."""


def _kill_at(step: int):
    def progress(stage: str, done: int, total: int) -> None:
        if done == step:
            raise Killed

    return progress


@pytest.fixture(scope="module")
def uninterrupted() -> CnnAgeGender:
    return CnnAgeGender(**OPTIONS).fit(*noise_faces())


@pytest.mark.parametrize("step", [6, 9, 12])
def test_interrupted_training_goes_on_to_the_same_result(tmp_path, uninterrupted, step):
    X, Y = noise_faces()
    with pytest.raises(Killed):
        CnnAgeGender(**OPTIONS, checkpoint=tmp_path, progress=_kill_at(step)).fit(X, Y)
    steps = []
    resumed = CnnAgeGender(
        **OPTIONS, checkpoint=tmp_path, progress=lambda _, done, total: steps.append(done)
    ).fit(X, Y)
    assert len(steps) < 12, "finished epochs must not be repeated"
    for name, value in uninterrupted.predict_all(X).items():
        np.testing.assert_array_equal(resumed.predict_all(X)[name], value)
    rows = resumed.training_.history
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    for row, expected in zip(rows, uninterrupted.training_.history, strict=True):
        assert row["train_loss"] == expected["train_loss"]
        assert row["select_score"] == expected["select_score"]


def test_kill_minus_nine(tmp_path, uninterrupted):
    script = textwrap.dedent(
        f"""
        import os, signal, sys
        sys.path[:0] = {PATHS!r}
        from test_checkpoints import OPTIONS, noise_faces
        from pipelines import CnnAgeGender
        def progress(stage, done, total):
            if done == 10:
                os.kill(os.getpid(), signal.SIGKILL)
        CnnAgeGender(**OPTIONS, checkpoint={str(tmp_path)!r}, progress=progress).fit(*noise_faces())
        """
    )
    died = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    X, Y = noise_faces()
    resumed = CnnAgeGender(**OPTIONS, checkpoint=tmp_path).fit(X, Y)
    np.testing.assert_array_equal(resumed.predict(X), uninterrupted.predict(X))


def test_faces_that_select_belong_to_the_task(tmp_path):
    X, Y = noise_faces()
    other = (X[::2], Y[::2])
    first = CnnAgeGender(**OPTIONS, checkpoint=tmp_path).fit(X, Y, select=(X, Y))
    second = CnnAgeGender(**OPTIONS, checkpoint=tmp_path).fit(X, Y, select=other)
    assert len(list(tmp_path.iterdir())) == 2
    assert first.training_.history[-1]["select_mae"] != second.training_.history[-1]["select_mae"]
    assert first.training_.seconds_before == 0
    again = CnnAgeGender(**OPTIONS, checkpoint=tmp_path).fit(X, Y, select=other)
    assert again.training_.seconds_before > sum(r["seconds"] for r in again.training_.history)


def test_every_pixel_belongs_to_the_task():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 255, (600, 8, 8, 3), dtype=np.uint8)
    Y = np.column_stack([rng.uniform(1, 80, 600), np.arange(600) % 2])

    def key(images, select):
        faces = FaceSet(images, np.arange(len(images)), Y.astype(np.float32))
        return task_key(OPTIONS, faces, (select, Y), seed=0)

    changed = X.copy()
    changed[301, 3, 3, 1] ^= 1
    assert key(X, X) == key(X.copy(), X)
    assert len({key(X, X), key(changed, X), key(X, changed)}) == 3


def test_precision_and_device_belong_to_the_task():
    X, Y = noise_faces()
    faces = FaceSet(X, np.arange(len(X)), Y.astype(np.float32))
    keys = {
        task_key({**OPTIONS, "precision": precision, "device": device}, faces, (X, Y), seed=0)
        for precision in ("fp32", "bf16")
        for device in ("cpu", "cuda")
    }
    assert len(keys) == 4


def test_another_number_of_threads_takes_over(tmp_path, uninterrupted):
    X, Y = noise_faces()
    with pytest.raises(Killed):
        CnnAgeGender(**OPTIONS, checkpoint=tmp_path, progress=_kill_at(9)).fit(X, Y)
    steps = []
    resumed = CnnAgeGender(
        **{**OPTIONS, "threads": 2},
        checkpoint=tmp_path,
        progress=lambda _, done, total: steps.append(done),
    ).fit(X, Y)
    assert len(steps) < 12
    np.testing.assert_allclose(resumed.predict(X), uninterrupted.predict(X), atol=0.1)


def test_other_weights_under_the_same_name_do_not_take_over(tmp_path):
    X, Y = noise_faces()
    weights = tmp_path / "weights.pth"
    options = {**OPTIONS, "weights": weights, "checkpoint": tmp_path / "checkpoints", "epochs": 1}
    answers = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        torch.save(timm.create_model("test_efficientnet", num_classes=0).state_dict(), weights)
        answers.append(CnnAgeGender(**options).fit(X, Y).predict(X)[:, 0])
    assert np.abs(answers[0] - answers[1]).max() > 1e-3
    assert len(list((tmp_path / "checkpoints").iterdir())) == 2


def test_another_task_does_not_take_over(tmp_path, uninterrupted):
    X, Y = noise_faces()
    CnnAgeGender(**{**OPTIONS, "epochs": 1}, checkpoint=tmp_path).fit(X, Y)
    other = CnnAgeGender(**OPTIONS, checkpoint=tmp_path).fit(X, Y)
    np.testing.assert_array_equal(other.predict(X), uninterrupted.predict(X))
    assert len(list(tmp_path.iterdir())) == 2
    for folder in tmp_path.iterdir():
        state = json.loads((folder / "state.json").read_text())
        left = {path.name for path in folder.iterdir()} - {".lock"}
        assert left == {"state.json", state["tensors"]}
