"""Any folder with a table of labels: ``path, age, gender`` and, if known, more.

Optional columns: ``ethnicity``; ``identity`` or ``group`` (or both: rows that share a value of one
never stand on both sides of a split); ``yaw``, ``pitch``, ``roll`` in degrees; ``age_low``,
``age_high`` beside or in place of ``age``. A gender of 0 is male, 1 is female; see
:mod:`data.labels` for what is read as an age.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from basis.faces import GENDERS
from data.files.archives import has_drive
from data.files.delimited import read_text_table
from data.files.listing import walk

from ..errors import DataError
from ..labels import as_text, read_ages, read_genders, read_names, read_numbers
from . import Reader

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet")
YEARS = "age_years"  # the name of an age column that leaves no doubt
_ALIASES = {
    "path": ("path", "file", "filename", "file_name", "image"),
    "age": (YEARS, "age"),
    "gender": ("gender", "sex"),
    "ethnicity": ("ethnicity", "race"),
    "identity": ("identity", "group", "person", "subject", "identity_group"),
    "yaw": ("yaw",),
    "pitch": ("pitch",),
    "roll": ("roll",),
    "age_low": ("age_low",),
    "age_high": ("age_high",),
}
_REQUIRED = ("path", "gender")
_CLASS_NUMBERS = 9  # as many as FairFace has ranges
_ENOUGH = 30  # faces, to tell children under nine from numbers of classes


def read_labels(table: Path) -> pd.DataFrame:
    """Read a table of labels, its columns under their standard names.

    Known columns, and ``malformed``: empty, or what is wrong with the row. ``attrs["age_column"]``
    is the name of the age column in the file. ``DataError`` if the file is no table, or a required
    column is missing.
    """
    try:
        if table.suffix.lower() == ".parquet":
            frame = pd.read_parquet(table).assign(malformed="")
        else:
            frame = read_text_table(table)
    except UnicodeDecodeError as error:
        raise DataError(f"{table} is not written in UTF-8 ({error}): save it as UTF-8") from error
    except Exception as error:  # csv and pyarrow raise many types for a damaged file
        raise DataError(f"{table} cannot be read as a table of labels ({error})") from error
    return _standard_columns(frame, table)


def _standard_columns(frame: pd.DataFrame, table: Path) -> pd.DataFrame:
    lower = [str(column).strip().lower() for column in frame.columns]
    known = {alias for aliases in _ALIASES.values() for alias in aliases}
    twice = next((name for name in lower if name in known and lower.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{table} has two columns {twice!r}: which of them is meant?")
    by_lower_name = dict(zip(lower, frame.columns, strict=True))
    names: dict[object, str] = {"malformed": "malformed"}
    for standard, aliases in _ALIASES.items():
        found = [by_lower_name[alias] for alias in aliases if alias in by_lower_name]
        if found:
            names[found[0]] = standard
        if standard == "identity":
            names |= {column: f"identity {number}" for number, column in enumerate(found[1:], 2)}
    found_columns = set(names.values())
    missing = [name for name in _REQUIRED if name not in found_columns]
    if "age" not in found_columns and not {"age_low", "age_high"} <= found_columns:
        missing.append("age")
    if missing:
        columns = ", ".join(str(column) for column in frame.columns if column != "malformed")
        raise DataError(
            f"{table} has no column {missing[0]!r}, only {columns}: path, age and gender are needed"
        )
    labels = frame[list(names)].rename(columns=names)
    labels.attrs["short_rows"] = frame.attrs.get("short_rows", "")
    labels.attrs["age_column"] = next((str(c) for c, n in names.items() if n == "age"), "")
    return labels


def _label_table(source: Path) -> Path | None:
    """Return the table of labels in a folder: the only one with the three columns, or None."""
    if source.is_file():
        return source if source.suffix.lower() in TABLE_SUFFIXES else None
    tables = []
    for path in (Path(e.path) for e in walk(source) if e.name.lower().endswith(TABLE_SUFFIXES)):
        try:
            read_labels(path)
        except DataError:
            continue
        tables.append(path)
    if len(tables) > 1:
        listed = ", ".join(str(path.relative_to(source)) for path in tables)
        raise DataError(f"{source} holds several tables of labels ({listed}): name one of them")
    return tables[0] if tables else None


def why_not(source: Path) -> str:
    """Return what is wrong with the first table of a folder that holds none of labels."""
    tables = (Path(e.path) for e in walk(source) if e.name.lower().endswith(TABLE_SUFFIXES))
    for path in tables if source.is_dir() else ():
        try:
            read_labels(path)
        except DataError as error:
            return str(error)
    return ""


def recognises(source: Path) -> bool:
    """Tell whether ``source`` is a table of labels or a folder that holds one."""
    return _label_table(source) is not None


def read(source: Path) -> pd.DataFrame:
    """Return one row for every row of the table of labels."""
    table = _label_table(source)
    if table is None:
        raise DataError(f"{source} holds no table with the columns path, age and gender")
    labels = read_labels(table)
    base = source if source.is_dir() else source.parent
    return labels_to_faces(
        labels, prefix=table.parent.relative_to(base), stay_inside=source.is_dir()
    )


def labels_to_faces(labels: pd.DataFrame, *, prefix: Path, stay_inside: bool) -> pd.DataFrame:
    """Turn text labels into faces.

    Paths in the table start at ``prefix``, its folder relative to the source. ``stay_inside``
    refuses paths that lead out of the source: a table inside an archive has no business elsewhere;
    a table that the user names may point anywhere. The columns are those of
    :class:`data.readers.Reader`; ``DataError`` if the ages look like numbers of classes.
    """
    faces = pd.DataFrame(index=labels.index)
    paths = as_text(labels["path"]).fillna("").str.strip()
    faces["path"] = [(prefix / path).as_posix() for path in paths]
    ages = _ages(labels)
    faces[["age", "age_low", "age_high"]] = ages[["age", "age_low", "age_high"]]
    faces["gender"] = read_genders(labels["gender"])
    words = as_text(labels["gender"]).fillna("").str.strip()
    for column in ("yaw", "pitch", "roll"):
        if column in labels:
            angle = read_numbers(labels[column])
            faces[column] = angle.where(angle.abs() <= 180)
    if "ethnicity" in labels:
        faces["ethnicity"] = read_names(labels["ethnicity"]).astype("category")
    for column in (c for c in labels if str(c).startswith("identity")):
        faces[column] = read_names(labels[column])
    # Later conditions are the graver ones and overwrite the earlier.
    detail = pd.Series("", index=labels.index, dtype="object")
    detail[faces["gender"].isna()] = "gender " + words.replace("", "(empty)") + " is not known"
    unread = ages["detail"] != ""
    detail[unread] = ages.loc[unread, "detail"]
    detail[(paths == "")] = "the row names no file"
    leaves = paths.map(_leads_out)
    if stay_inside:
        detail[leaves] = "the path " + paths[leaves] + " leads out of the data set"
        faces.loc[leaves, "path"] = ""
    malformed = labels.get("malformed", pd.Series("", index=labels.index))
    shifted = malformed != ""
    detail[shifted] = malformed[shifted]
    faces["detail"] = detail.astype("str")
    faces["problem"] = np.where(faces["detail"] == "", "", "label missing")
    faces.loc[shifted, "problem"] = "malformed row"
    faces["usable"] = faces["detail"] == ""
    faces.attrs["notes"] = _notes(labels, faces, words)
    return faces


def _notes(labels: pd.DataFrame, faces: pd.DataFrame, words: pd.Series) -> list[tuple[str, str]]:
    """Return what the audit says of the whole table: how it was read where that is a choice."""
    notes = []
    for column in (c for c in ("yaw", "pitch", "roll") if c in labels):
        given = read_names(labels[column])
        unread = given.notna() & faces[column].isna()
        if unread.any():
            told = (
                f"{int(unread.sum()):,} values of {column}, such as {given[unread].iloc[0]}, are "
                "no angles from -180 to 180 degrees: taken as unknown"
            )
            notes.append(("angles not read", told))
    codes = set(words.str.removesuffix(".0"))
    if "1" in codes and "0" not in codes and any(c.isdigit() and c != "1" for c in codes):
        raise DataError(
            f"genders are coded {', '.join(sorted(c for c in codes if c.isdigit()))}, and only 0 "
            "(male) and 1 (female) are known: write male and female"
        )
    if words.isin(["0", "1", "0.0", "1.0"]).any():
        men, women = (int((faces["gender"] == gender).sum()) for gender in GENDERS)
        told = f"0 is read as male, 1 as female: {men:,} men, {women:,} women"
        notes.append(("gender codes", told))
    if labels.attrs.get("short_rows"):
        notes.append(("short rows", labels.attrs["short_rows"]))
    return notes


def _leads_out(path: str) -> bool:
    parts = PurePosixPath(path.replace("\\", "/")).parts
    return ".." in parts or bool(parts and parts[0] == "/") or has_drive(path)


def _ages(labels: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of :func:`data.labels.read_ages` from those that the table has."""
    given = labels["age"] if "age" in labels else pd.Series(None, labels.index, dtype="object")
    ages = read_ages(given)
    known = ages["age"].dropna()
    if (
        labels.attrs.get("age_column", "").lower() != YEARS
        and len(known) >= _ENOUGH
        and len(known) == len(labels)
        and known.isin(range(_CLASS_NUMBERS)).all()
        and known.nunique() > _CLASS_NUMBERS // 2
    ):
        raise DataError(
            f"all {len(known):,} ages are whole numbers from {known.min():g} to {known.max():g}: "
            "they look like numbers of classes (in FairFace 3 is 20-29). Write the ranges in the "
            f"column, or, if they are years, call it {YEARS}"
        )
    if {"age_low", "age_high"} <= set(labels):
        low, high = (read_names(labels[column]) for column in ("age_low", "age_high"))
        use = ages["age"].isna() & low.notna() & high.notna()
        # the same rules as for a range in one column: a wrong one concerns its row alone
        ages[use] = read_ages(low[use] + " - " + high[use])
    return ages


READER = Reader(
    name="labelled",
    summary="a CSV, TSV or parquet table with the columns path, age, gender beside its images",
    recognises=recognises,
    read=read,
    why_not=why_not,
)
