"""Anybody's predictions as a contender: a CSV instead of a model.

The file has the columns ``face_id, age, p_female`` and may have ``age_low, age_high``. The report
marks such a contender as not trained on this split: it may have seen these images.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from basis.files import write_json
from data import tables
from study.errors import UsageError
from study.plan.cells import Cell
from study.record.directory import RunDirectory

REQUIRED = ("face_id", "age", "p_female")


def read_predictions(path: str) -> pd.DataFrame:
    """Read and check a CSV of predictions."""
    try:
        table = pd.read_csv(path, dtype={"face_id": str})
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such file of predictions") from error
    except Exception as error:  # the parser and what unpacks .gz and .zip raise many types
        raise UsageError(f"{path} is not a CSV table ({error})") from error
    missing = [column for column in REQUIRED if column not in table.columns]
    if missing:
        raise UsageError(f"{path} lacks the column {missing[0]!r} (needed: {', '.join(REQUIRED)})")
    if table["face_id"].duplicated().any():
        twice = table.loc[table["face_id"].duplicated(), "face_id"].iloc[0]
        raise UsageError(f"{path}: face {twice!r} stands in more than one row")
    return table


def imported_cells(
    plan_predictions: dict[str, str], splits: pd.DataFrame, cells: list[Cell]
) -> dict[Cell, pd.DataFrame]:
    """Return imported contenders' predictions (name to CSV) for the test part of each split.

    ``UsageError`` names the file where a face is missing or a value cannot be: before anything of
    the run is written.
    """
    places = sorted({(c.data_set, c.protocol, c.seed, c.fold) for c in cells})
    found = {}
    for name, path in plan_predictions.items():
        table = read_predictions(path).set_index("face_id")
        for data_set, protocol, seed, fold in places:
            cell = Cell(data_set, protocol, name, seed, fold)
            here = (splits["protocol"] == protocol) & (splits["seed"] == seed)
            here &= (splits["fold"] == fold) & (splits["part"] == "test")
            found[cell] = _checked(cell, table, splits.loc[here, "face_id"], Path(path))
    return found


def _checked(cell: Cell, table: pd.DataFrame, test: pd.Series, path: Path) -> pd.DataFrame:
    absent = test[~test.isin(table.index)]
    if len(absent):
        raise UsageError(
            f"{path} lacks {len(absent)} of {len(test)} test faces of {cell.protocol}, "
            f"such as {absent.iloc[0]!r}: write the ids with `study data split`"
        )
    rows = table.loc[test].reset_index()
    predictions = rows.rename(columns={"age": "age_pred"}).assign(**vars(cell))
    for column in ("age_low", "age_high"):
        if column not in predictions:
            predictions[column] = np.nan
    try:
        predictions = tables.PREDICTIONS.validate(predictions)
    except tables.ContractError as error:
        raise UsageError(f"{path}: {error}") from error
    return predictions[[column.name for column in tables.PREDICTIONS.columns]]


def write_cell(run: RunDirectory, cell: Cell, predictions: pd.DataFrame) -> None:
    """Write one cell of an imported contender: its record, then its predictions."""
    unknown = dict.fromkeys(
        (
            "fit_seconds",
            "predict_images_per_second",
            "peak_rss_bytes",
            "model_bytes",
            "n_parameters",
        ),
        np.nan,
    )
    costs = {**vars(cell), **unknown, "n_train": 0, "cores": 1, "threads": 1, "shared": False}
    record = run.path / "records" / f"{cell.name}.json"
    write_json(record, {"costs": {**costs, "device": "unknown"}})
    tables.write_table(predictions, run.predictions(cell), tables.PREDICTIONS)
