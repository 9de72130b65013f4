"""Changed copies of test faces, answered by every saved model: ``stress.parquet``.

Each picture is changed at its own size (at most that of an aligned chip) and then shrunk to what
a model takes, as a photograph would be. The unchanged chips go the same way, so that differences
are differences of the pictures alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

import data
from basis.pictures import decode, to_square
from data import stress, tables
from pipelines.registry import get_contender
from study.models.model import SOURCE_SIZE, Model
from study.plan.model import Plan, registered_name
from study.record.directory import RunDirectory

from .saved import (
    answer_table,
    finished_piece,
    home_cell,
    in_threads,
    key_of,
    saved_models,
)

Progress = Callable[[str, int, int], None]


def facts(plan: Plan) -> dict[str, Any]:
    """Return what the page says about the conditions of a plan.

    Returns
    -------
    dict
        ``faces`` asked for, and ``conditions``: name to ``title``, ``unit``, ``summary``,
        ``identity`` and ``levels``, mildest first.
    """
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


def check(plan: Plan) -> None:
    """Raise ``DataError`` where nothing can be asked: contenders that leave no model."""
    if not any(get_contender(registered_name(plan, name)).trained for name in plan.contenders):
        raise data.DataError("no contender of this plan is trained here, so there is no model")


def sample(faces: pd.DataFrame, ids: pd.Series, n: int) -> pd.DataFrame:
    """Draw ``n`` of the faces named ``ids``, spread evenly over age bins and genders.

    Faces are sorted by age bin, gender and the sha256 of their name, and every so-manieth is
    taken: the same faces on every machine, whatever the order of the table.

    Parameters
    ----------
    faces : DataFrame
        Contract ``FACES`` with breakdown columns.
    ids : Series of str
    n : int

    Returns
    -------
    DataFrame
        Rows of ``faces`` in order of ``face_id``; all of them where there are at most ``n``.
    """
    chosen = faces[faces["face_id"].isin(ids)]
    if len(chosen) > n:
        digest = chosen["face_id"].map(lambda i: hashlib.sha256(i.encode()).hexdigest())
        order = pd.DataFrame(
            {"age": chosen["age_bin"].cat.codes, "gender": chosen["gender"].cat.codes, "d": digest}
        ).sort_values(["age", "gender", "d"])
        chosen = chosen.loc[order.index[((np.arange(n) + 0.5) * len(order) / n).astype(int)]]
    return chosen.sort_values("face_id", ignore_index=True)


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
    chosen = _tested(run, plan, faces)
    chips = _chips(faces, chosen, cores)
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


def _tested(run: RunDirectory, plan: Plan, faces: data.Faces) -> pd.DataFrame:
    """Return the test faces to change: those the saved models were tested on, or some of them."""
    assert plan.stress is not None
    splits = tables.read_table(run.path / "splits.parquet", tables.SPLITS)
    cell = home_cell(plan, faces.name, "")
    here = (splits["protocol"] == cell.protocol) & (splits["seed"] == cell.seed)
    here &= (splits["fold"] == cell.fold) & (splits["part"] == "test")
    return sample(faces.table, splits.loc[here, "face_id"], plan.stress.faces)


def _chips(faces: data.Faces, chosen: pd.DataFrame, cores: int) -> np.ndarray:
    """Decode the chosen faces alone: a store of all of them at this size would take gigabytes."""
    side = min(int(chosen[["height", "width"]].min(axis=1).median()), SOURCE_SIZE)

    def decoded(rows: np.ndarray) -> np.ndarray:
        contents = (faces.path(i).read_bytes() for i in chosen["face_id"].iloc[rows])
        return np.stack([to_square(decode(content).pixels, side) for content in contents])

    return np.concatenate(list(in_threads(decoded, len(chosen), cores)))


def _answers(
    models: dict[str, Model],
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
