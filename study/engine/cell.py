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
from data.pose.landmarks import FaceLandmarks
from pipelines.images.sharpness import sharpness
from pipelines.registry import Contender, get_contender
from study.plan.cells import Job
from study.plan.own import receive
from study.record.provenance import processor

from .answers import AnswerParts, write_answers
from .memory import peak_rss_bytes
from .parts import Parts
from .select import select_score, train_score

LEVEL = 0.9
RANGES = "ranges.json"
FAMILIAR = (0.01, 0.99)  # quantiles of the training faces inside which a photo counts as familiar
MEASURED = 1000  # training faces whose sharpness is measured


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


def run(job: Job) -> None:
    """Fit and predict one cell; records first, predictions last (their presence means finished)."""
    receive(job.handed_over)
    contender = get_contender(job.contender)
    parts = AnswerParts(job) if contender.fuses else Parts(job)
    estimator = contender.build(
        random_state=job.cell.seed, n_jobs=job.threads, **_hooks(job, contender), **job.options
    )
    images, labels, groups = parts.training(job.train_size, job.cell.seed)
    started = time.perf_counter()
    estimator.fit(
        images,
        labels,
        groups=groups,
        select=parts.xy("select"),
        calibrate=parts.xy("calibrate"),
    )
    # an interrupted training goes on from its checkpoints; what they took counts too
    before = getattr(getattr(estimator, "training_", None), "seconds_before", 0.0)
    fit_seconds = before + time.perf_counter() - started
    predictions, speed = predict(estimator, parts, job)
    if job.leave_answers:
        write_answers(estimator, parts, job)
    model_bytes = _save(estimator, images, job)
    costs = {
        **vars(job.cell),
        "fit_seconds": fit_seconds if contender.trained else 0.0,
        "predict_images_per_second": speed,
        "peak_rss_bytes": peak_rss_bytes(),
        "model_bytes": model_bytes,
        "n_parameters": float(network_fact(estimator, "n_parameters_", np.nan)),
        "n_train": len(labels) if contender.trained else 0,
        "cores": job.cores,
        "threads": job.threads,
        "shared": job.shared,
        "device": str(network_fact(estimator, "device_", "cpu")),
    }
    write_json(
        job.record_path,
        {
            "costs": costs,
            "processor": processor(),
            # a fusion was fitted on select: its score there would flatter it
            "select": None if contender.fuses else select_score(estimator, parts),
            "train": train_score(estimator, images, labels, job.cell.seed)
            if contender.trained and not contender.fuses
            else None,
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


def checkpoint_folder(job: Job) -> Path:
    """Return where a cell's training saves its epochs."""
    return Path(job.run) / "checkpoints" / job.cell.name


def _hooks(job: Job, contender: Contender) -> dict[str, Any]:
    """Return what the study sets by itself, for the builders that take it."""
    offered = {
        "progress": report_progress,
        "checkpoint": str(checkpoint_folder(job)),
        "image_size": job.image_size,
        "mesh": FaceLandmarks(),
    }
    taken = contender.option_names()
    return {name: value for name, value in offered.items() if name in taken}


def _save(estimator: Any, images: Any, job: Job) -> float:
    """Write the model folder where the plan asks for it; return its size in bytes or NaN.

    Beside the model lies how sharp the pictures were that it learnt from.
    """
    if not job.save_model:
        return float("nan")
    from pipelines import persistence

    held = estimator.get_params(deep=True)
    of_this_process = [
        name for name in held if name.rpartition("__")[2] in ("progress", "checkpoint")
    ]
    estimator.set_params(**dict.fromkeys(of_this_process))
    folder = persistence.save(estimator, f"{job.run}/models/{job.cell.contender}")
    if np.ndim(images) == 4:  # a fusion learns from answers
        some = images[:: max(len(images) // MEASURED, 1)]
        familiar = np.quantile(sharpness(some), FAMILIAR)
        write_json(folder / RANGES, {"sharpness": [float(value) for value in familiar]})
    return float(sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()))


def main() -> None:
    """Read a job from standard input and run it."""
    job = Job.from_json(sys.stdin.readline())
    die_with_parent()
    run(job)


if __name__ == "__main__":
    main()
