"""JPEGs to the pixel store: images per second and core, and peak memory against n.

Claims
------
* At least 1,600 images a second and core at 128 px from 200 px JPEGs, counted in CPU time.
* Peak memory does not grow with the number of images.

    python benchmarks/pixel_store.py --source embedded

Every row is a fresh process; the files are repeated until there are ``n`` of them.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

import data
from data.images.store import open_pixels


def store(paths: list[Path], size: int, n_jobs: int) -> tuple[float, float, float]:
    """Build a store; return wall seconds, CPU seconds and the growth of the peak in MB."""
    cv2.setNumThreads(1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        open_pixels(paths, size, Path(folder) / "store.npy", n_jobs=n_jobs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return time.perf_counter() - start, time.process_time() - cpu, (peak - before) / 1e3


def pillow(paths: list[Path], size: int, n_jobs: int) -> tuple[float, float, float]:
    """Decode with Pillow into a memory map, the usual way."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        shape = (len(paths), size, size, 3)
        out = np.lib.format.open_memmap(Path(folder) / "s.npy", "w+", np.uint8, shape)
        for row, path in enumerate(paths):
            with Image.open(path) as image:
                out[row] = np.asarray(
                    image.convert("RGB").resize((size, size), Image.Resampling.BOX)
                )
        out.flush()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return time.perf_counter() - start, time.process_time() - cpu, (peak - before) / 1e3


def in_fresh_process(work: Any, *arguments: Any) -> tuple[float, float, float]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--source", default="embedded")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--counts", type=int, nargs="+", default=[2_500, 10_000, 40_000])
    options = parser.parse_args()
    files = data.load(options.source, pose=False).paths()
    print(f"{options.source}, {options.size} px; CPU counts all threads")
    print(f"{'':24s}{'n':>8s}{'images/s':>10s}{'per CPU s':>10s}{'peak MB':>9s}")
    for name, work, n_jobs in (
        ("1 thread", store, 1),
        ("2 threads", store, 2),
        ("Pillow", pillow, 1),
    ):
        for n in options.counts if work is store else options.counts[:1]:
            paths = [files[i % len(files)] for i in range(n)]
            wall, cpu, peak = in_fresh_process(work, paths, options.size, n_jobs)
            print(f"{name:24s}{n:8,d}{n / wall:10,.0f}{n / cpu:10,.0f}{peak:9.0f}", flush=True)


if __name__ == "__main__":
    main()
