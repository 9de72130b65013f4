"""Other people: every saved model on other data sets: ``also.parquet`` and ``also/<data set>/``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import pandas as pd

import data
from basis.files import write_json
from data import tables
from study.engine.cell import LEVEL
from study.errors import UsageError
from study.models.elsewhere import Elsewhere, load_labelled, look_elsewhere, sharpness
from study.models.fitted_with import fitted_with, those_of
from study.models.model import SOURCE_SIZE
from study.models.recalibrate import measure as try_recalibration
from study.plan.model import Plan
from study.record.directory import RunDirectory
from study.record.files import write_parquet

from .saved import (
    answer_table,
    chips_of,
    finished_piece,
    home_cell,
    key_of,
    saved_models,
    tested_faces,
)

Progress = Callable[[str, int, int], None]
N_COMPARED = 500  # home faces whose sharpness stands beside that of the others
MIN_LABELLED = 70  # known ages from which a recalibration can be tried


def check_sources(plan: Plan, home: str, progress: Progress | None) -> None:
    """Load every other data set once, before anything is trained.

    Raises
    ------
    UsageError
        One of them cannot be used, or has the name of another one or of the plan's own.
    """
    names = [home]
    for source in plan.also:
        try:
            name = load_labelled(source, progress).name
        except data.DataError as error:
            raise UsageError(f"also: {error}") from error
        if name in names:
            raise UsageError(
                f"also: {source} is called {name!r}, as another data set of this study is: "
                "give it a name of its own with `study data add`"
            )
        names.append(name)


def measure(
    run: RunDirectory, plan: Plan, faces: data.Faces, cores: int, progress: Progress | None
) -> None:
    """Answer for every other data set with every saved model; what is finished is kept.

    Leaves in ``also/<data set>/`` its ``faces.parquet``, ``facts.json``, one parquet a contender
    and ``recalibration.parquet``, and all answers in ``also.parquet`` (contract ``PREDICTIONS``,
    ``data_set`` is the other one, the rest names the cell whose model answered).
    """
    models = saved_models(run, plan)
    if not models:
        raise data.DataError("the run has no saved model to ask")
    home = home_cell(plan, faces.name, "")
    seen = fitted_with(run.path, home.protocol, home.seed, home.fold)
    tested = chips_of(faces, tested_faces(run, plan, faces, N_COMPARED), SOURCE_SIZE, cores)
    pieces = []
    for source in plan.also:
        other = look_elsewhere(
            source, seen=seen, training=those_of(faces, seen), progress=progress or _silent
        )
        folder = run.path / "also" / other.faces.name
        folder.mkdir(parents=True, exist_ok=True)
        tables.write_table(other.table, folder / "faces.parquet", tables.FACES)
        facts = {**other.facts, "home_sharpness": sharpness(tested)}
        write_json(folder / "facts.json", facts)
        tried = []
        for name, model in models.items():
            cell = home_cell(plan, other.faces.name, name)
            content = hashlib.sha256(np.ascontiguousarray(other.crops).data).hexdigest()
            path = folder / f"{name}-{key_of(model, content, vars(cell))}.parquet"
            ids = other.table["face_id"].to_numpy()
            piece = finished_piece(path, tables.PREDICTIONS)
            if piece is None:
                piece = answer_table(model, other.crops, cores, **vars(cell), face_id=ids)
                tables.write_table(piece, path, tables.PREDICTIONS)
            piece = piece.assign(face_id=ids)  # the same crops, whatever their files are called now
            pieces.append(piece)
            tried.append(_recalibrated(piece, other).assign(contender=name))
        recalibration = pd.concat(tried, ignore_index=True)
        write_parquet(folder / "recalibration.parquet", recalibration)
    answers = tables.concat(pieces, tables.PREDICTIONS)
    tables.write_table(answers, run.path / "also.parquet", tables.PREDICTIONS)


def _silent(stage: str, done: int, total: int) -> None:
    """Report nothing."""


def _recalibrated(piece: pd.DataFrame, other: Elsewhere) -> pd.DataFrame:
    """Try the recalibration on the faces of known age; empty where there are too few."""
    rows = piece.merge(other.table[["face_id", "age"]], on="face_id").dropna(
        subset=["age", "age_low", "age_high"]
    )
    if len(rows) < MIN_LABELLED:
        return pd.DataFrame(columns=["k", "draw", "factor", "n", "coverage", "width"])
    numbers = rows[["age", "age_pred", "age_low", "age_high"]].to_numpy(float)
    return try_recalibration(numbers[:, 0], numbers[:, 1], numbers[:, 2:], LEVEL)
