"""The contracts: plain tables that flow from data to predictions to report.

Every table is a pandas frame, checked when it is written and again when it is read. A violation
is a sentence with the table, the column and the first bad row, so that a wrong file is found
where it enters and not three steps later.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from basis.faces import GENDERS, OLDEST_AGE, PARTS
from basis.files import replacing

from .contract import Column, Contract, ContractError

__all__ = [
    "COSTS",
    "FACES",
    "PREDICTIONS",
    "PROTOCOLS",
    "SPLITS",
    "STRESS",
    "UNCHANGED",
    "Column",
    "Contract",
    "ContractError",
    "breakdown_columns",
    "concat",
    "read_table",
    "write_table",
]

PROTOCOLS = ("full", "adult", "raw")


def _first_face(frame: pd.DataFrame, wrong: pd.Series, sentence: str) -> str | None:
    """Fill the first wrong ``face_id`` into ``sentence``, or return None if nothing is wrong."""
    return sentence.format(repr(frame.loc[wrong, "face_id"].iloc[0])) if wrong.any() else None


def _dropped_rows_have_a_reason(faces: pd.DataFrame) -> str | None:
    wrong = ~faces["keep"] & (faces["drop_reason"].fillna("") == "")
    return _first_face(faces, wrong, "column 'drop_reason' is empty for the dropped face {}")


def _kept_rows_are_labelled(faces: pd.DataFrame) -> str | None:
    aged = faces["age"].notna()
    if "age_high" in faces:
        aged |= faces["age_high"].notna()
    wrong = faces["keep"] & ~(aged & faces["gender"].notna())
    return _first_face(faces, wrong, "the kept face {} has no age or no gender")


def _ranges_are_whole(faces: pd.DataFrame) -> str | None:
    if not {"age_low", "age_high"} <= set(faces):
        return None
    half = faces["age_low"].isna() != faces["age_high"].isna()
    return _first_face(
        faces, half, "the range of ages of {} has one end only"
    ) or _intervals_are_ordered(faces)


def _groups_stay_together(splits: pd.DataFrame) -> str | None:
    if "group" not in splits.columns:
        return None
    keys = ["data_set", "protocol", "seed", "fold", "group"]
    kept_apart = splits[splits["protocol"].astype(str) != "raw"]
    counts = kept_apart.groupby(keys, observed=True)["part"].nunique()
    bad = counts[counts > 1]
    return f"group {bad.index[0][-1]} stands in {bad.iloc[0]} parts" if len(bad) else None


FACES = Contract(
    "faces",
    (
        Column("face_id", "str"),
        Column("age", "float32", nullable=True, low=0, high=OLDEST_AGE),
        # Completed years, both ends inside; NaN unless the label is a range. A face with a range
        # and no age never trains or calibrates age.
        Column("age_low", "float32", nullable=True, low=0, high=OLDEST_AGE, optional=True),
        Column("age_high", "float32", nullable=True, low=0, high=OLDEST_AGE, optional=True),
        Column("gender", "category", nullable=True, categories=GENDERS),
        Column("ethnicity", "category", nullable=True),
        Column("group", "int64"),
        Column("yaw", "float32", nullable=True, low=-180, high=180),
        Column("pitch", "float32", nullable=True, low=-180, high=180),
        Column("roll", "float32", nullable=True, low=-180, high=180),
        Column("keep", "bool"),
        Column("drop_reason", "str", nullable=True),
    ),
    key=("face_id",),
    rules=(_dropped_rows_have_a_reason, _ranges_are_whole, _kept_rows_are_labelled),
)

_CELL = (
    Column("data_set", "str"),
    Column("protocol", "str"),
    Column("contender", "str"),
    Column("seed", "int64", low=0),
    Column("fold", "int64", low=0),
)

SPLITS = Contract(
    "splits",
    (
        *(column for column in _CELL if column.name != "contender"),
        Column("face_id", "str"),
        Column("part", "category", categories=PARTS),
    ),
    key=("data_set", "protocol", "seed", "fold", "face_id"),
    rules=(_groups_stay_together,),
)


def _intervals_are_ordered(predictions: pd.DataFrame) -> str | None:
    wrong = predictions["age_low"] > predictions["age_high"]
    return _first_face(predictions, wrong, "age_low is above age_high for {}")


_ANSWER = (
    Column("age_pred", "float32"),
    Column("age_low", "float32", nullable=True),
    Column("age_high", "float32", nullable=True),
    Column("p_female", "float32", low=0, high=1),
)

PREDICTIONS = Contract(
    "predictions",
    (*_CELL, Column("face_id", "str"), *_ANSWER),
    key=("data_set", "protocol", "contender", "seed", "fold", "face_id"),
    rules=(_intervals_are_ordered,),
)

STRESS = Contract(
    "stress",
    (
        *_CELL,
        Column("face_id", "str"),
        Column("condition", "str"),
        Column("level", "float64"),
        *_ANSWER,
    ),
    key=(*(column.name for column in _CELL), "face_id", "condition", "level"),
    rules=(_intervals_are_ordered,),
)
"""Answers to changed copies of test faces (``data.stress``); the unchanged ones stand there as
condition ``UNCHANGED``, level 0."""

UNCHANGED = "unchanged"

COSTS = Contract(
    "costs",
    (
        *_CELL,
        Column("fit_seconds", "float64", nullable=True, low=0),
        Column("predict_images_per_second", "float64", nullable=True, low=0),
        Column("peak_rss_bytes", "float64", nullable=True, low=0),
        Column("model_bytes", "float64", nullable=True, low=0),
        Column("n_parameters", "float64", nullable=True, low=0),
        Column("n_train", "int64", low=0),
        Column("cores", "int64", low=1),
        Column("threads", "int64", low=1),
        Column("shared", "bool"),
        Column("device", "str"),
    ),
    key=("data_set", "protocol", "contender", "seed", "fold"),
)


def breakdown_columns(faces: pd.DataFrame) -> list[str]:
    """Return the names of the categorical columns: each one is a breakdown.

    Parameters
    ----------
    faces : DataFrame
        ``Faces.table``, or any other.

    Returns
    -------
    list of str
        In the order of the columns.

    Examples
    --------
    >>> import pandas as pd
    >>> from data import tables
    >>> table = pd.DataFrame({"age": [30.0], "gender": pd.Categorical(["male"])})
    >>> tables.breakdown_columns(table)
    ['gender']
    """
    return [c for c in faces.columns if isinstance(faces[c].dtype, pd.CategoricalDtype)]


def write_table(frame: pd.DataFrame, path: Path | str, contract: Contract) -> None:
    """Validate ``frame`` and write it as parquet, atomically (temporary name, then rename).

    Parameters
    ----------
    frame : DataFrame
        The table; its index is not written.
    path : str or Path
        The file; its folder must exist.
    contract : Contract
        What the table must fulfil.

    Raises
    ------
    ContractError
        If the table breaks the contract: nothing is written then.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from data import tables
    >>> file = Path(tempfile.mkdtemp()) / "splits.parquet"
    >>> tables.write_table(tables.concat([], tables.SPLITS), file, tables.SPLITS)
    >>> len(tables.read_table(file, tables.SPLITS))
    0
    """
    valid = contract.validate(frame)
    with replacing(path) as temporary:
        valid.to_parquet(temporary, index=False)


def read_table(path: Path | str, contract: Contract) -> pd.DataFrame:
    """Read a parquet table and validate it.

    Parameters
    ----------
    path : str or Path
        The file.
    contract : Contract
        What the table must fulfil.

    Returns
    -------
    DataFrame
        With the dtypes of the contract.

    Raises
    ------
    ContractError
        If the table breaks the contract, or the file is damaged.
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> from data import tables
    >>> answers = tables.read_table("predictions.parquet", tables.PREDICTIONS)  # doctest: +SKIP
    """
    try:
        frame = pd.read_parquet(path)
    except FileNotFoundError:
        raise
    except Exception as error:  # pyarrow raises many types for a damaged file
        raise ContractError(
            f"{contract.name}: {path} is not a readable parquet file ({error})"
        ) from error
    return contract.validate(frame)


def concat(frames: Sequence[pd.DataFrame], contract: Contract) -> pd.DataFrame:
    """Stack frames of one contract.

    Parameters
    ----------
    frames : sequence of DataFrame
        Each with the columns of the contract.
    contract : Contract
        What the whole must fulfil.

    Returns
    -------
    DataFrame
        Validated, with a new index; without frames an empty table.

    Raises
    ------
    ContractError
        If the whole breaks the contract, as where two frames share a key.

    Examples
    --------
    >>> from data import tables
    >>> tables.concat([], tables.SPLITS).columns.tolist()
    ['data_set', 'protocol', 'seed', 'fold', 'face_id', 'part']
    """
    if not frames:
        return pd.DataFrame({c.name: pd.Series(dtype=c.dtype) for c in contract.columns})
    return contract.validate(pd.concat(frames, ignore_index=True))
