"""Published results beside ours: ``published.csv``, one row a number, with its source."""

from __future__ import annotations

from functools import cache
from importlib import resources

import pandas as pd

COLUMNS = ("who", "data_set", "protocol", "metric", "value", "source", "difference")


@cache
def _table() -> pd.DataFrame:
    with resources.files("reports").joinpath("published.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def published(data_set: str, protocol: str) -> pd.DataFrame:
    """Return the published numbers that are comparable with a data set and protocol.

    'utkface' is found in any name that holds it. Columns ``who``, ``metric`` ('mae' in years,
    'accuracy' as a share), ``value``, ``source``, ``difference`` (of their protocol to ours, in
    words).
    """
    table = _table()
    known = [name for name in table["data_set"].unique() if name in data_set.lower()]
    mine = table[table["data_set"].isin(known) & (table["protocol"] == protocol)]
    return mine.drop(columns=["data_set", "protocol"]).reset_index(drop=True)
