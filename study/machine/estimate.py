"""How long a plan will take, by what the same contenders took before on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from study.errors import StudyFailed
from study.plan.model import Plan
from study.record.files import read_json, read_parquet
from study.record.provenance import processor
from study.record.records import processors


@dataclass(frozen=True)
class Estimate:
    """Time of one contender's cell; NaN and no source where no run on this machine tells."""

    contender: str
    seconds: float
    source: str


def estimate(plan: Plan, runs: Path) -> list[Estimate]:
    """Return the expected training time of one cell of each contender, in order of the plan.

    Earlier runs in ``runs`` tell, the newest first, if they were made on the same processor, of
    data of the same name, with the same settings of the contender.
    """
    found: dict[str, Estimate] = {}
    for run, provenance, costs in _earlier(runs, plan.data):
        fits = costs.groupby("contender")["fit_seconds"].median()
        before = provenance["plan"].get("contenders", {})
        for name, chosen in plan.contenders.items():
            same = before.get(name) == chosen.model_dump(mode="json", exclude_none=True)
            if same and name not in found and np.isfinite(fits.get(name, np.nan)):
                found[name] = Estimate(name, float(fits[name]), run.name)
    return [found.get(name, Estimate(name, float("nan"), "")) for name in plan.contenders]


def _earlier(runs: Path, data: str) -> list[tuple[Path, dict[str, Any], pd.DataFrame]]:
    """Return runs on this processor with data of this name, newest first."""
    found = []
    for path in runs.glob("*/costs.parquet"):
        try:
            provenance = read_json(path.with_name("provenance.json"))
            costs, made_on = read_parquet(path), processors(path.parent)
        except (StudyFailed, FileNotFoundError):
            continue  # a damaged neighbour tells nothing
        of = provenance.get("plan", {}).get("data")
        same = provenance.get("machine", {}).get("processor") == processor()
        same = same and made_on <= {processor()}
        if same and of is not None and Path(of).name == Path(data).name:
            found.append((path.parent, provenance, costs))
    return sorted(found, key=lambda item: str(item[1].get("started")), reverse=True)
