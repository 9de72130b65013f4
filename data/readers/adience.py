"""Adience: ``fold_0_data.txt`` ... ``fold_4_data.txt`` beside ``aligned/`` or ``faces/``.

Ages are eight ranges, ``(0, 2)`` to ``(60, 100)``, and some single years; "None" is unknown.
E. Eidinger, R. Enbar, T. Hassner, "Age and Gender Estimation of Unfiltered Faces", IEEE TIFS
9(12), 2014. Albums of one photographer share ``user_id``, which no fold divides: neither does a
split here.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data.files.delimited import read_text_table
from data.files.listing import named_files

from ..errors import DataError
from . import Reader
from .labelled import labels_to_faces

TABLES = "fold_[0-9]_data.txt"
COLUMNS = ("user_id", "original_image", "face_id", "age", "gender")
PLACES = (("aligned", "landmark_aligned_face"), ("faces", "coarse_tilt_aligned_face"))


def recognises(source: Path) -> bool:
    """Tell whether Adience's tables of folds lie in the folder, or one below."""
    return bool(named_files(source, TABLES))


def read(source: Path) -> pd.DataFrame:
    """Return one row for every row of the tables."""
    faces = [_read_table(source, table) for table in named_files(source, TABLES)]
    return pd.concat(faces, ignore_index=True)


def _read_table(source: Path, table: Path) -> pd.DataFrame:
    rows = read_text_table(table, separator="\t")
    missing = [name for name in COLUMNS if name not in rows]
    if missing:
        raise DataError(f"{table} has no column {missing[0]!r}: it is no table of Adience")
    folder, prefix = next((p for p in PLACES if (table.parent / p[0]).is_dir()), PLACES[0])
    user, number, original = (rows[n].fillna("") for n in ("user_id", "face_id", "original_image"))
    labels = rows[["age", "gender", "malformed"]].assign(
        path=folder + "/" + user + "/" + prefix + "." + number + "." + original, identity=user
    )
    faces = labels_to_faces(labels, prefix=table.parent.relative_to(source), stay_inside=True)
    # The name up to its first dot is the same for all: this tells a face from the others.
    return faces.assign(face_id=user + "-" + number + "-" + original.str.split(".", n=1).str[0])


READER = Reader(
    name="adience",
    summary="Adience: fold_0_data.txt ... beside aligned/ or faces/",
    recognises=recognises,
    read=read,
    licence="Adience is for research only; the images are from Flickr under Creative Commons.",
    needs_acceptance=True,
)
