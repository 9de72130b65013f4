"""What contenders cost: time, memory and size of a typical cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

COST_COLUMNS = (
    "fit_seconds", "predict_images_per_second", "peak_rss_bytes", "model_bytes", "n_parameters",
    "n_train", "cores", "threads",
)  # fmt: skip


SUMMED = ("fit_seconds", "milliseconds_per_face", "core_seconds", "core_milliseconds_per_face")
"""What a contender costs that builds on others: its own and all of theirs."""


def typical_costs(
    costs: pd.DataFrame,
    data_set: str,
    protocol: str,
    builds_on: Mapping[str, Sequence[str]] | None = None,
) -> pd.DataFrame:
    """Return the median cost of a cell by contender.

    ``builds_on`` names the contenders whose answers another one needs: it costs what they cost, and
    its own.

    Index ``contender``; the numbers of the run's table, ``milliseconds_per_face``,
    ``core_seconds``, ``core_milliseconds_per_face``, and ``shared``: whether any of the cells ran
    beside another.
    """
    mine = costs[(costs["data_set"] == data_set) & (costs["protocol"] == protocol)]
    out = mine.groupby("contender")[[c for c in COST_COLUMNS if c in mine]].median()
    out["milliseconds_per_face"] = 1000 / out["predict_images_per_second"]
    cores = out.get("cores", np.nan)
    out["core_seconds"] = out["fit_seconds"] * cores
    out["core_milliseconds_per_face"] = out["milliseconds_per_face"] * cores
    out["shared"] = mine.groupby("contender")["shared"].any()
    alone = out.copy()
    for name, parts in (builds_on or {}).items():
        if name in out.index and parts:
            # NaN where one of them was not timed
            whole = alone.reindex([name, *parts])[list(SUMMED)].sum(skipna=False)
            out.loc[name, list(SUMMED)] = whole
            out.loc[name, "predict_images_per_second"] = 1000 / whole["milliseconds_per_face"]
            out.loc[name, "shared"] = bool(alone.reindex([name, *parts])["shared"].eq(True).any())
    return out
