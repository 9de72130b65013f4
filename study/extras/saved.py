"""The saved models of a run, asked again: what ``stress`` and ``also`` share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import data
from basis.pictures import decode, to_square
from data import tables
from data.contract import Contract
from pipelines import persistence
from pipelines.registry import get_contender
from study.engine.cell import LEVEL, network_fact
from study.models.model import Model
from study.plan.cells import Cell
from study.plan.model import Plan, registered_name
from study.record.directory import RunDirectory


def home_cell(plan: Plan, data_set: str, contender: str) -> Cell:
    """Return the cell whose model a run saves: the first protocol, seed and fold of the plan."""
    return Cell(data_set, plan.protocols[0], contender, plan.seeds[0], 0)


def leaves_model(plan: Plan, name: str, own: Collection[str]) -> bool:
    """Whether a contender of a plan saves a model; those handed over, ``own``, save none."""
    contender = get_contender(registered_name(plan, name))
    return (
        plan.save_models and contender.trained and not contender.fuses and contender.name not in own
    )


@dataclass(frozen=True)
class SavedModel:
    """A saved model, opened when it is first asked: what it answered before needs it no more."""

    folder: Path

    @cached_property
    def opened(self) -> Model:
        """The model itself."""
        return Model(self.folder)


def saved_models(run: RunDirectory, plan: Plan) -> dict[str, SavedModel]:
    """Return the saved models of a run by contender, in order of the plan."""
    found = {}
    for name in plan.contenders:
        folder = run.path / "models" / name
        if (folder / persistence.MANIFEST).is_file() and (folder / "card.json").is_file():
            found[name] = SavedModel(folder)
    return found


def key_of(model: SavedModel, *content: object) -> str:
    """Return twelve digits that change with the model and with whatever else is given.

    A piece of work is filed under its key, so that one made from another model, other faces or
    other levels is never taken for it.
    """
    digest = hashlib.sha256((model.folder / persistence.MANIFEST).read_bytes())
    digest.update(repr(content).encode())
    return digest.hexdigest()[:12]


def finished_piece(path: Path, contract: Contract) -> pd.DataFrame | None:
    """Return a piece that was written before, or None; a damaged one is removed."""
    if not path.is_file():
        return None
    try:
        return tables.read_table(path, contract)
    except tables.ContractError:
        path.unlink()
        return None


def answer_table(model: SavedModel, crops: np.ndarray, cores: int, **columns: Any) -> pd.DataFrame:
    """Let a model answer for aligned faces; return its answers beside the given columns."""
    answers = _in_parts(model.opened, crops, cores)
    return pd.DataFrame(
        {
            **columns,
            "age_pred": answers["age"],
            "age_low": answers["interval"][:, 0],
            "age_high": answers["interval"][:, 1],
            "p_female": answers["p_female"],
        }
    )


def _in_parts(model: Model, crops: np.ndarray, cores: int) -> dict[str, np.ndarray]:
    """Predict in as many threads as cores; a network uses the cores by itself."""
    has_network = np.isfinite(network_fact(model.estimator, "n_parameters_", np.nan))
    parts = 1 if has_network else min(cores, max(len(crops) // 50, 1))
    with ThreadPoolExecutor(parts) as pool:
        pieces = list(pool.map(lambda p: model.predict_all(p, LEVEL), np.array_split(crops, parts)))
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}


def in_threads(work: Callable[[np.ndarray], Any], n: int, cores: int) -> Iterator[Any]:
    """Yield ``work(rows)`` for the numbers 0 to n - 1 in blocks of 32, in order."""
    blocks = [np.arange(start, min(start + 32, n)) for start in range(0, n, 32)]
    with ThreadPoolExecutor(cores) as pool:
        yield from pool.map(work, blocks)


def sample(faces: pd.DataFrame, ids: pd.Series, n: int) -> pd.DataFrame:
    """Return ``n`` of the faces named ``ids``, spread evenly over age bins and genders.

    Faces are sorted by age bin, gender and the sha256 of their name, and taken at equal steps: the
    same faces on every machine, whatever the order of the table.
    """
    chosen = faces[faces["face_id"].isin(ids)]
    if len(chosen) > n:
        digest = chosen["face_id"].map(lambda i: hashlib.sha256(i.encode()).hexdigest())
        order = pd.DataFrame(
            {"age": chosen["age_bin"].cat.codes, "gender": chosen["gender"].cat.codes, "d": digest}
        ).sort_values(["age", "gender", "d"])
        chosen = chosen.loc[order.index[((np.arange(n) + 0.5) * len(order) / n).astype(int)]]
    return chosen.sort_values("face_id", ignore_index=True)


def tested_faces(run: RunDirectory, plan: Plan, faces: data.Faces, n: int) -> pd.DataFrame:
    """Return the faces the saved models were tested on, or ``n`` of them."""
    splits = tables.read_table(run.path / "splits.parquet", tables.SPLITS)
    cell = home_cell(plan, faces.name, "")
    here = (splits["protocol"] == cell.protocol) & (splits["seed"] == cell.seed)
    here &= (splits["fold"] == cell.fold) & (splits["part"] == "test")
    return sample(faces.table, splits.loc[here, "face_id"], n)


def chips_of(faces: data.Faces, chosen: pd.DataFrame, side: int, cores: int) -> np.ndarray:
    """Decode some faces alone: a store of all of them at this size would take gigabytes."""

    def decoded(rows: np.ndarray) -> np.ndarray:
        contents = (faces.path(i).read_bytes() for i in chosen["face_id"].iloc[rows])
        return np.stack([to_square(decode(content).pixels, side) for content in contents])

    return np.concatenate(list(in_threads(decoded, len(chosen), cores)))
