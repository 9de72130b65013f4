"""The leak test: whether any split has the same face on both sides."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd

from data.errors import DataError

CELL = ["data_set", "protocol", "seed", "fold"]
LEAK_COLUMNS = (*CELL, "kind", "parts", "n_faces", "face_ids")


def find_leaks(
    splits: pd.DataFrame, faces: Any, *, images: np.ndarray | None = None
) -> pd.DataFrame:
    """Return everything that stands in more than one part of a split.

    Works for any split, not only ours: it needs ``face_id`` and ``part``, and treats each
    combination of ``data_set``, ``protocol``, ``seed``, ``fold`` (where given) by itself.

    Parameters
    ----------
    splits : DataFrame
        As from :func:`data.split`, or read from somebody's CSV.
    faces : Faces or DataFrame
        With ``face_id`` and ``group``, and ``pixel_sha256`` if known.
    images : ndarray of uint8, shape (n, H, W, 3), or None
        The images in the row order of ``faces``: identical pixels are then looked for in them
        and not in ``pixel_sha256``.

    Returns
    -------
    DataFrame
        One row per leak: the split, ``kind`` ('group' or 'identical pixels'), ``parts`` and
        ``face_ids`` (joined by commas), ``n_faces``. Empty if nothing leaks. The protocol ``raw``
        leaks by design.

    Raises
    ------
    DataError
        If a face of the split is not among ``faces``, or nothing says which belong together.

    Examples
    --------
    >>> import data
    >>> import pandas as pd
    >>> faces = pd.DataFrame({"face_id": ["a", "b", "c"], "group": [1, 1, 2]})
    >>> splits = faces[["face_id"]].assign(part=["train", "test", "test"])
    >>> data.find_leaks(splits, faces)[["kind", "parts", "face_ids"]].values.tolist()
    [['group', 'test, train', 'a, b']]
    """
    table: pd.DataFrame = getattr(faces, "table", faces)
    table = table[["face_id", *(c for c in ("group", "pixel_sha256") if c in table)]]
    if images is not None:
        table = table.assign(pixel_sha256=[hashlib.sha256(i).hexdigest() for i in images])
    if len(table.columns) < 2:
        raise DataError(
            "faces has no column group or pixel_sha256, and no images are given: nothing says "
            "which faces belong together"
        )
    unknown = ~splits["face_id"].isin(table["face_id"])
    if unknown.any():
        raise DataError(
            f"face {splits.loc[unknown, 'face_id'].iloc[0]!r} of the split is not in the data set "
            f"({int(unknown.sum())} such faces)"
        )
    cell = [column for column in CELL if column in splits]
    joined = splits[[*cell, "face_id", "part"]].merge(table, on="face_id", how="left")
    kinds = {"group": "group", "pixel_sha256": "identical pixels"}
    found = [_shared(joined, cell, c, kind) for c, kind in kinds.items() if c in joined]
    leaks = pd.concat(found, ignore_index=True)
    return leaks[[column for column in LEAK_COLUMNS if column in leaks]]


def _shared(joined: pd.DataFrame, cell: list[str], column: str, kind: str) -> pd.DataFrame:
    """Return the values of ``column`` that occur in more than one part."""
    keys = [*cell, column]
    n_parts = joined.groupby(keys, observed=True)["part"].transform("nunique")
    across = joined[n_parts > 1].assign(part=lambda rows: rows["part"].astype("str"))
    leaks = across.groupby(keys, observed=True, as_index=False).agg(
        parts=("part", lambda parts: ", ".join(sorted(set(parts)))),
        n_faces=("face_id", "size"),
        face_ids=("face_id", ", ".join),
    )
    return leaks.drop(columns=column).assign(kind=kind)
