"""A saved model on any data set: errors across data sets, in the same tables and report."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import data
from basis.files import sha256_of, write_json, write_text
from data import tables
from data.bins import age_ends
from pipelines.persistence import MANIFEST
from study.engine.cell import LEVEL, RANGES, network_fact
from study.engine.local import available_cores
from study.errors import UsageError
from study.plan.cells import Cell
from study.record import provenance
from study.record.directory import RunDirectory
from study.record.files import read_json
from study.record.identity import FORMAT, code_hash, labels_hash, library_versions

from .elsewhere import Elsewhere, look_elsewhere
from .fitted_with import fitted_with, still_there
from .model import MIN_LABELLED, Model
from .recalibrate import factor, scores

UNKNOWN = "not known: the run of the model is not at hand"
NOT_AT_HAND = "not looked for: the training pictures are not at hand"
Progress = Callable[[str, int, int], None]


def evaluate(
    model: Model,
    source: str,
    out: Path,
    *,
    align: bool | None = None,
    overwrite: bool = False,
    progress: Progress,
) -> dict[str, Any]:
    """Predict every face of a data set that has a label and leave a run directory to report on.

    Faces the model was fitted with, and near duplicates of these, are left out as far as its run
    directory still tells, and so are faces without an age (``study run --also`` takes them for
    gender). A face with a range of ages counts for what a range can tell. ``intervals.json`` holds
    the factor by which the model's age intervals must grow to keep their level, where enough exact
    ages are known.

    Parameters
    ----------
    model : Model
        See :func:`study.load`.
    source : str
        As for ``data.load``.
    out : Path
        Run directory to write.
    align : bool, optional
        Find and align the face in each picture first; None: where the pictures are not cropped as
        UTKFace is. A picture without a face is left out.
    overwrite : bool
        Begin anew where ``out`` holds something else, which is deleted.
    progress : callable
        ``(stage, done, total)``.

    Returns
    -------
    dict
        About the data set: ``aligned``, ``n_without_face``, ``n_seen`` and ``n_near`` (training
        faces and near duplicates of them that were left out; None where the run, or the training
        pictures, are not at hand), ``n_without_age`` and more.

    Raises
    ------
    DataError
        No face is left that can be asked about its age.
    UsageError
        ``out`` holds something else, or the model.

    Examples
    --------
    >>> import study
    >>> model = study.load("runs/quick-UTKFace")                          # doctest: +SKIP
    >>> quiet = lambda stage, done, total: None
    >>> study.evaluate(model, "portraits.csv", "runs/there", align=True, progress=quiet)
    ... # doctest: +SKIP
    """
    if out.resolve() in model.folder.resolve().parents:
        raise UsageError(f"{out} holds the model itself: choose another --out")
    details = model.card["details"]
    # of a model of no run it is not known what it was fitted with
    seen, training = None, None
    if {"protocol", "seed"} <= details.keys():
        home = model.folder.resolve().parents[1]
        seen = fitted_with(home, details["protocol"], int(details["seed"]))
        training = still_there(home, seen)
    other = _with_ages(
        look_elsewhere(source, seen=seen, training=training, align=align, progress=progress)
    )
    run = RunDirectory(out)
    identity = _identity(model, other.faces, align=bool(other.facts["aligned"]))
    with run.opened_for(identity, overwrite=overwrite):
        _write(run, model, other)
    return other.facts


def _with_ages(other: Elsewhere) -> Elsewhere:
    """Leave out faces whose age is not even known within a range."""
    known = age_ends(other.table)[0].notna().to_numpy()
    if not known.any():
        raise data.DataError(
            f"{other.faces.name}: none of its {len(known):,} faces that the model may be asked "
            "about has a known age"
        )
    facts = {**other.facts, "n_without_age": int((~known).sum())}
    table = other.table[known].reset_index(drop=True)
    return replace(other, table=table, crops=other.crops[known], facts=facts)


def _identity(model: Model, faces: data.Faces, *, align: bool) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "plan": {"model": sha256_of(model.folder / MANIFEST), "align": align},
        "data": [faces.name, faces.content_hash, labels_hash(faces.table)],
        "code": code_hash(),
        "libraries": library_versions(),
    }


def _write(run: RunDirectory, model: Model, other: Elsewhere) -> None:
    faces, kept, crops = other.faces, other.table, other.crops
    contender = str(model.card["contender"])
    cell = Cell(faces.name, "full", contender, 0, 0)
    table, calibrated, seconds = _predictions(model, kept, crops, cell)
    n_parameters = float(network_fact(model.estimator, "n_parameters_", np.nan))
    cores = available_cores() if np.isfinite(n_parameters) else 1  # a network takes what is there
    costs = {
        **vars(cell),
        "fit_seconds": np.nan,
        "predict_images_per_second": len(kept) / seconds,
        "peak_rss_bytes": np.nan,
        "model_bytes": _saved_bytes(model.folder),
        "n_parameters": n_parameters,
        "n_train": 0,
        "cores": cores,
        "threads": cores,
        "shared": False,
        "device": str(network_fact(model.estimator, "device_", "cpu")),
    }
    splits = table[["data_set", "protocol", "seed", "fold", "face_id"]].assign(part="test")
    tables.write_table(faces.table, run.path / "faces.parquet", tables.FACES)
    tables.write_table(splits, run.path / "splits.parquet", tables.SPLITS)
    write_text(run.path / "audit.csv", faces.audit.to_csv(index=False))
    write_json(run.path / "label_noise.json", faces.label_noise)
    write_json(run.path / "provenance.json", _provenance(model, other, contender, cores))
    write_json(run.path / "records" / f"{cell.name}.json", {"costs": costs})
    tables.write_table(table, run.predictions(cell), tables.PREDICTIONS)
    _write_intervals(
        run, model, kept, table.assign(age_low=calibrated[:, 0], age_high=calibrated[:, 1])
    )


def _saved_bytes(folder: Path) -> float:
    """Return the size of what the training saved: an exported file or a card is no part of it."""
    names = [*read_json(folder / MANIFEST).get("sha256", ()), MANIFEST, RANGES]
    return float(sum((folder / n).stat().st_size for n in names if (folder / n).is_file()))


def _write_intervals(
    run: RunDirectory, model: Model, kept: pd.DataFrame, answers: pd.DataFrame
) -> None:
    """Leave the factor that makes the intervals hold their level here, for ``study predict``.

    It is that of the intervals the model was trained with, even if the model was asked with others.
    """
    exact = kept["age"].notna().to_numpy()
    numbers = answers.loc[exact, ["age_pred", "age_low", "age_high"]].to_numpy(float)
    if exact.sum() < MIN_LABELLED or np.isnan(numbers).any():
        return
    score = scores(kept.loc[exact, "age"].to_numpy(float), numbers[:, 0], numbers[:, 1:])
    times = {"level": LEVEL, "factor": factor(score, LEVEL), "n": int(exact.sum())}
    write_json(run.path / "intervals.json", {"model": sha256_of(model.folder / MANIFEST), **times})


def _predictions(
    model: Model, kept: pd.DataFrame, crops: np.ndarray, cell: Cell
) -> tuple[pd.DataFrame, np.ndarray, float]:
    """Return the answers, the intervals before any recalibration, and the time it took."""
    started = time.perf_counter()
    calibrated = model._as_trained(crops, level=LEVEL)
    seconds = time.perf_counter() - started
    answers = model._recalibrated(calibrated)
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
    return table, calibrated["interval"], seconds


def _provenance(model: Model, other: Elsewhere, contender: str, cores: int) -> dict[str, Any]:
    faces, facts = other.faces, other.facts
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    trained_on = model.card["training_data"]["data_set"]
    return {
        "plan_name": f"{contender} trained on {trained_on}, evaluated on {faces.name}",
        "plan": {
            "model": model.folder.name,
            "data": faces.name,
            "aligned": facts["aligned"],
            "judged_by": facts["judged_by"] or "asked for",
            "pictures_without_face": facts["n_without_face"],
            "faces_without_age_left_out": facts["n_without_age"],
            "training_faces_left_out": UNKNOWN if facts["n_seen"] is None else facts["n_seen"],
            "near_duplicates_left_out": NOT_AT_HAND if facts["n_near"] is None else facts["n_near"],
        },
        "seeds": [0],
        "protocols": ["full"],
        "contenders": {contender: model.card["details"]},
        "data_sets": {faces.name: provenance.data_facts(faces)},
        "versions": provenance.versions(),
        "machine": provenance.machine(cores),
        "command": provenance.command(),
        "started": now,
        "finished": now,
    }
