"""IMDB-WIKI: ``imdb.mat`` or ``wiki.mat`` in its folder of crops.

A gender of 0 is *female* here and 1 male. The age is the year of the photo minus the date of birth,
the photo taken in the middle of the year, as the authors count it; ages, genders and identities
come from crawled pages and are often wrong. Pictures without a detected face, or with a second one,
are dropped. R. Rothe, R. Timofte, L. Van Gool, "Deep expectation of real and apparent age from a
single image without facial landmarks", IJCV 126, 2018.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data.files.listing import named_files

from ..errors import DataError
from . import Reader
from .labelled import labels_to_faces

TABLES = ("imdb", "wiki")
_FIELDS = ("dob", "photo_taken", "full_path", "gender", "face_score", "second_face_score")
_GENDERS = {0.0: "female", 1.0: "male"}
_MATLAB_EPOCH = 366  # days from MATLAB's day 1 to Python's


def recognises(source: Path) -> bool:
    """Tell whether a table of IMDB-WIKI lies in the folder, or one below."""
    return any(named_files(source, f"{name}.mat") for name in TABLES)


def read(source: Path) -> pd.DataFrame:
    """Return one row for every row of the tables."""
    tables = [(name, path) for name in TABLES for path in named_files(source, f"{name}.mat")]
    faces = pd.concat([_read_table(source, *table) for table in tables], ignore_index=True)
    faces.attrs["notes"] = [("gender codes", "0 is read as female, 1 as male")]
    return faces


def _read_table(source: Path, name: str, table: Path) -> pd.DataFrame:
    columns = _columns(name, table)
    labels = pd.DataFrame(
        {
            "path": [_text(path) for path in columns["full_path"]],
            "age": _ages(columns["dob"].astype(float), columns["photo_taken"].astype(float)),
            "gender": [_GENDERS.get(code) for code in columns["gender"].astype(float)],
            "malformed": "",
        },
        dtype="object",
    )
    who = columns.get("celeb_id", columns.get("name"))
    if who is not None:
        labels["identity"] = [_identity(name, value) for value in who]
    faces = labels_to_faces(labels, prefix=table.parent.relative_to(source), stay_inside=True)
    for wrong, why in (
        (columns["second_face_score"].astype(float) > 0, "a second face is in the picture"),
        (~np.isfinite(columns["face_score"].astype(float)), "no face was detected"),
    ):
        faces.loc[wrong & faces["usable"], ["problem", "detail"]] = ["not one face", why]
        faces.loc[wrong, "usable"] = False
    return faces


def _columns(name: str, table: Path) -> dict[str, np.ndarray]:
    """Return the fields of MATLAB's structure as arrays of one length."""
    from scipy.io import loadmat

    try:
        structure = loadmat(table)[name][0, 0]
        columns = {field: structure[field].ravel() for field in structure.dtype.names}
        lengths = {len(columns[field]) for field in _FIELDS}
    except Exception as error:  # damaged files raise a dozen types
        raise DataError(f"{table} cannot be read as a table of IMDB-WIKI ({error})") from error
    if len(lengths) != 1:
        raise DataError(f"{table} is damaged: its columns have {sorted(lengths)} rows")
    return {field: column for field, column in columns.items() if len(column) in lengths}


def _text(value: Any) -> str:
    """Return the text in one of MATLAB's cells, '' if there is none."""
    inside = np.asarray(value).ravel()
    return str(inside[0]) if len(inside) else ""


def _identity(name: str, value: Any) -> str | None:
    text = _text(value).strip()
    return f"{name}-{text}" if text and text != "nan" else None


def _ages(birth: np.ndarray, taken: np.ndarray) -> list[float | None]:
    ages: list[float | None] = []
    for day, year in zip(birth, taken, strict=True):
        try:
            born = dt.date.fromordinal(int(day) - _MATLAB_EPOCH)
        except (ValueError, OverflowError):
            ages.append(None)  # day 0: the date of birth is not known
            continue
        ages.append(float(year - born.year - (born.month >= 7)))
    return ages


READER = Reader(
    name="imdb-wiki",
    summary="IMDB-WIKI: imdb.mat or wiki.mat in its folder of crops",
    recognises=recognises,
    read=read,
    licence="IMDB-WIKI is for academic research only; the images belong to their owners.",
    needs_acceptance=True,
)
