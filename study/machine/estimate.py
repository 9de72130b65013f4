"""How long a plan will take, by what the same contenders took before on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from study.plan.model import Plan
from study.record.files import read_json
from study.record.provenance import contender_facts, processor


@dataclass(frozen=True)
class Estimate:
    """Time of one contender's cell; NaN and no source where no run on this machine tells."""

    contender: str
    seconds: float
    source: str


def estimate(plan: Plan, runs: Path) -> list[Estimate]:
    """Return the expected training time of one cell of each contender, in order of the plan.

    Earlier runs in ``runs`` tell, the newest first, if they were made on the same processor.
    """
    wanted = contender_facts(plan)
    found: dict[str, Estimate] = {}
    for run, provenance in _earlier(runs):
        costs = pd.read_parquet(run / "costs.parquet").set_index("contender")
        for name, facts in provenance.get("contenders", {}).items():
            if name in found or name not in wanted or name not in costs.index:
                continue
            if facts.get("options") != wanted[name]["options"]:
                continue
            row = costs.loc[[name]].iloc[0]
            found[name] = Estimate(name, float(row["fit_seconds"]), run.name)
    return [found.get(name, Estimate(name, float("nan"), "")) for name in plan.contenders]


def _earlier(runs: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Return finished runs on this processor with their provenance, newest first."""
    found = []
    for path in runs.glob("*/provenance.json"):
        provenance = read_json(path)
        same = provenance.get("machine", {}).get("processor") == processor()
        if same and (path.parent / "costs.parquet").is_file():
            found.append((path.parent, provenance))
    return sorted(found, key=lambda item: str(item[1].get("started")), reverse=True)
