"""Learning curves: runs whose contenders differ in training-set size leave ``curves.parquet``."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from data import tables
from study.record.directory import write_parquet


def write_learning_curve(run: Path) -> None:
    """Write error against number of training faces, if the plan of a run varies it.

    The table has the columns ``curve`` ('learning'), ``contender`` (the registered one), ``seed``,
    ``x`` (training faces), ``metric`` ('mae' in years, 'accuracy') and ``value``, on *test*.
    """
    plan = json.loads((run / "plan.json").read_text())
    behind = {
        name: chosen.get("of") or name
        for name, chosen in plan["contenders"].items()
        if chosen.get("train_size")
    }
    if not behind:
        return
    behind |= {name: name for name in plan["contenders"] if name in set(behind.values())}
    faces = tables.read_table(run / "faces.parquet", tables.FACES)
    rows = []
    for path in sorted((run / "predictions").glob("*.parquet")):
        predictions = tables.read_table(path, tables.PREDICTIONS)
        contender = predictions["contender"].iloc[0]
        if contender in behind:
            record = json.loads((run / "records" / f"{path.stem}.json").read_text())
            rows += _points(predictions.merge(faces, on="face_id"), behind[contender], record)
    write_parquet(run / "curves.parquet", pd.DataFrame(rows))


def _points(joined: pd.DataFrame, contender: str, record: dict) -> list[dict[str, object]]:
    right = (joined["p_female"] >= 0.5) == (joined["gender"] == "female")
    point = {
        "curve": "learning",
        "contender": contender,
        "seed": int(joined["seed"].iloc[0]),
        "x": float(record["costs"]["n_train"]),
    }
    return [
        {
            **point,
            "metric": "mae",
            "value": float((joined["age_pred"] - joined["age"]).abs().mean()),
        },
        {**point, "metric": "accuracy", "value": float(right.mean())},
    ]
