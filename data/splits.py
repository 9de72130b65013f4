"""Splits that cannot leak: groups stay whole, and the test part never changes.

Every choice is made by hashing the group, never by file order or row order, so the same data set
gives the same split on any machine. The test part of a data set and protocol is the same for all
seeds: a seed re-draws the other parts only.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from basis.faces import PARTS
from basis.words import did_you_mean
from data.audit.groups import stable_hash

from . import tables
from .bins import age_bin, age_ends
from .errors import DataError

TEST_SHARE = 0.2
ADULT_AGES = (21, 60)


def split(
    table: pd.DataFrame,
    *,
    data_set: str,
    protocol: str = "full",
    seed: int = 0,
    fold: int = 0,
    n_folds: int | None = None,
) -> pd.DataFrame:
    """Divide the faces of a data set into train, select, calibrate and test.

    Parameters
    ----------
    table : DataFrame
        ``Faces.table``: at least ``face_id``, ``age``, ``gender``, ``group``, ``keep``. A face
        with a range of ages (``age_low``, ``age_high``) and no age is split as well; what learns
        or calibrates age has to leave it out.
    data_set : str
        Name written into the result.
    protocol : {'full', 'adult', 'raw'}
        ``full``: all kept faces. ``adult``: kept faces of 21 to 60 years, as in MWR, MiVOLO and
        CORAL. ``raw``: the random split of the literature, dropped copies and contradictions
        included and groups ignored; it leaks, and is for description only.
    seed : int
        Re-draws train, select and calibrate.
    fold : int
        Which fold is the test part, from 0 to ``n_folds - 1``.
    n_folds : int or None
        None holds out 20%; ``k`` divides all faces into ``k`` test parts of equal size.

    Returns
    -------
    DataFrame
        Contract ``data.tables.SPLITS`` and ``group``; one row per face, sorted by ``face_id``:
        60 / 10 / 10 / 20% (with folds: 6/8, 1/8, 1/8 of what is not test), stratified by age bin
        and gender.

    Raises
    ------
    DataError
        If there are fewer faces than the parts need, only one gender, or an argument is unknown.

    Examples
    --------
    >>> import data
    >>> import pandas as pd
    >>> table = pd.DataFrame({"group": range(100), "age": 30.0, "keep": True})
    >>> table = table.assign(face_id=table["group"].astype(str), gender=["male", "female"] * 50)
    >>> parts = data.split(table, data_set="mine")["part"]
    >>> {part: int((parts == part).sum()) for part in parts.cat.categories}
    {'train': 60, 'select': 10, 'calibrate': 10, 'test': 20}
    """
    _check_arguments(protocol, seed, fold, n_folds)
    rows = _rows_of(table, protocol)
    _check_faces(rows, data_set, protocol)
    units = _units(rows, grouped=protocol != "raw")
    part = pd.Series("train", index=units.index, dtype="object")
    if n_folds is None:
        part[_take(units, TEST_SHARE, salt=0)] = "test"
    else:
        left = units
        for k in range(fold + 1):
            chosen = _take(left, 1 / (n_folds - k), salt=0)
            left = left.drop(chosen)
        part[chosen] = "test"
    # Of eight faces outside the test part six train: 60 / 10 / 10 / 20 percent of all.
    salt = 1 + seed + (fold << 32)
    others = units[part != "test"]
    part[_take(others, 1 / 8, salt)] = "select"
    part[_take(others[part[others.index] == "train"], 1 / 7, salt)] = "calibrate"
    parts = rows["unit"].map(part)
    _check_parts(parts, rows, data_set, protocol)
    out = pd.DataFrame({"face_id": rows["face_id"], "part": parts, "group": rows["group"]})
    out = out.assign(data_set=data_set, protocol=protocol, seed=seed, fold=fold)
    columns = ["data_set", "protocol", "seed", "fold", "face_id", "part", "group"]
    return tables.SPLITS.validate(out[columns].reset_index(drop=True))


def _check_arguments(protocol: str, seed: int, fold: int, n_folds: int | None) -> None:
    if protocol not in tables.PROTOCOLS:
        raise DataError(f"unknown protocol {protocol!r}{did_you_mean(protocol, tables.PROTOCOLS)}")
    if not 0 <= seed < 2**31:
        raise DataError(f"seed {seed}: choose a number from 0 to 2147483647")
    if n_folds is not None and n_folds < 2:
        raise DataError(f"{n_folds} folds: choose at least 2, or none for a 20% hold-out")
    if not 0 <= fold < (n_folds or 1):
        raise DataError(f"fold {fold}: choose from 0 to {(n_folds or 1) - 1}")


def _rows_of(table: pd.DataFrame, protocol: str) -> pd.DataFrame:
    """Return the faces of a protocol, sorted by id."""
    low, high = age_ends(table)
    labelled = low.notna() & table["gender"].notna()
    chosen = labelled if protocol == "raw" else labelled & table["keep"]
    if protocol == "adult":
        chosen &= np.floor(low).ge(ADULT_AGES[0]) & np.floor(high).le(ADULT_AGES[1])
    # Where only a range is known, its middle decides the stratum, and nothing else.
    columns = table[["face_id", "gender", "group"]].assign(age=(low + high) / 2)
    return columns[chosen].sort_values("face_id")


def _check_faces(rows: pd.DataFrame, data_set: str, protocol: str) -> None:
    if len(rows) < len(PARTS):
        raise DataError(
            f"{data_set} has {len(rows)} usable faces for protocol {protocol!r}, fewer than the "
            f"{len(PARTS)} parts of a split: add faces or choose another protocol"
        )
    genders = rows["gender"].astype("object").unique()
    if len(genders) == 1:
        raise DataError(
            f"all {len(rows)} usable faces of {data_set} (protocol {protocol!r}) are labelled "
            f"{genders[0]}: a study of gender needs both"
        )


def _units(rows: pd.DataFrame, *, grouped: bool) -> pd.DataFrame:
    """Return what is assigned as a whole, one row each: ``key``, ``n`` faces, ``stratum``.

    A group belongs to the stratum (age bin and gender) of the face with its smallest id.
    ``rows`` gains the column ``unit``.
    """
    ids = rows["group"] if grouped else rows["face_id"].map(stable_hash)
    rows["unit"], keys = pd.factorize(ids)
    codes = age_bin(rows["age"]).codes.astype(np.int64) * 2 + (rows["gender"] == "female")
    by_unit = pd.Series(codes, index=rows.index).groupby(rows["unit"])
    return pd.DataFrame(
        {"key": np.asarray(keys, np.uint64), "n": by_unit.size(), "stratum": by_unit.first()}
    )


def _mix(keys: pd.Series, salt: int) -> np.ndarray:
    """Return a well-mixed uint64 for every key and salt (splitmix64; Steele et al., 2014)."""
    x = keys.to_numpy(np.uint64) + np.uint64((salt + 1) * 0x9E3779B97F4A7C15 % 2**64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _take(units: pd.DataFrame, share: float, salt: int) -> pd.Index:
    """Return the units that make up ``share`` of the faces: in every stratum the smallest hashes.

    Filling a stratum's quota by hash keeps the choice stable: a face more in the data set moves
    at most the units at the edges of the quotas.
    """
    rank = pd.Series(_mix(units["key"], salt), index=units.index)
    taken: list[int] = []
    n_seen = n_taken = 0
    for _, stratum in units.groupby("stratum"):
        n_seen += stratum["n"].sum()
        # Groups do not fill a quota exactly; the next stratum makes up for it.
        quota = round(n_seen * share) - n_taken
        n = stratum["n"].loc[rank[stratum.index].sort_values().index]
        chosen = n[n.cumsum() - n / 2 <= quota]
        n_taken += chosen.sum()
        taken += chosen.index.tolist()
    return pd.Index(taken, dtype=np.int64)


def _check_parts(parts: pd.Series, rows: pd.DataFrame, data_set: str, protocol: str) -> None:
    for part in PARTS:
        inside = rows[parts == part]
        both = inside["gender"].nunique() == 2
        if inside.empty or (part in ("train", "test") and not both):
            lack = "no face" if inside.empty else "faces of one gender only"
            raise DataError(
                f"{len(rows)} usable faces of {data_set} (protocol {protocol!r}) in "
                f"{rows['group'].nunique()} groups leave {lack} in part {part!r}: "
                "add faces or choose another protocol"
            )
