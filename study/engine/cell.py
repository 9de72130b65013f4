"""One cell in its own process: fit, predict the test part, leave predictions and costs.

Started as ``python -m study.engine.cell`` with a job (one line of JSON) on standard input. A fresh
process per cell makes peak memory its own, thread counts exact, and a crash harmless. Progress
goes to standard output, one JSON line a step.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from basis.files import write_json
from data import tables
from pipelines.registry import Contender, get_contender
from study.plan.cells import Job
from study.plan.own import receive

from .memory import peak_rss_bytes

LEVEL = 0.9


def die_with_parent() -> None:
    """End this process when standard input closes: no orphan keeps writing after a ``kill -9``."""

    def wait() -> None:
        # the bare descriptor: a thread inside a buffered read would upset the interpreter's exit
        while os.read(0, 4096):
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def report_progress(stage: str, done: int, total: int) -> None:
    """Print one progress line for the parent."""
    print(json.dumps({"stage": stage, "done": done, "total": total}), flush=True)


class Parts:
    """The images and labels of each part of a cell's split.

    Parameters
    ----------
    job : Job
    """

    def __init__(self, job: Job) -> None:
        cell = job.cell
        faces = pd.read_parquet(f"{job.run}/faces.parquet")
        splits = pd.read_parquet(f"{job.run}/splits.parquet")
        wanted = (
            (splits["protocol"] == cell.protocol)
            & (splits["seed"] == cell.seed)
            & (splits["fold"] == cell.fold)
        )
        part = splits[wanted].set_index("face_id")["part"]
        self.part = faces["face_id"].map(part.astype("str"))
        self.faces = faces
        self.pixels = np.load(job.pixels, mmap_mode="r", allow_pickle=False)
        self.labels = np.column_stack(
            [faces["age"].to_numpy(float), (faces["gender"] == "female").to_numpy(float)]
        )

    def rows(self, part: str) -> np.ndarray:
        """Return the row numbers of a part, in table order.

        Faces of which only a range of ages is known are answered, and nothing is learnt from them.
        """
        chosen = (self.part == part).to_numpy()
        return np.flatnonzero(chosen if part == "test" else chosen & ~np.isnan(self.labels[:, 0]))

    def training_rows(self, size: int | None, seed: int) -> np.ndarray:
        """Return the rows to train on; smaller sets are nested in larger ones of the same seed."""
        rows = self.rows("train")
        if size is None or size >= len(rows):
            return rows
        return np.sort(np.random.default_rng([seed, 7]).permutation(rows)[:size])

    def xy(self, part: str) -> tuple[np.ndarray, np.ndarray]:
        """Return images uint8 (n, H, W, 3) and labels (n, 2) of a part."""
        rows = self.rows(part)
        return self.pixels[rows], self.labels[rows]


def run(job: Job) -> None:
    """Fit and predict one cell; records first, predictions last (their presence means finished)."""
    receive(job.handed_over)
    contender = get_contender(job.contender)
    parts = Parts(job)
    estimator = contender.build(
        random_state=job.cell.seed, n_jobs=job.threads, **_hooks(job, contender), **job.options
    )
    rows = parts.training_rows(job.train_size, job.cell.seed)
    images, labels = parts.pixels[rows], parts.labels[rows]
    started = time.perf_counter()
    estimator.fit(
        images,
        labels,
        groups=parts.faces["group"].to_numpy()[rows],
        select=parts.xy("select"),
        calibrate=parts.xy("calibrate"),
    )
    # an interrupted training goes on from its checkpoints; what they took counts too
    before = getattr(getattr(estimator, "training_", None), "seconds_before", 0.0)
    fit_seconds = before + time.perf_counter() - started
    predictions, speed = predict(estimator, parts, job)
    model_bytes = _save(estimator, job)
    costs = {
        **vars(job.cell),
        "fit_seconds": fit_seconds if contender.trained else 0.0,
        "predict_images_per_second": speed,
        "peak_rss_bytes": peak_rss_bytes(),
        "model_bytes": model_bytes,
        "n_parameters": float(network_fact(estimator, "n_parameters_", np.nan)),
        "n_train": len(rows) if contender.trained else 0,
        "cores": job.cores,
        "threads": job.threads,
        "shared": job.shared,
        "device": str(network_fact(estimator, "device_", "cpu")),
    }
    write_json(
        job.record_path,
        {
            "costs": costs,
            "select": select_score(estimator, parts),
            "weights": network_fact(estimator, "weights_source_"),
        },
    )
    tables.write_table(predictions, job.predictions_path, tables.PREDICTIONS)
    # a finished training needs its checkpoints no more; they are several times the model
    shutil.rmtree(checkpoint_folder(job), ignore_errors=True)


def network_fact(estimator: Any, name: str, default: Any = None) -> Any:
    """Return what the network inside an estimator says of itself, if there is one.

    The estimator is one, or it takes its features from one.
    """
    features = getattr(estimator, "features_", None)
    steps = [step for _, step in getattr(features, "steps", [("", features)])]
    for part in (estimator, *steps):
        if hasattr(part, name):
            return getattr(part, name)
    return default


def predict(estimator: Any, parts: Parts, job: Job) -> tuple[pd.DataFrame, float]:
    """Predict the test part; return the table and images per second."""
    images, _ = parts.xy("test")
    report_progress("predict", 0, len(images))
    started = time.perf_counter()
    answers = estimator.predict_all(images, level=LEVEL)
    speed = len(images) / (time.perf_counter() - started)
    table = pd.DataFrame(
        {
            **vars(job.cell),
            "face_id": parts.faces["face_id"].to_numpy()[parts.rows("test")],
            "age_pred": answers["age"],
            "age_low": answers["interval"][:, 0],
            "age_high": answers["interval"][:, 1],
            "p_female": answers["p_female"],
        }
    )
    report_progress("predict", len(images), len(images))
    return table, speed


def select_score(estimator: Any, parts: Parts) -> dict[str, float]:
    """MAE in years and gender accuracy on *select*: they choose, so that *test* need not."""
    images, labels = parts.xy("select")
    answers = estimator.predict(images)
    return {
        "mae": float(np.abs(answers[:, 0] - labels[:, 0]).mean()),
        "accuracy": float((answers[:, 1] == labels[:, 1]).mean()),
    }


def checkpoint_folder(job: Job) -> Path:
    """Return where a cell's training saves its epochs."""
    return Path(job.run) / "checkpoints" / job.cell.name


def _hooks(job: Job, contender: Contender) -> dict[str, Any]:
    """Return what the study sets by itself, for the builders that take it."""
    offered = {
        "progress": report_progress,
        "checkpoint": str(checkpoint_folder(job)),
        "image_size": job.image_size,
    }
    taken = contender.option_names()
    return {name: value for name, value in offered.items() if name in taken}


def _save(estimator: Any, job: Job) -> float:
    """Write the model folder where the plan asks for it; return its size in bytes or NaN."""
    if not job.save_model:
        return float("nan")
    from pipelines import persistence

    held = estimator.get_params(deep=True)
    of_this_process = [
        name for name in held if name.rpartition("__")[2] in ("progress", "checkpoint")
    ]
    estimator.set_params(**dict.fromkeys(of_this_process))
    folder = persistence.save(estimator, f"{job.run}/models/{job.cell.contender}")
    return float(sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()))


def main() -> None:
    """Read a job from standard input and run it."""
    job = Job.from_json(sys.stdin.readline())
    die_with_parent()
    run(job)


if __name__ == "__main__":
    main()
