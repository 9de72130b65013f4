"""Learning curves: runs whose contenders differ in training-set size leave ``curves.parquet``."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data import tables
from study.record.files import finished_files, read_json, write_parquet


def write_learning_curve(run: Path) -> None:
    """Write error against number of training faces, if the plan of a run varies it.

    The table has the columns ``curve`` ('learning'), ``contender`` (the registered one),
    ``protocol``, ``seed``, ``fold``, ``x`` (training faces), ``metric`` ('mae' in years,
    'accuracy') and ``value``, on *test*.
    """
    plan = read_json(run / "plan.json")
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
    for path in finished_files(run / "predictions", "*.parquet"):
        predictions = tables.read_table(path, tables.PREDICTIONS)
        contender = predictions["contender"].iloc[0]
        if contender in behind:
            record = read_json(run / "records" / f"{path.stem}.json")
            rows += _points(predictions.merge(faces, on="face_id"), behind[contender], record)
    if rows:
        write_parquet(run / "curves.parquet", pd.DataFrame(rows))
    else:  # no cell of the curve has finished
        (run / "curves.parquet").unlink(missing_ok=True)


def _points(joined: pd.DataFrame, contender: str, record: dict) -> list[dict[str, object]]:
    right = (joined["p_female"] >= 0.5) == (joined["gender"] == "female")
    point = {
        "curve": "learning",
        "contender": contender,
        "protocol": str(joined["protocol"].iloc[0]),
        "seed": int(joined["seed"].iloc[0]),
        "fold": int(joined["fold"].iloc[0]),
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
