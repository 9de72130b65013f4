"""Answers about faces outside the test part: what a fusion learns its weights from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit

from study.errors import StudyFailed
from study.plan.cells import Cell, Job
from study.record.files import write_parquet

from .parts import Parts

HELD = ("select", "calibrate")


def answers_path(run: str | Path, cell: Cell) -> Path:
    """Return where a cell leaves its answers about *select* and *calibrate*."""
    return Path(run) / "answers" / f"{cell.name}.parquet"


def write_answers(estimator: Any, parts: Parts, job: Job) -> None:
    """Leave a cell's answers about the parts that nothing was trained on."""
    frames = []
    for part in HELD:
        images, _ = parts.xy(part)
        found = estimator.predict_all(images)
        face_id = parts.faces["face_id"].to_numpy()[parts.rows(part)]
        frames.append(
            pd.DataFrame(
                {
                    "part": part,
                    "face_id": face_id,
                    "age_pred": found["age"],
                    "p_female": found["p_female"],
                }
            )
        )
    path = answers_path(job.run, job.cell)
    path.parent.mkdir(exist_ok=True)
    write_parquet(path, pd.concat(frames))


class AnswerParts(Parts):
    """The parts of a split as a fusion sees them: other contenders' answers in place of images."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.tables = [self._answers(job, name) for name in job.parts]

    def training(self, size: int | None, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the answers about *select*: the contenders know the training part too well."""
        rows = self.rows("select")
        return self._stacked(rows), self.labels[rows], self.faces["group"].to_numpy()[rows]

    def xy(self, part: str) -> tuple[np.ndarray, np.ndarray]:
        """Return answers ``(n, 2 k)``, ages and then log odds, and labels of a part."""
        rows = self.rows(part)
        return self._stacked(rows), self.labels[rows]

    def _stacked(self, rows: np.ndarray) -> np.ndarray:
        face_id = self.faces["face_id"].to_numpy()[rows]
        found = [table.loc[face_id] for table in self.tables]
        ages = [table["age_pred"].to_numpy(float) for table in found]
        shares = [np.clip(table["p_female"].to_numpy(float), 1e-6, 1 - 1e-6) for table in found]
        return np.column_stack([*ages, *(logit(share) for share in shares)])

    @staticmethod
    def _answers(job: Job, name: str) -> pd.DataFrame:
        cell = Cell(job.cell.data_set, job.cell.protocol, name, job.cell.seed, job.cell.fold)
        held = answers_path(job.run, cell)
        tested = Path(job.run) / "predictions" / f"{cell.name}.parquet"
        for path in (held, tested):
            if not path.is_file():
                raise StudyFailed(
                    f"{job.cell.contender} needs the answers of {name}, which are not there "
                    f"({path.name} in {path.parent.name}/): that contender failed, or its cell was "
                    "finished before the plan held a fusion"
                )
        columns = ["face_id", "age_pred", "p_female"]
        frames = [pd.read_parquet(path)[columns] for path in (held, tested)]
        return pd.concat(frames).set_index("face_id")
