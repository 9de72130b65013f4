"""What the records of a run's cells say together: scores on seen parts, costs of one machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

TIMES = ["fit_seconds", "predict_images_per_second"]


def records_of_home(
    records: list[dict[str, Any]], provenance: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the records of the plan's first protocol, whose models a run saves."""
    protocols = list(provenance.get("protocols", []))[:1]
    return [r for r in records if not protocols or r["costs"]["protocol"] in protocols]


def costs_on_one_machine(
    records: list[dict[str, Any]], provenance: Mapping[str, Any]
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the costs of all cells, with times of one processor, and what to add to provenance.

    A run may have been continued on another machine. Where a contender has cells of the processor
    that provenance names, the times of its other cells are left out (NaN), so that no average is
    over two machines; ``machine["other_processors"]`` counts the cells by processor.
    """
    costs = pd.DataFrame([record["costs"] for record in records])
    machine = dict(provenance.get("machine") or {})
    here = machine.get("processor")
    made_on = pd.Series([record.get("processor") or here for record in records], index=costs.index)
    if here is None or (made_on == here).all():
        return costs, {}
    timed_here = costs.loc[made_on == here, "contender"].unique()
    costs.loc[(made_on != here) & costs["contender"].isin(timed_here), TIMES] = np.nan
    machine["other_processors"] = dict(Counter(made_on[made_on != here]))
    return costs, {"machine": machine}


def select_scores(records: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Average each contender's scores on *select* over cells: they name the tested pair."""
    rows = pd.DataFrame(
        [{"contender": r["costs"]["contender"], **r["select"]} for r in records if r.get("select")]
    )
    if rows.empty:
        return {}
    columns = [c for c in ("mae", "accuracy", "mae_changed") if c in rows]
    means = rows.groupby("contender")[columns].mean()
    return {str(name): row.to_dict() for name, row in means.iterrows()}


def part_scores(records: list[dict[str, Any]]) -> pd.DataFrame | None:
    """Return the scores on the parts that a contender has seen, one row a cell and metric."""
    keys = ("data_set", "protocol", "contender", "seed", "fold")
    rows = [
        {**{k: r["costs"][k] for k in keys}, "part": part, "metric": metric, "value": value}
        for r in records
        for part in ("train", "select")
        for metric, value in (r.get(part) or {}).items()
    ]
    return pd.DataFrame(rows) if rows else None
