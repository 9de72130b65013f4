"""UTKFace: the labels are the file name, ``[age]_[gender]_[race]_[date and time].jpg``.

Z. Zhang, Y. Song, H. Qi, "Age Progression/Regression by Conditional Adversarial Autoencoder",
CVPR 2017. Any folder whose images are named like this is read, however deep they lie.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pandas as pd

from basis.faces import GENDERS, OLDEST_AGE
from data.files.listing import image_files

from . import Reader

ETHNICITIES = ("White", "Black", "Asian", "Indian", "Other")

_NAME = re.compile(
    r"(?P<age>\d+)_(?P<gender>\d*)_(?:(?P<race>\d*)_)?(?P<time>\d+)\s*(?P<dot>\.?)(?P<rest>.*)",
    re.ASCII,
)

# Files of the published archive whose names lack a label, looked up in its other copies.
_RACE_MISSING = {
    "61_1_20170109142408075": 1,
    "61_1_20170109150557335": 3,
}
_SOURCES_DISAGREE = {"39_1_20170116174525125"}


def parse_name(name: str) -> dict[str, Any]:
    """Read the labels in the base name of a UTKFace file.

    The name is such as ``26_1_0_20170116220224657.jpg.chip.jpg``; ``problem`` is empty if it is
    well-formed.
    """
    row: dict[str, Any] = {"age": np.nan, "gender": None, "ethnicity": None, "usable": True}
    match = _NAME.fullmatch(name)
    if match is None:
        return _unusable(row, "the name does not tell age and gender")
    if len(match["age"]) > 3 or int(match["age"]) > OLDEST_AGE:
        return _unusable(row, f"an age of {match['age'][:12]} years is not possible")
    row["age"] = float(match["age"])
    if match["gender"] not in ("0", "1"):
        what = f"gender {match['gender'][:12]} is neither 0 nor 1" if match["gender"] else ""
        return _unusable(row, what or "the gender is missing in the name")
    row["gender"] = GENDERS[int(match["gender"])]
    return row | _race_and_remarks(match, name)


def _unusable(row: dict[str, Any], detail: str) -> dict[str, Any]:
    return row | {"problem": "malformed name", "detail": detail, "usable": False}


def _race_and_remarks(match: re.Match[str], name: str) -> dict[str, Any]:
    stem = name.split(".")[0].strip()
    if stem in _SOURCES_DISAGREE:
        return _unusable({}, "race missing, and copies of the file disagree on the gender")
    remarks, race = [], match["race"]
    if stem in _RACE_MISSING:
        race = str(_RACE_MISSING[stem])
        remarks.append(f"race missing: {ETHNICITIES[int(race)]} in other copies of the file")
    elif not race:
        remarks.append("race missing: left unknown")
    elif len(race) > 1 or int(race) >= len(ETHNICITIES):
        remarks.append(f"race {race[:12]} is not 0 to 4: left unknown")
        race = None
    if len(match["time"]) != 17:
        remarks.append(f"the time stamp has {len(match['time'])} digits, not 17")
    if not match["dot"] or " " in name:
        remarks.append("blank or missing dot before the suffix")
    return {
        "ethnicity": ETHNICITIES[int(race)] if race else None,
        "problem": "malformed name" if remarks else "",
        "detail": "; ".join(remarks),
    }


def recognises(source: Path) -> bool:
    """Tell whether at least one image below the folder ``source`` is named like UTKFace."""
    return source.is_dir() and any(
        parse_name(PurePath(name).name)["gender"] for name in image_files(source)
    )


def read(source: Path) -> pd.DataFrame:
    """Return one row for every image below the folder ``source``."""
    names = list(image_files(source))
    rows = [parse_name(name.rsplit("/", 1)[-1]) | {"path": name} for name in names]
    faces = pd.DataFrame(rows, columns=["path", "age", "gender", "ethnicity", *_NOTES])
    faces["ethnicity"] = pd.Categorical(faces["ethnicity"], ETHNICITIES, ordered=True)
    return faces


_NOTES = ("problem", "detail", "usable")

READER = Reader(
    name="utkface",
    summary="images named as in UTKFace, [age]_[gender]_[race]_[time].jpg",
    recognises=recognises,
    read=read,
    licence=(
        "UTKFace is available for non-commercial research purposes only; the images belong to "
        "their owners and are removed on request."
    ),
    needs_acceptance=True,
)
