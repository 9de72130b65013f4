"""The images and labels of each part of a cell's split."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study.errors import StudyFailed
from study.plan.cells import Job


def some_of(rows: np.ndarray, size: int | None, seed: int) -> np.ndarray:
    """Return ``size`` of the rows, all of them if None: smaller choices are in larger ones."""
    if size is None:
        return rows
    return np.sort(np.random.default_rng([seed, 7]).permutation(rows)[:size])


class Parts:
    """The images and labels of each part of a cell's split.

    The age of a face of which only a range is known is NaN: nothing is learnt about age from it.
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
        for name in ("train", "select", "calibrate"):
            if np.isnan(self.labels[self.rows(name), 0]).all():
                raise StudyFailed(
                    f"no age is known in the part {name!r} of {cell.data_set} ({cell.protocol}): "
                    "ranges of ages can be evaluated, but age is learnt from exact ones"
                )

    def rows(self, part: str) -> np.ndarray:
        """Return the row numbers of a part, in table order."""
        return np.flatnonzero((self.part == part).to_numpy())

    def training_rows(self, size: int | None, seed: int) -> np.ndarray:
        """Return the rows to train on; smaller sets are nested in larger ones of the same seed."""
        return some_of(self.rows("train"), size, seed)

    def training(self, size: int | None, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what a contender is fitted on: images, labels and groups of the training part."""
        rows = self.training_rows(size, seed)
        return self.pixels[rows], self.labels[rows], self.faces["group"].to_numpy()[rows]

    def xy(self, part: str) -> tuple[np.ndarray, np.ndarray]:
        """Return images uint8 (n, H, W, 3) and labels (n, 2) of a part."""
        rows = self.rows(part)
        return self.pixels[rows], self.labels[rows]
