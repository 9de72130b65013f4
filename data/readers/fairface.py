"""FairFace: ``fairface_label_train.csv``, ``fairface_label_val.csv`` beside ``train/``, ``val/``.

Ages are nine ranges, from ``0-2`` to ``more than 70``. K. Kärkkäinen, J. Joo, "FairFace: Face
Attribute Dataset for Balanced Race, Gender, and Age", WACV 2021. Pictures of one person are not
marked. A face is named after its split and number, as both splits count from 1.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data.files.listing import named_files

from . import Reader
from .labelled import labels_to_faces, read_labels

TABLES = "fairface_label_*.csv"


def recognises(source: Path) -> bool:
    """Tell whether FairFace's tables of labels lie in the folder, or one below."""
    return bool(named_files(source, TABLES))


def read(source: Path) -> pd.DataFrame:
    """Return one row for every row of the tables."""
    faces = []
    for table in named_files(source, TABLES):
        labels = read_labels(table)
        part = labels_to_faces(labels, prefix=table.parent.relative_to(source), stay_inside=True)
        stem = labels["path"].fillna("").str.rsplit(".", n=1).str[0]
        faces.append(part.assign(face_id=stem.str.replace("/", "-")))
    return pd.concat(faces, ignore_index=True)


READER = Reader(
    name="fairface",
    summary="FairFace: fairface_label_*.csv beside train/ and val/",
    recognises=recognises,
    read=read,
    licence="FairFace's labels are CC BY 4.0; the images are from Flickr, each under its licence.",
)
