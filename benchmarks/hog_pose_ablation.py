"""What the parts of ``hog-pose`` bring, by |yaw|: one table, on the *select* part.

    python benchmarks/hog_pose_ablation.py UTKFace.tar.gz [--seed 0] [--every 3] [--jobs 2]

The features are computed once. Every row but the last is one kernel machine with the shipped
settings on the columns of some of them; the last is the mean of the answers of three machines.
Age error in years, genders told in %. The *test* part is never read.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from parts import Parts
from sklearn.base import clone

import data
from pipelines.registry import get_contender

SIZE = 200  # px, that of the contender's chips
ROWS = {
    "chip": ("chip",),
    "face turned to the front": ("turned",),
    "landmarks": ("landmarks",),
    "chip and turned face": ("chip", "turned"),
    "all three: **`hog-pose`**": ("chip", "turned", "landmarks"),
}
AVERAGED = ("chip", "face turned to the front", "all three: **`hog-pose`**")
Answers = tuple[np.ndarray, np.ndarray]
YAW_BINS = ((0, 10), (10, 20), (20, 30), (30, 90))


def columns_of(features: Any, names: tuple[str, ...]) -> tuple[np.ndarray, int]:
    """Return the columns of some descriptions of a face, and how many of them are odd."""
    even = (features.n_even, features.n_even, features.n_shape)
    odd = (features.n_odd, features.n_odd, features.n_shape // 2)
    found = []
    for widths, start in ((even, 0), (odd, sum(even))):
        ends = start + np.cumsum(widths)
        places = zip(ROWS["all three: **`hog-pose`**"], ends, widths, strict=True)
        found.append([np.arange(e - w, e) for name, e, w in places if name in names])
    return np.concatenate(found[0] + found[1]), sum(len(part) for part in found[1])


def line(name: str, given: Answers, Y: np.ndarray, yaw: np.ndarray) -> str:
    """Return one row of the table from ages and votes, a woman's being above .5."""
    ages, genders = given
    error = np.abs(ages - Y[:, 0])
    right = (genders > 0.5) == (Y[:, 1] > 0.5)
    cells = [f"{error.mean():.2f}", f"{100 * (error <= 5).mean():.1f}", f"{100 * right.mean():.1f}"]
    for low, high in YAW_BINS:
        here = (low <= yaw) & (yaw < high)
        cells.append(f"{error[here].mean():.2f} / {100 * right[here].mean():.1f}")
    return f"| {name} | {' | '.join(cells)} |"


def answers(model: Any, names: tuple[str, ...], found: dict[str, Any]) -> Answers:
    """Fit the two heads of ``model`` on some columns; return ages and least-squares votes."""
    columns, n_odd = columns_of(model.features, names)
    X, Y = found["train"][0][:, columns], found["train"][1]
    asked = found["select"][0][:, columns]
    age, gender = (clone(head).set_params(n_odd=n_odd) for head in (model.age, model.gender))
    years = age.fit(X, Y[:, 0]).predict(asked)
    votes = gender.fit(X, Y[:, 1]).decision_function(asked)
    return np.maximum(years, 0), votes / 2 + 0.5


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", help="UTKFace archive or folder")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=1, help="train on every k-th face")
    parser.add_argument("--jobs", type=int, default=None)
    options = parser.parse_args()
    parts = Parts(options.source, options.seed)
    model = get_contender("hog-pose").build(
        random_state=options.seed, n_jobs=options.jobs, mesh=data.FaceLandmarks()
    )
    start = time.process_time()
    X, Y = parts("train", SIZE, slice(None, None, options.every))
    found = {"train": (model.features.fit_transform(X), Y)}
    X, Y = parts("select", SIZE)
    found["select"] = (model.features.transform(X), Y)
    yaw = np.abs(parts.faces.table["yaw"].to_numpy()[parts.rows["select"]])
    sizes = [int(((low <= yaw) & (yaw < high)).sum()) for low, high in YAW_BINS]
    heads = [f"{low}-{high}° ({n})" for (low, high), n in zip(YAW_BINS, sizes, strict=True)]
    print(f"features of {len(found['train'][0])} and {len(Y)} faces: ", end="")
    print(f"{time.process_time() - start:.0f} CPU s\n")
    print(f"| | MAE | CS@5, % | gender, % | {' | '.join(heads)} |\n{'|---' * 8}|")
    given = {}
    for name, parts_of_it in ROWS.items():
        given[name] = answers(model, parts_of_it, found)
        print(line(name, given[name], Y, yaw), flush=True)
    ages, votes = (np.mean([given[n][k] for n in AVERAGED], axis=0) for k in (0, 1))
    print(line("mean of chip, turned face and `hog-pose`", (ages, votes), Y, yaw), flush=True)


if __name__ == "__main__":
    main()
