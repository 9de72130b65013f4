"""Error of the head pose labels by kind of head, where the pose is known.

    python benchmarks/pose_error.py [--out data/pose/files/pose_error.csv]

*Photographed*: renders of a head scan with its photographed texture (``tests/data/pose/scan``).
*Drawn*: the embedded faces, made of MakeHuman's mesh and painted skins. Drawn heads seem to turn
less than they do and to look down, the photographed one does not: labels of people must not be
corrected by drawn heads. ``--out`` writes the table that every report shows as the error of the
pose labels; it ships as ``data/pose/files/pose_error.csv``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

import data
from basis.pictures import decode
from data.bins import age_class
from data.pose.estimate import estimate_pose, pose_error

SIZE = 200
SCAN = Path(__file__).parents[1] / "tests" / "data" / "pose" / "scan"


def photographed(n_jobs: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return true and estimated pose of the scan."""
    true = pd.read_csv(SCAN / "truth.csv")
    images = [decode((SCAN / name).read_bytes()).pixels for name in true["file"]]
    return true, estimate_pose(images, n_jobs=n_jobs)


def drawn(n_jobs: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return true and estimated pose of the embedded heads."""
    faces = data.load("embedded")
    return faces.table.reset_index(drop=True), estimate_pose(faces.images(SIZE), n_jobs=n_jobs)


def show(title: str, table: pd.DataFrame) -> None:
    print(f"\n{title}\n{table.round(2).to_string(index=False)}", flush=True)


def spread_of_pitch(true: pd.DataFrame, found: pd.DataFrame) -> str:
    """Return the standard deviation of the error of pitch up to 20 and up to 45 degrees of yaw."""
    error = found["pitch"] - true["pitch"]
    values = [error[true["yaw"].abs() <= limit].std() for limit in (20, 45)]
    return f"SD of pitch around its own mean: {values[0]:.2f} to 20 degrees, {values[1]:.2f} to 45"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="write the table here")
    parser.add_argument("--jobs", type=int, default=1, help="threads (default: 1)")
    options = parser.parse_args()
    tables = []
    for kind, heads in (("photographed", photographed), ("drawn", drawn)):
        true, found = heads(options.jobs)
        table = pose_error(true, found)
        share = np.mean(found["yaw"].notna())
        show(f"{kind}: {len(true)} heads, {share:.2%} found", table)
        print(spread_of_pitch(true, found))
        tables.append(table.assign(heads=kind))
    error = found["pitch"] - true["pitch"]
    print("\nMean error of pitch of drawn heads, degrees: the shape of the head passes for pitch")
    print(error.groupby(age_class(true["age"]), observed=True).mean().round(2).to_string())
    print(error.groupby(true["gender"], observed=True).mean().round(2).to_string())
    if options.out:
        pd.concat(tables).round(4).to_csv(options.out, index=False)


if __name__ == "__main__":
    main()
