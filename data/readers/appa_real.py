"""APPA-REAL: ``gt_avg_train.csv``, ``gt_avg_valid.csv``, ``gt_avg_test.csv`` beside their folders.

``age`` is the real age. Genders come from the categories published later,
``allcategories_train.csv`` ..., anywhere below the folder; without them no face has a gender, and
the audit says so. Where the cropped ``X.jpg_face.jpg`` exists it is taken in place of ``X.jpg``.
E. Agustsson et al., "Apparent and Real Age Estimation in Still Images with Deep Residual Regressors
on APPA-REAL Database", FG 2017.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data.files.delimited import read_text_table
from data.files.listing import named_files

from ..errors import DataError
from . import Reader
from .labelled import labels_to_faces

TABLES = "gt_avg_*.csv"
CATEGORIES = "allcategories_*.csv"


def recognises(source: Path) -> bool:
    """Tell whether APPA-REAL's tables of ages lie in the folder, or one below."""
    return bool(named_files(source, TABLES))


def read(source: Path) -> pd.DataFrame:
    """Return one row for every row of the tables."""
    genders: dict[tuple[str, str], str | None] = {}
    for table in sorted(source.rglob(CATEGORIES)):
        rows = _table(table, ("file", "gender"))
        split = _split(table)
        genders |= {(split, file): g for file, g in zip(rows["file"], rows["gender"], strict=True)}
    faces = [_read_table(source, table, genders) for table in named_files(source, TABLES)]
    return pd.concat(faces, ignore_index=True)


def _split(table: Path) -> str:
    return table.stem.rsplit("_", 1)[-1]


def _table(table: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    rows = read_text_table(table)
    missing = [name for name in columns if name not in rows]
    if missing:
        raise DataError(f"{table} has no column {missing[0]!r}: it is no table of APPA-REAL")
    return rows


def _read_table(
    source: Path, table: Path, genders: dict[tuple[str, str], str | None]
) -> pd.DataFrame:
    rows = _table(table, ("file_name", "real_age"))
    split = _split(table)
    names = rows["file_name"].fillna("")
    crops = [f"{name}_face.jpg" for name in names]
    paths = [
        f"{split}/{crop if (table.parent / split / crop).is_file() else name}"
        for name, crop in zip(names, crops, strict=True)
    ]
    labels = pd.DataFrame(
        {
            "path": paths,
            "age": rows["real_age"],
            "gender": [genders.get((split, name)) for name in names],
            "malformed": rows["malformed"],
        },
        dtype="object",
    )
    faces = labels_to_faces(labels, prefix=table.parent.relative_to(source), stay_inside=True)
    return faces.assign(face_id=split + "-" + names.str.split(".", n=1).str[0])


READER = Reader(
    name="appa-real",
    summary="APPA-REAL: gt_avg_*.csv (and allcategories_*.csv) beside train/, valid/, test/",
    recognises=recognises,
    read=read,
    licence="APPA-REAL is available for non-commercial research purposes only.",
    needs_acceptance=True,
)
