"""A CNN beside another busy process, and two CNNs of one search, at the default of threads.

    python benchmarks/threads.py

trains two epochs on 100 embedded faces alone, beside a second process that trains the same, and
with ``threads=1``; then a grid search over eight networks with ``n_jobs`` 1 and 2, the latter
twice, since the first has to start two workers that import PyTorch. Wall seconds, about two minutes
of two cores.
"""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial
from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV

import data
from data.threads import n_threads
from pipelines import CnnAgeGender


def training(threads: int | None = None) -> tuple[CnnAgeGender, Any, Any]:
    """Return the estimator, faces and labels that are measured."""
    faces = data.load("embedded")[::24]
    table, images = faces.table, faces.images(96)
    labels = np.column_stack([table["age"], table["gender"] == "female"]).astype(float)
    return CnnAgeGender(epochs=2, random_state=0, threads=threads), images, labels


def seconds(work: Any) -> float:
    """Return the wall seconds of ``work()``."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main() -> None:
    """Measure and print."""
    if sys.argv[1:] == ["busy"]:
        model, images, labels = training()
        while True:  # until its parent ends it
            model.fit(images, labels)
    print(f"{n_threads(None)} cores")
    for threads in (None, 1):
        model, images, labels = training(threads)
        model.fit(images, labels)  # compiles and warms up
        alone = seconds(partial(model.fit, images, labels))
        other = subprocess.Popen([sys.executable, __file__, "busy"])
        time.sleep(15)  # it imports, loads and begins
        beside = seconds(partial(model.fit, images, labels))
        other.kill()
        other.wait()
        print(f"threads={threads}: alone {alone:.1f} s, beside a busy process {beside:.1f} s")
    model, images, labels = training()
    grid = {"lr": [2e-4, 5e-4, 1e-3, 2e-3]}
    for n_jobs in (1, 2, 2):
        search = GridSearchCV(model, grid, cv=2, n_jobs=n_jobs, refit=False)
        took = seconds(partial(search.fit, images, labels))
        print(f"GridSearchCV, 8 networks, n_jobs={n_jobs}: {took:.1f} s")


if __name__ == "__main__":
    main()
