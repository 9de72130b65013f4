"""A saved model on any data set: errors across data sets, in the same tables and report."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import data
from basis.files import sha256_of, write_json, write_text
from basis.pictures import decode
from data import tables
from data.pose.detect import find_faces
from pipelines.persistence import MANIFEST
from study.engine.cell import LEVEL
from study.plan.cells import Cell
from study.record import provenance
from study.record.directory import RunDirectory
from study.record.identity import FORMAT, code_hash, labels_hash, library_versions

from .model import SOURCE_SIZE, Model

Progress = Callable[[str, int, int], None]


def evaluate(model: Model, source: str, out: Path, *, align: bool, progress: Progress) -> None:
    """Predict every kept face of a data set and leave a run directory to report on.

    Parameters
    ----------
    model : Model
        See :func:`study.load`.
    source : str
        As for ``data.load``.
    out : Path
        Run directory to write.
    align : bool
        Find and align the face in each picture first; for portraits that are not cropped as
        UTKFace is. A picture without a face is left out and listed in the audit.
    progress : callable
        ``(stage, done, total)``.

    Examples
    --------
    >>> import study
    >>> model = study.load("runs/quick-UTKFace")                          # doctest: +SKIP
    >>> quiet = lambda stage, done, total: None
    >>> study.evaluate(model, "portraits.csv", "runs/there", align=True, progress=quiet)
    ... # doctest: +SKIP
    """
    faces = data.load(source, progress=progress)
    kept = faces.table[faces.table["keep"]].reset_index(drop=True)
    crops, found = _crops(faces, kept, align=align, progress=progress)
    kept = kept[found].reset_index(drop=True)
    run = RunDirectory(out)
    run.open_for(_identity(model, faces, align=align))
    with run.locked():
        _write(run, model, faces, kept, crops, missed=int((~found).sum()))


def _identity(model: Model, faces: data.Faces, *, align: bool) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "plan": {"model": sha256_of(model.folder / MANIFEST), "align": align},
        "data": [faces.name, faces.content_hash, labels_hash(faces.table)],
        "code": code_hash(),
        "libraries": library_versions(),
    }


def _crops(
    faces: data.Faces, kept: pd.DataFrame, *, align: bool, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """Return aligned crops and which rows of ``kept`` they belong to."""
    if not align:
        rows = np.flatnonzero(faces.table["keep"].to_numpy())
        return faces.images(SOURCE_SIZE, progress=progress)[rows], np.ones(len(kept), dtype=bool)
    chips, found = [], np.zeros(len(kept), dtype=bool)
    for number, face_id in enumerate(kept["face_id"]):
        image = decode(faces.path(face_id).read_bytes()).pixels
        candidates = find_faces(image, size=SOURCE_SIZE)
        if candidates:
            chips.append(candidates[0].chip)
            found[number] = True
        progress("align", number + 1, len(kept))
    if not chips:
        raise data.DataError(f"no face was found in any picture of {faces.name}")
    return np.stack(chips), found


def _write(
    run: RunDirectory,
    model: Model,
    faces: data.Faces,
    kept: pd.DataFrame,
    crops: np.ndarray,
    missed: int,
) -> None:
    contender = str(model.card["contender"])
    cell = Cell(faces.name, "full", contender, 0, 0)
    table, seconds = _predictions(model, kept, crops, cell)
    costs = {
        **vars(cell),
        "fit_seconds": np.nan,
        "predict_images_per_second": len(kept) / seconds,
        "peak_rss_bytes": np.nan,
        "model_bytes": float(sum(p.stat().st_size for p in model.folder.rglob("*"))),
        "n_parameters": float(getattr(model.estimator, "n_parameters_", np.nan)),
        "n_train": 0,
        "cores": 1,
        "threads": 1,
        "shared": False,
        "device": "cpu",
    }
    splits = table[["data_set", "protocol", "seed", "fold", "face_id"]].assign(part="test")
    tables.write_table(faces.table, run.path / "faces.parquet", tables.FACES)
    tables.write_table(splits, run.path / "splits.parquet", tables.SPLITS)
    write_text(run.path / "audit.csv", faces.audit.to_csv(index=False))
    write_json(run.path / "label_noise.json", faces.label_noise)
    write_json(run.path / "provenance.json", _provenance(model, faces, contender, missed))
    write_json(run.path / "records" / f"{cell.name}.json", {"costs": costs})
    tables.write_table(table, run.predictions(cell), tables.PREDICTIONS)


def _predictions(
    model: Model, kept: pd.DataFrame, crops: np.ndarray, cell: Cell
) -> tuple[pd.DataFrame, float]:
    started = time.perf_counter()
    answers = model.predict_all(crops, level=LEVEL)
    seconds = time.perf_counter() - started
    table = pd.DataFrame(
        {
            **vars(cell),
            "face_id": kept["face_id"],
            "age_pred": answers["age"],
            "age_low": answers["interval"][:, 0],
            "age_high": answers["interval"][:, 1],
            "p_female": answers["p_female"],
        }
    )
    return table, seconds


def _provenance(model: Model, faces: data.Faces, contender: str, missed: int) -> dict[str, Any]:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    trained_on = model.card["training_data"]["data_set"]
    return {
        "plan_name": f"{contender} trained on {trained_on}, evaluated on {faces.name}",
        "plan": {"model": model.folder.name, "data": faces.name, "pictures_without_face": missed},
        "seeds": [0],
        "protocols": ["full"],
        "contenders": {contender: model.card["details"]},
        "data_sets": {faces.name: provenance.data_facts(faces)},
        "versions": provenance.versions(),
        "machine": provenance.machine(1),
        "command": provenance.command(),
        "started": now,
        "finished": now,
    }
