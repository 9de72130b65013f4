"""Changed copies of test faces, answered by every saved model: ``stress.parquet``.

Each picture is changed at its own size (at most that of an aligned chip) and then shrunk to what
a model takes, as a photograph would be. The unchanged chips go the same way, so that differences
are differences of the pictures alone.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

import data
from data import stress, tables
from data.cache import Progress
from study.models.model import SOURCE_SIZE
from study.plan.model import Plan
from study.record.directory import RunDirectory

from .saved import (
    SavedModel,
    answer_table,
    chips_of,
    finished_piece,
    home_cell,
    in_threads,
    key_of,
    leaves_model,
    saved_models,
    tested_faces,
)


def facts(plan: Plan) -> dict[str, Any]:
    """Return what the page says about the conditions of a plan."""
    assert plan.stress is not None
    found = {}
    for name, levels in plan.stress.conditions.items():
        c = stress.get_condition(name)
        found[name] = {
            "title": c.title,
            "unit": c.unit,
            "summary": c.summary,
            "identity": c.identity,
            "levels": list(levels),
        }
    return {"faces": plan.stress.faces, "conditions": found}


def check(plan: Plan, own: Collection[str] = ()) -> None:
    """Raise ``DataError`` where nothing can be asked: contenders that leave no model."""
    if not any(leaves_model(plan, name, own) for name in plan.contenders):
        raise data.DataError(
            "no contender of this plan leaves a model that could be asked (contenders of your own, "
            "off-the-shelf ones and fusion leave none)"
        )


def measure(
    run: RunDirectory, plan: Plan, faces: data.Faces, cores: int, progress: Progress | None
) -> None:
    """Answer every condition and level with every saved model; what is finished is kept.

    Leaves ``stress/<contender>/<condition>-<key>.parquet`` for each and ``stress.parquet`` with
    all (contract ``STRESS``), which the report shows.
    """
    assert plan.stress is not None
    models = saved_models(run, plan)
    if not models:
        raise data.DataError("stress: the run has no saved model to ask")
    chosen = tested_faces(run, plan, faces, plan.stress.faces)
    side = min(int(chosen[["height", "width"]].min(axis=1).median()), SOURCE_SIZE)
    chips = chips_of(faces, chosen, side, cores)
    work = {tables.UNCHANGED: (0.0,), **plan.stress.conditions}
    pieces = []
    for done, (condition, levels) in enumerate(work.items(), 1):
        paths = {}
        for name, model in models.items():
            key = key_of(model, condition, levels, list(chosen["pixel_sha256"]), faces.name)
            paths[name] = run.path / "stress" / name / f"{condition}-{key}.parquet"
        found = {name: finished_piece(path, tables.STRESS) for name, path in paths.items()}
        waiting = {name: models[name] for name, piece in found.items() if piece is None}
        if waiting:
            fresh = _answers(waiting, plan, faces.name, chosen, chips, condition, levels, cores)
            for name, piece in fresh.items():
                paths[name].parent.mkdir(parents=True, exist_ok=True)
                tables.write_table(piece, paths[name], tables.STRESS)
            found |= fresh
        pieces += [piece for piece in found.values() if piece is not None]
        if progress is not None:
            progress("stress", done, len(work))
    tables.write_table(
        tables.concat(pieces, tables.STRESS), run.path / "stress.parquet", tables.STRESS
    )


def _answers(
    models: dict[str, SavedModel],
    plan: Plan,
    data_set: str,
    chosen: pd.DataFrame,
    chips: np.ndarray,
    condition: str,
    levels: tuple[float, ...],
    cores: int,
) -> dict[str, pd.DataFrame]:
    """Return the answers of some models to all levels of one condition, by contender."""
    ids = chosen["face_id"].to_numpy()
    found: dict[str, list[pd.DataFrame]] = {name: [] for name in models}
    for level in levels:
        changed = chips
        if condition != tables.UNCHANGED:
            work = partial(_changed, chips, ids, condition, level)
            changed = np.concatenate(list(in_threads(work, len(chips), cores)))
        for name, model in models.items():
            columns = {**vars(home_cell(plan, data_set, name)), "face_id": ids}
            columns |= {"condition": condition, "level": level}
            found[name].append(answer_table(model, changed, cores, **columns))
    return {name: tables.concat(parts, tables.STRESS) for name, parts in found.items()}


def _changed(
    chips: np.ndarray, ids: np.ndarray, condition: str, level: float, rows: np.ndarray
) -> np.ndarray:
    return stress.change(chips[rows], condition, level, ids[rows])
