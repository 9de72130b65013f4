"""The contracts: four plain tables that flow from data to predictions to report.

Every table is a pandas frame, checked when it is written and again when it is read. A violation
is a sentence with the table, the column and the first bad row, so that a wrong file is found
where it enters and not three steps later.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

GENDERS = ("male", "female")
PARTS = ("train", "select", "calibrate", "test")
PROTOCOLS = ("full", "adult", "raw")
MAX_AGE = 130.0


class ContractError(ValueError):
    """A table breaks its contract; the message names table, column and first bad row."""


@dataclass(frozen=True)
class Column:
    """One column of a contract.

    Parameters
    ----------
    name : str
    dtype : {'str', 'float32', 'float64', 'int64', 'bool', 'category'}
    nullable : bool
        Whether missing values are allowed.
    low, high : float or None
        Closed range of allowed values.
    categories : tuple of str or None
        Exact categories, in display order.
    optional : bool
        Whether the column may be absent.
    """

    name: str
    dtype: str
    nullable: bool = False
    low: float | None = None
    high: float | None = None
    categories: tuple[str, ...] | None = None
    optional: bool = False


@dataclass(frozen=True)
class Contract:
    """Columns, key and rules of one table.

    Parameters
    ----------
    name : str
        Used in messages.
    columns : tuple of Column
    key : tuple of str
        Columns that together identify a row.
    rules : tuple of callables
        Each takes the frame and returns a sentence about the first violation, or None.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rules: tuple[Callable[[pd.DataFrame], str | None], ...] = field(default=())

    def validate(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return ``frame`` with contract dtypes, or raise ``ContractError``.

        Columns beyond the contract are kept (breakdowns are such columns). The input is not
        modified.
        """
        out = frame.copy()
        for column in self.columns:
            if column.name not in out.columns:
                if column.optional:
                    continue
                raise ContractError(f"{self.name}: column {column.name!r} is missing")
            out[column.name] = self._checked(out[column.name], column)
        self._check_key(out)
        for rule in self.rules:
            if sentence := rule(out):
                raise ContractError(f"{self.name}: {sentence}")
        return out

    def _checked(self, values: pd.Series, column: Column) -> pd.Series:
        typed = self._cast(values, column)
        if not column.nullable:
            self._refuse(typed, typed.isna(), column.name, "is missing")
        if np.issubdtype(typed.dtype, np.floating) if isinstance(typed.dtype, np.dtype) else False:
            self._refuse(typed, np.isinf(typed), column.name, "is infinite")
        if column.low is not None:
            self._refuse(typed, typed < column.low, column.name, f"is below {column.low:g}")
        if column.high is not None:
            self._refuse(typed, typed > column.high, column.name, f"is above {column.high:g}")
        return typed

    def _cast(self, values: pd.Series, column: Column) -> pd.Series:
        if column.dtype == "category":
            return self._cast_category(values, column)
        if column.dtype == "bool":
            wrong = ~values.isin([True, False])
            self._refuse(values, wrong, column.name, "is neither true nor false")
        if column.dtype == "int64":
            self._refuse(values, values.isna(), column.name, "is missing")
        try:
            return values.astype(column.dtype)
        except (TypeError, ValueError) as error:
            raise ContractError(
                f"{self.name}: column {column.name!r} cannot be read as {column.dtype} ({error})"
            ) from error

    def _cast_category(self, values: pd.Series, column: Column) -> pd.Series:
        if column.categories is not None:
            wrong = values.notna() & ~values.isin(list(column.categories))
            allowed = ", ".join(column.categories)
            self._refuse(values, wrong, column.name, f"is not one of {allowed}")
            dtype = pd.CategoricalDtype(list(column.categories), ordered=True)
            return values.astype("object").astype(dtype)
        return values if isinstance(values.dtype, pd.CategoricalDtype) else values.astype("category")

    def _refuse(self, values: pd.Series, wrong: pd.Series, name: str, what: str) -> None:
        if wrong.any():
            position = int(np.flatnonzero(wrong.to_numpy())[0])
            raise ContractError(
                f"{self.name}: column {name!r} {what} in row {position} "
                f"(value {values.iloc[position]!r}; {int(wrong.sum())} such rows)"
            )

    def _check_key(self, frame: pd.DataFrame) -> None:
        twice = frame.duplicated(list(self.key))
        if twice.any():
            row = frame.loc[twice, list(self.key)].iloc[0].to_dict()
            raise ContractError(f"{self.name}: key {row} stands in more than one row")


def _dropped_rows_have_a_reason(faces: pd.DataFrame) -> str | None:
    wrong = ~faces["keep"] & (faces["drop_reason"].fillna("") == "")
    return (
        f"column 'drop_reason' is empty for the dropped face {faces.loc[wrong, 'face_id'].iloc[0]!r}"
        if wrong.any()
        else None
    )


def _kept_rows_are_labelled(faces: pd.DataFrame) -> str | None:
    wrong = faces["keep"] & (faces["age"].isna() | faces["gender"].isna())
    return (
        f"the kept face {faces.loc[wrong, 'face_id'].iloc[0]!r} has no age or no gender"
        if wrong.any()
        else None
    )


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
        Column("age", "float32", nullable=True, low=0, high=MAX_AGE),
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
    rules=(_dropped_rows_have_a_reason, _kept_rows_are_labelled),
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
    return (
        f"age_low is above age_high for {predictions.loc[wrong, 'face_id'].iloc[0]!r}"
        if wrong.any()
        else None
    )


PREDICTIONS = Contract(
    "predictions",
    (
        *_CELL,
        Column("face_id", "str"),
        Column("age_pred", "float32"),
        Column("age_low", "float32", nullable=True),
        Column("age_high", "float32", nullable=True),
        Column("p_female", "float32", low=0, high=1),
    ),
    key=("data_set", "protocol", "contender", "seed", "fold", "face_id"),
    rules=(_intervals_are_ordered,),
)

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
    """Return the names of the categorical columns: each one is a breakdown."""
    return [c for c in faces.columns if isinstance(faces[c].dtype, pd.CategoricalDtype)]


def write_table(frame: pd.DataFrame, path: Path | str, contract: Contract) -> None:
    """Validate ``frame`` and write it as parquet, atomically (temporary name, then rename)."""
    path = Path(path)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        contract.validate(frame).to_parquet(temporary, index=False)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_table(path: Path | str, contract: Contract) -> pd.DataFrame:
    """Read a parquet table and validate it; ``ContractError`` also for a damaged file."""
    try:
        frame = pd.read_parquet(path)
    except FileNotFoundError:
        raise
    except Exception as error:  # pyarrow raises many types for a damaged file
        raise ContractError(f"{contract.name}: {path} is not a readable parquet file ({error})") from error
    return contract.validate(frame)


def concat(frames: Sequence[pd.DataFrame], contract: Contract) -> pd.DataFrame:
    """Stack validated frames of one contract; an empty sequence gives an empty table."""
    if not frames:
        return pd.DataFrame({c.name: pd.Series(dtype=c.dtype) for c in contract.columns})
    return contract.validate(pd.concat(frames, ignore_index=True))
