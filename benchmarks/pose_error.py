"""Error of the head pose labels against the embedded heads, whose pose is known.

    python benchmarks/pose_error.py [--out data/pose/files/pose_error.csv]

Prints the error of the raw angles, fits the calibration on one half of the identities, and prints
the error of the calibrated angles on the other half; then the constants in use on all heads, and
what remains of pitch by age and gender. ``--out`` writes the table that every report shows as the
error of the pose labels; it ships as ``data/pose/files/pose_error.csv``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

import data
from data.bins import age_class
from data.pose.calibration import EMBEDDED_HEADS, Calibration, fit_calibration
from data.pose.estimate import estimate_pose, pose_error

SIZE = 200


def calibrated(raw: pd.DataFrame, calibration: Calibration) -> pd.DataFrame:
    """Return the angles of ``raw`` with the calibration's systematic error taken out."""
    yaw, pitch, roll = calibration(raw["yaw"], raw["pitch"], raw["roll"])
    return pd.DataFrame({"yaw": yaw, "pitch": pitch, "roll": roll})


def show(title: str, table: pd.DataFrame) -> None:
    print(f"\n{title}\n{table.round(2).to_string(index=False)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="write the calibrated error table here")
    parser.add_argument("--jobs", type=int, default=1, help="threads (default: 1)")
    options = parser.parse_args()

    faces = data.load("embedded")
    true = faces.table.reset_index(drop=True)
    raw = estimate_pose(faces.images(SIZE), n_jobs=options.jobs, calibrated=False)
    found = raw["yaw"].notna()
    print(f"{len(raw)} heads, {found.mean():.2%} found")
    for name, group in found.groupby(true["yaw_bin"], observed=True):
        print(f"  |yaw| {name}: {group.mean():.2%} of {len(group)}")
    show("Raw angles, all heads", pose_error(true, raw))

    identities = true["group"].unique()
    np.random.default_rng(0).shuffle(identities)
    first = true["group"].isin(identities[: len(identities) // 2])
    fitted = fit_calibration(true[first], raw[first])
    print(f"\nFitted on one half of the identities: {fitted}")
    print(f"In use: {EMBEDDED_HEADS}")
    other = pose_error(true[~first], calibrated(raw[~first], fitted))
    show("Calibrated by the first half, heads of the second", other)
    table = pose_error(true, calibrated(raw, EMBEDDED_HEADS))
    show("Calibrated by the constants in use, all heads", table)

    error = calibrated(raw, EMBEDDED_HEADS)["pitch"] - true["pitch"]
    print("\nMean error of pitch, degrees: the shape of the head passes for pitch")
    print(error.groupby(age_class(true["age"]), observed=True).mean().round(2).to_string())
    print(error.groupby(true["gender"], observed=True).mean().round(2).to_string())
    if options.out:
        table.round(4).to_csv(options.out, index=False)


if __name__ == "__main__":
    main()
