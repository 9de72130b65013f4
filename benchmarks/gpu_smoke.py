"""Train the short recipe on a GPU and on the processor, and compare: the GPU path in two minutes.

Nothing in this project has been run on a GPU by its authors. Whoever has one runs

    python benchmarks/gpu_smoke.py

and sends what it prints. Exit code 0: both trainings agree within ``TOLERANCE`` years of error on
the same held-out embedded faces and the GPU was faster; 1: they do not; 2: no GPU is there.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

import data
from pipelines import RECIPES, CnnAgeGender

TOLERANCE = 1.0  # years between two trainings that differ in rounding and order of sums only


def train(device: str, recipe: str, size: int, n_faces: int) -> tuple[float, float, str]:
    """Train on one device and return the error on held-out faces.

    Parameters
    ----------
    device : {'cpu', 'cuda'}
    recipe : str
        Name in ``pipelines.RECIPES``.
    size : int
        Pixels.
    n_faces : int
        Of the embedded faces; a fifth of them is held out.

    Returns
    -------
    error : float
        Mean absolute error of age in years.
    seconds : float
        Of training.
    used : str
        The device that the estimator says it used.
    """
    faces = data.load("embedded")
    rows = np.linspace(0, len(faces) - 1, n_faces).astype(int)
    table = faces.table.iloc[rows]
    pixels = np.asarray(faces.images(size)[rows])
    labels = np.column_stack([table["age"], table["gender"] == "female"]).astype(float)
    groups = table["group"].to_numpy()
    held_out = groups % 5 == 0
    settings = {**RECIPES[recipe], "image_size": size}
    model = CnnAgeGender(**settings, random_state=0, device=device)
    started = time.perf_counter()
    model.fit(pixels[~held_out], labels[~held_out], groups=groups[~held_out])
    seconds = time.perf_counter() - started
    error = float(np.abs(model.predict(pixels[held_out])[:, 0] - labels[held_out, 0]).mean())
    return error, seconds, str(model.device_)


def main() -> int:
    """Compare the devices; see the module for the exit codes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="quick")
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--faces", type=int, default=2400)
    arguments = parser.parse_args()
    import torch

    if not torch.cuda.is_available():
        print("no GPU that this PyTorch can use")
        return 2
    results = {
        device: train(device, arguments.recipe, arguments.size, arguments.faces)
        for device in ("cuda", "cpu")
    }
    for device, (error, seconds, used) in results.items():
        print(f"{device} ({used}): {error:.2f} years, {seconds:.0f} s")
    (gpu, gpu_seconds, _), (cpu, cpu_seconds, _) = results["cuda"], results["cpu"]
    agree, faster = abs(gpu - cpu) <= TOLERANCE, gpu_seconds < cpu_seconds
    print(f"{torch.cuda.get_device_name()}: agree {agree}, {cpu_seconds / gpu_seconds:.1f} times")
    return 0 if agree and faster else 1


if __name__ == "__main__":
    sys.exit(main())
