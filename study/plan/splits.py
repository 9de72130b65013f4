"""The splits of a plan, each scanned for what must not stand on two sides."""

from __future__ import annotations

import pandas as pd

import data
from data import tables
from study.errors import StudyFailed

from .model import Plan


def splits_of(plan: Plan, faces: data.Faces) -> pd.DataFrame:
    """Return every split of the plan; ``StudyFailed`` where one (but ``raw``) leaks."""
    frames = [
        data.split(
            faces.table,
            data_set=faces.name,
            protocol=protocol,
            seed=seed,
            fold=fold,
            n_folds=plan.folds,
        )
        for protocol in plan.protocols
        for seed in plan.seeds
        for fold in range(plan.folds or 1)
    ]
    splits = tables.concat(frames, tables.SPLITS)
    leaks = data.find_leaks(splits[splits["protocol"] != "raw"], faces)
    if len(leaks):
        first = leaks.iloc[0]
        raise StudyFailed(
            f"the split leaks: {first['kind']} in {first['parts']} ({first['face_ids']}); "
            f"{len(leaks)} such cases"
        )
    return splits
