"""Resumable training: after every epoch everything that matters is on disk, atomically.

Tensors go to safetensors, numbers to JSON, nothing is pickled. Random numbers need no saving:
they are functions of seed, epoch and step.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
from filelock import FileLock, Timeout
from safetensors.torch import load_file, save_file
from skorch.callbacks import Callback
from torch import Tensor

from basis.files import replacing, write_json
from pipelines.cnn.batches.batches import FaceSet
from pipelines.cnn.batches.inputs import Pair

from .callbacks import OneCycle, SelectBest, ShowProgress, WeightAverage

#: Parameters that change how a training is watched, not what comes out of it.
_WITHOUT_EFFECT = {
    "checkpoint", "progress", "verbose", "allow_download", "random_state",
    "members",  # each is a training of its own: a second one does not repeat the first
    "match_sharpness",  # of the answers, after the training
    "threads",  # round differently, and nobody wants to lose an hour to another --jobs
}  # fmt: skip
#: Of the training code. Raise it when the same settings train otherwise: an older half of a
#: training must not be finished by newer code.
_TRAINING = 3


def task_key(params: Mapping[str, Any], faces: FaceSet, select: Pair, seed: int) -> str:
    """Return 16 hex digits that identify a training: settings, seed, data and versions.

    ``params`` name the precision and device that ``auto`` stands for here, and the hash of the
    weights in place of their name. All targets and all pixels take part: one changed picture is
    another training.
    """
    settings = {name: str(params[name]) for name in sorted(params.keys() - _WITHOUT_EFFECT)}
    settings |= {"seed": str(seed), "torch": torch.__version__, "timm": timm.__version__}
    settings |= {"training": str(_TRAINING)}
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    digest.update(np.ascontiguousarray(faces.targets).tobytes())
    digest.update(np.ascontiguousarray(faces.rows).tobytes())
    digest.update(np.ascontiguousarray(select[1], dtype=float).tobytes())
    for images, rows in ((faces.images, faces.rows), (select[0], np.arange(len(select[0])))):
        for row in rows:
            digest.update(np.ascontiguousarray(images[row]).tobytes())
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder of one training; who wants the same training waits and then finds it done.

    The lock is the system's and ends with its process: after a ``kill -9`` the one that waits
    goes on where the other one stopped.

    Parameters
    ----------
    folder : Path
        Of one training alone, created if need be; the lock lies in it, and goes with it.

    Warns
    -----
    UserWarning
        That this training waits, and for which folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        warnings.warn(
            f"the same training is running already with its checkpoints in {folder}: "
            "this one waits for it and takes its result",
            stacklevel=2,
        )
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


class Checkpoint(Callback):
    """Saves the training after every epoch and puts a saved one back.

    Parameters
    ----------
    folder : Path
        Of this training alone (:func:`alone_in`); holds ``state.json`` and the tensor file it
        names.
    rate, best, show, average
        The callbacks that carry state.

    Attributes
    ----------
    seconds_before : float
        Wall time that earlier processes spent on the training.
    """

    def __init__(
        self,
        folder: Path,
        rate: OneCycle,
        best: SelectBest,
        show: ShowProgress,
        average: WeightAverage | None,
    ) -> None:
        self.folder = folder
        self.rate = rate
        self.best = best
        self.show = show
        self.average = average
        self.seconds_before = 0.0
        self.started = time.perf_counter()

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Write tensors, then the JSON that names them, then drop the previous tensors."""
        epoch = len(net.history)
        tensors = {f"module.{k}": v for k, v in net.module_.state_dict().items()}
        tensors |= {f"best.{k}": v for k, v in self.best.best_state.items()}
        if self.average is not None:
            tensors |= {f"average.{k}": v for k, v in self.average.average.items()}
        for index, state in net.optimizer_.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{k}": v for k, v in state.items()}
        # the parts may share memory, which safetensors refuses
        tensors = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
        file = self.folder / f"epoch-{epoch:03d}.safetensors"
        with replacing(file) as temporary:
            save_file(tensors, temporary)
        state = {
            "tensors": file.name,
            "steps": self.rate.step,
            "best_epoch": self.best.best_epoch,
            "best_score": float(self.best.best_score),
            "seconds": self.seconds_before + time.perf_counter() - self.started,
            "history": [_numbers(row) for row in net.history],
        }
        write_json(self.folder / "state.json", state)
        for old in self.folder.glob("epoch-*"):  # of the epoch before, or of a killed process
            if old != file:
                old.unlink()

    def restore(self, net: Any) -> int:
        """Put a saved training back; return how many epochs it had done, 0 if there is none."""
        path = self.folder / "state.json"
        if not path.is_file():
            return 0
        state = json.loads(path.read_text())
        self.seconds_before = state["seconds"]
        tensors = load_file(self.folder / state["tensors"], device=str(net.device))
        net.module_.load_state_dict(_part(tensors, "module."))
        self.best.best_state = _part(tensors, "best.")
        self.best.best_epoch, self.best.best_score = state["best_epoch"], state["best_score"]
        if self.average is not None:
            self.average.average = _part(tensors, "average.")
            self.average.step = state["steps"]
        self.rate.step = self.show.step = state["steps"]
        _restore_optimizer(net.optimizer_, _part(tensors, "optimizer."))
        for row in state["history"]:
            net.history.new_epoch()
            for name, value in row.items():
                net.history.record(name, value)
        return len(state["history"])


def _restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    full = optimizer.state_dict()
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = tensor
    full["state"] = state
    optimizer.load_state_dict(full)


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _numbers(row: Mapping[str, Any]) -> dict[str, float]:
    """Return the scalars of one epoch of skorch's history."""
    return {
        name: (int if name == "epoch" else float)(value)
        for name, value in row.items()
        if isinstance(value, int | float | np.number) and not isinstance(value, bool)
    }
