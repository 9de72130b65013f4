"""AgeDB: the labels are the file name, ``[number]_[name]_[age]_[m or f].jpg``.

S. Moschoglou et al., "AgeDB: the first manually collected, in-the-wild age database", CVPR
Workshops 2017. Pictures of one person stay on one side of every split.
"""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path, PurePath

import pandas as pd

from data.files.listing import image_files

from . import Reader
from .labelled import labels_to_faces

_NAME = re.compile(r"\d+_(?P<identity>.+)_(?P<age>\d{1,3})_(?P<gender>[mf])\.\w+", re.I)
_LOOK_AT = 20


def recognises(source: Path) -> bool:
    """Tell whether the first images below the folder are named as in AgeDB."""
    if not source.is_dir():
        return False
    names = [PurePath(name).name for name in islice(image_files(source), _LOOK_AT)]
    return bool(names) and 2 * sum(bool(_NAME.fullmatch(name)) for name in names) > len(names)


def read(source: Path) -> pd.DataFrame:
    """Return one row for every image below the folder."""
    paths = list(image_files(source))
    found = [_NAME.fullmatch(PurePath(path).name) for path in paths]
    rows = [match.groupdict() if match else {} for match in found]
    labels = pd.DataFrame(rows, columns=["identity", "age", "gender"], dtype="object")
    labels = labels.assign(path=paths, malformed="")
    faces = labels_to_faces(labels, prefix=Path(), stay_inside=True)
    unnamed = [match is None for match in found]
    faces.loc[unnamed, "problem"] = "malformed name"
    faces.loc[unnamed, "detail"] = "the name does not tell age and gender"
    return faces


READER = Reader(
    name="agedb",
    summary="AgeDB: images named [number]_[name]_[age]_[m or f].jpg",
    recognises=recognises,
    read=read,
    licence="AgeDB is available for non-commercial research purposes only.",
    needs_acceptance=True,
)
