"""Throughput of head pose labels: faces a second by threads, in one run.

    python benchmarks/pose_speed.py [--source UTKFace.tar.gz] [--count 600]

CPU time is what a core spends; wall time shows what threads gain on the machine at hand.
"""

from __future__ import annotations

import argparse
import os
import time

import numpy as np

import data
from data.pose.estimate import estimate_pose


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", default="embedded", help="data set, folder or archive")
    parser.add_argument("--count", type=int, default=600, help="faces (default: 600)")
    options = parser.parse_args()
    faces = data.load(options.source, pose=False)
    rows = np.linspace(0, len(faces.table) - 1, min(options.count, len(faces.table)), dtype=int)
    images = [np.array(faces.images(200)[row]) for row in rows]
    print(f"{len(images)} faces of {options.source}, {os.cpu_count()} cores")
    print("threads  CPU ms/face  faces/s per core  faces/s wall")
    estimate_pose(images[:8])  # load the networks
    for n_jobs in sorted({1, os.cpu_count() or 1}):
        cpu, wall = time.process_time(), time.perf_counter()
        estimate_pose(images, n_jobs=n_jobs)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        each, rate = 1000 * cpu / len(images), len(images) / wall
        print(f"{n_jobs:7} {each:12.2f} {1000 / each:17.0f} {rate:13.0f}")


if __name__ == "__main__":
    main()
