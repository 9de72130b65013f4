"""Contracts for plain tables: columns, dtypes, ranges, keys and rules, checked in sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .labels import as_text


class ContractError(ValueError):
    """A table breaks its contract; the message names table, column and first bad row.

    Examples
    --------
    >>> import data
    >>> import pandas as pd
    >>> try:
    ...     data.tables.COSTS.validate(pd.DataFrame({"data_set": ["embedded"]}))
    ... except data.ContractError as error:
    ...     print(error)
    costs: column 'protocol' is missing
    """

    __module__ = "data"


@dataclass(frozen=True)
class Column:
    """One column of a contract.

    Parameters
    ----------
    name : str
        As in the table, and in messages.
    dtype : {'str', 'float32', 'float64', 'int64', 'bool', 'category'}
    nullable : bool
        Whether missing values are allowed.
    low, high : float or None
        Closed range of allowed values.
    categories : tuple of str or None
        Exact categories, in display order.
    optional : bool
        Whether the column may be absent.

    Examples
    --------
    >>> from data.tables import Column
    >>> Column("yaw", "float32", nullable=True, low=-180, high=180).high
    180
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
        Those a table must have, or may have where they are optional.
    key : tuple of str
        Columns that together identify a row.
    rules : tuple of callables
        Each takes the frame and returns a sentence about the first violation, or None.

    Examples
    --------
    >>> import pandas as pd
    >>> from data.tables import Column, Contract
    >>> ages = Contract("ages", (Column("face_id", "str"), Column("age", "float32")), ("face_id",))
    >>> str(ages.validate(pd.DataFrame({"face_id": ["a"], "age": [30]}))["age"].dtype)
    'float32'
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rules: tuple[Callable[[pd.DataFrame], str | None], ...] = field(default=())

    def validate(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return ``frame`` with contract dtypes.

        Columns beyond the contract are kept (breakdowns are such columns). The input is not
        modified.

        Parameters
        ----------
        frame : DataFrame
            One row per key.

        Returns
        -------
        DataFrame
            A copy, its columns in the order of ``frame``.

        Raises
        ------
        ContractError
            If a column is missing, a value has another type or lies out of range, a key stands
            twice, or a rule is broken.
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
        if not column.nullable:  # before the cast: older pandas turns a missing value to "nan"
            self._refuse(values, values.isna(), column.name, "is missing")
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
        if column.dtype == "str":
            return as_text(values)
        if column.dtype == "bool":
            wrong = ~values.isin([True, False])
            self._refuse(values, wrong, column.name, "is neither true nor false")
        if column.dtype == "int64":
            self._refuse(values, values.isna(), column.name, "is missing")
        try:
            with np.errstate(over="raise"):
                return values.astype(column.dtype)
        except (TypeError, ValueError, ArithmeticError) as error:
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
        return (
            values if isinstance(values.dtype, pd.CategoricalDtype) else values.astype("category")
        )

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
