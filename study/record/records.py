"""What the records of a run's cells say together: scores on seen parts, costs of one machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from basis.files import write_json

from .files import finished_files, read_json

TIMES = ["fit_seconds", "predict_images_per_second"]


def sign_records(run: Path) -> None:
    """Write into each record that lacks it which processor computed the cell: provenance knows.

    Records of older versions do not say; once a run goes on elsewhere nobody could tell.
    """
    path = run / "provenance.json"
    processor = (read_json(path).get("machine") or {}).get("processor") if path.is_file() else None
    if processor is None:
        return
    for file in finished_files(run / "records", "*.json"):
        record = read_json(file)
        if "processor" not in record:
            write_json(file, {**record, "processor": processor})


def processors(run: Path) -> set[str]:
    """Return the processors that computed cells of a run, as far as its records say."""
    records = (read_json(file) for file in finished_files(run / "records", "*.json"))
    return {record["processor"] for record in records if "processor" in record}


def costs_on_one_machine(
    records: list[dict[str, Any]], provenance: Mapping[str, Any]
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the costs of all cells, with times of one processor, and what to add to provenance.

    A run may have been continued on another machine, or spread over several. Times are those of
    the processor that computed most cells, the others are left out (NaN): no average, and no
    comparison, is over two machines. ``machine["processors"]`` counts the cells of each, that of
    the times first.
    """
    costs = pd.DataFrame([record["costs"] for record in records])
    machine = dict(provenance.get("machine") or {})
    here = machine.get("processor")
    made_on = [record.get("processor") or here for record in records]
    counts = dict(Counter(made_on).most_common())
    if len(counts) < 2:
        return costs, {}
    timed = next(iter(counts))
    costs.loc[np.array([name != timed for name in made_on]), TIMES] = np.nan
    machine["processors"] = {str(name): n for name, n in counts.items()}
    return costs, {"machine": machine}


def select_scores(
    records: list[dict[str, Any]], protocol: str | None = None
) -> dict[str, dict[str, float]]:
    """Average each contender's scores on *select* over cells: they name the tested pair.

    ``protocol`` leaves out the cells of others.
    """
    rows = pd.DataFrame(
        [
            {"contender": r["costs"]["contender"], **r["select"]}
            for r in records
            if r.get("select") and protocol in (None, r["costs"].get("protocol"))
        ]
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
