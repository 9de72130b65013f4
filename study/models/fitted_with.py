"""The faces that the models of a run were fitted with: another data set may hold them too."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import data
from data import tables
from study.errors import StudyFailed
from study.record.files import read_json


def fitted_with(run: Path, protocol: str, seed: int, fold: int = 0) -> pd.Series | None:
    """Return the ``pixel_sha256`` of every face a model of a run was fitted with.

    Parameters
    ----------
    run : Path
        The run directory; without its tables nothing is known: None.
    protocol, seed, fold
        The split whose *train*, *select* and *calibrate* parts the model saw.
    """
    if not ((run / "splits.parquet").is_file() and (run / "faces.parquet").is_file()):
        return None
    splits = tables.read_table(run / "splits.parquet", tables.SPLITS)
    faces = tables.read_table(run / "faces.parquet", tables.FACES)
    here = (splits["protocol"] == protocol) & (splits["seed"] == seed) & (splits["fold"] == fold)
    ids = splits.loc[here & (splits["part"] != "test"), "face_id"]
    return faces.loc[faces["face_id"].isin(ids), "pixel_sha256"]


def those_of(faces: data.Faces, seen: pd.Series) -> data.Faces:
    """Return the faces of a data set whose ``pixel_sha256`` is among ``seen``."""
    return faces[faces.table["pixel_sha256"].isin(seen).to_numpy()]


def still_there(run: Path, seen: pd.Series | None) -> data.Faces | None:
    """Return the training faces of a run with their pictures, None where these are not at hand.

    The data set is loaded again by the name or path that the plan gave, and must hold the same
    pictures as then.
    """
    if seen is None or seen.empty or not (run / "plan.json").is_file():
        return None
    try:
        recorded = read_json(run / "provenance.json").get("data_sets", {})
        hashes = {facts.get("content_hash") for facts in recorded.values()}
        home = data.load(read_json(run / "plan.json")["data"], pose=False)
    except (data.DataError, StudyFailed, KeyError, OSError):
        return None
    return those_of(home, seen) if home.content_hash in hashes else None
