"""What contenders cost: time, memory and size of a typical cell."""

from __future__ import annotations

import numpy as np
import pandas as pd

COST_COLUMNS = (
    "fit_seconds", "predict_images_per_second", "peak_rss_bytes", "model_bytes", "n_parameters",
    "n_train", "cores", "threads",
)  # fmt: skip


def typical_costs(costs: pd.DataFrame, data_set: str, protocol: str) -> pd.DataFrame:
    """Return the median cost of a cell by contender.

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
    return out
