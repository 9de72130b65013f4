"""Any folder with a table of labels: ``path, age, gender`` and, if known, more.

Optional columns: ``ethnicity``; ``identity`` (or ``group``: rows that share it never stand on
both sides of a split); ``yaw``, ``pitch``, ``roll`` in degrees.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from data.files.listing import walk

from ..errors import DataError
from ..labels import as_text, read_ages, read_genders
from . import Reader

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet")
_ALIASES = {
    "path": ("path", "file", "filename", "file_name", "image"),
    "age": ("age", "age_years"),
    "gender": ("gender", "sex"),
    "ethnicity": ("ethnicity", "race"),
    "identity": ("identity", "group", "person", "subject", "identity_group"),
    "yaw": ("yaw",),
    "pitch": ("pitch",),
    "roll": ("roll",),
}
_REQUIRED = ("path", "age", "gender")


def read_labels(table: Path) -> pd.DataFrame:
    """Read a table of labels as text, its columns under their standard names.

    Raises
    ------
    DataError
        If the file is no table, or a required column is missing.
    """
    try:
        if table.suffix.lower() == ".parquet":
            frame = pd.read_parquet(table)
        else:
            separator = "\t" if table.suffix.lower() == ".tsv" else None
            frame = pd.read_csv(
                table, sep=separator, engine="python", dtype=str, encoding="utf-8-sig"
            )
    except Exception as error:  # pandas and pyarrow raise many types for a damaged file
        raise DataError(f"{table} cannot be read as a table of labels ({error})") from error
    return _standard_columns(frame, table)


def _standard_columns(frame: pd.DataFrame, table: Path) -> pd.DataFrame:
    by_lower_name = {str(column).strip().lower(): column for column in frame.columns}
    names = {}
    for standard, aliases in _ALIASES.items():
        found = [by_lower_name[alias] for alias in aliases if alias in by_lower_name]
        if found:
            names[found[0]] = standard
        elif standard in _REQUIRED:
            raise DataError(
                f"{table} has no column {standard!r}, only {', '.join(map(str, frame.columns))}: "
                "path, age and gender are needed"
            )
    return frame[list(names)].rename(columns=names)


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

    Parameters
    ----------
    labels : DataFrame
        With the standard columns of :func:`read_labels`.
    prefix : Path
        Folder of the table, relative to the source: paths in the table start there.
    stay_inside : bool
        Refuse paths that lead out of the source. A table inside an archive has no business
        elsewhere; a table that the user names may point anywhere.
    """
    faces = pd.DataFrame(index=labels.index)
    paths = as_text(labels["path"]).fillna("").str.strip()
    faces["path"] = [(prefix / path).as_posix() for path in paths]
    leaves = paths.map(lambda path: Path(path).is_absolute() or ".." in Path(path).parts)
    ages = read_ages(labels["age"])
    faces[["age", "age_low", "age_high"]] = ages[["age", "age_low", "age_high"]]
    faces["gender"] = read_genders(labels["gender"])
    words = as_text(labels["gender"]).fillna("").str.strip()
    for column in ("yaw", "pitch", "roll"):
        if column in labels:
            angle = pd.to_numeric(labels[column], errors="coerce")
            faces[column] = angle.where(angle.abs() <= 180)
    if "ethnicity" in labels:
        faces["ethnicity"] = as_text(labels["ethnicity"]).astype("category")
    if "identity" in labels:
        faces["identity"] = as_text(labels["identity"])
    # Later conditions are the graver ones and overwrite the earlier.
    detail = pd.Series("", index=labels.index, dtype="object")
    detail[faces["gender"].isna()] = "gender " + words.replace("", "(empty)") + " is not known"
    unread = ages["detail"] != ""
    detail[unread] = ages.loc[unread, "detail"]
    detail[(paths == "")] = "the row names no file"
    if stay_inside:
        detail[leaves] = "the path " + paths[leaves] + " leads out of the data set"
        faces.loc[leaves, "path"] = ""
    faces["detail"] = detail.astype("str")
    faces["problem"] = np.where(faces["detail"] == "", "", "label missing")
    faces["usable"] = faces["detail"] == ""
    return faces


READER = Reader(
    name="labelled",
    summary="a CSV, TSV or parquet table with the columns path, age, gender beside its images",
    recognises=recognises,
    read=read,
)
