"""The parts of one split as arrays, for benchmarks that train outside a study."""

from __future__ import annotations

import numpy as np

import data


class Parts:
    """Images and labels of the parts of the study's own split of a data set."""

    def __init__(self, source: str, seed: int = 0) -> None:
        self.faces = data.load(source)
        table = self.faces.table
        self.labels = np.column_stack([table["age"], (table["gender"] == "female").astype(float)])
        split = data.split(table, data_set=self.faces.name, seed=seed)
        position = {face: i for i, face in enumerate(table["face_id"])}
        self.rows = {
            part: np.sort(rows["face_id"].map(position).to_numpy())
            for part, rows in split.groupby("part", observed=True)
        }

    def __call__(
        self, part: str, size: int, rows: slice | np.ndarray = slice(None)
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return images of ``size`` pixels and labels (age, gender 0 or 1) of a part's rows."""
        chosen = self.rows[part][rows]
        return self.faces.images(size)[chosen], self.labels[chosen]
