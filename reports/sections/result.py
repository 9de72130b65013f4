"""Result: every number on all test faces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from reports.display.blocks import Block, Prose
from reports.display.cells import Cell, Column, Row, Table, measured
from reports.display.reached import reached
from reports.display.words import duration, finite, interval, listed, minus, number, size, small
from reports.evaluation import Evaluation
from reports.noise_floor import noise_floor
from reports.panel import builds_on
from reports.statistics.metrics import METRICS

TITLE = "Result"
ORDER = 10
GROUPS = {
    "Age": ("mae", "median_error", "rmse", "bias", "cs5", "within10", "r2"),
    "Gender": ("accuracy", "balanced_accuracy", "auc", "brier", "ece", "ece_plug_in"),
    "Age interval": ("interval_score", "coverage", "width"),
    "Where only a range of the age is known": ("within_range", "outside_range"),
}
COSTS: dict[str, tuple[str, Callable[[float], str]]] = {
    "fit_seconds": ("training time", duration),
    "core_seconds": ("training, core time", duration),
    "predict_images_per_second": ("faces per second", lambda v: number(round(v))),
    "milliseconds_per_face": ("time per face", lambda v: duration(v / 1000)),
    "core_milliseconds_per_face": ("core time per face", lambda v: duration(v / 1000)),
    "peak_rss_bytes": ("peak memory", size),
    "model_bytes": ("model size", size),
    "n_parameters": ("parameters", lambda v: size(v, "")),
    "n_train": ("training faces", lambda v: minus(v, 0)),
    "cores": ("cores", lambda v: minus(v, 0)),
}
TIMES = (
    "fit_seconds", "core_seconds", "predict_images_per_second", "milliseconds_per_face",
    "core_milliseconds_per_face",
)  # fmt: skip


def finding(evaluation: Evaluation) -> str:
    """Say what the two contenders with the smallest errors of age reach."""
    rows = evaluation.headline[evaluation.headline["metric"] == "mae"].sort_values("value")
    said = []
    for name in rows["contender"].head(2):
        genders = reached(evaluation, name, "accuracy")
        said.append(f"{name} errs by {reached(evaluation, name, 'mae')}, genders right {genders}")
    return f"{'; '.join(said)}." if said else ""


def lead(evaluation: Evaluation) -> str:
    """Say who is compared, and on how many faces."""
    names = ", ".join(evaluation.panel.contenders)
    return f"Everything on all {len(evaluation.panel.age):,} test faces: {names}."


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return the table of all contenders, the overall charts and the floor of label noise."""
    return [headline_table(evaluation), *charts, *_noise(evaluation)]


def headline_table(evaluation: Evaluation) -> Table:
    """Every metric (rows) of every contender (columns), with costs."""
    names = evaluation.panel.contenders
    columns = [Column("", numeric=False)]
    columns += [Column(c, contender=k) for k, c in enumerate(names)]
    rows = []
    for heading, metrics in GROUPS.items():
        block = [row for m in metrics if (row := _metric_row(evaluation, m)) is not None]
        rows += [replace(block[0], heading=heading), *block[1:]] if block else []
    rows += _cost_rows(evaluation)
    return Table(
        "headline",
        "All contenders on all test faces",
        columns,
        rows,
        _headline_note(evaluation),
        sortable=False,
    )


def _headline_note(evaluation: Evaluation) -> str:
    note = "Mean over seeds with its 95% interval: these fitted models on other faces. "
    if evaluation.headline["recipe_low"].notna().any():
        note += "Recipe: the wider interval for other faces and another training. "
    if evaluation.headline["seed_sd"].notna().any():
        note += "SD: standard deviation over seeds. "
    best = evaluation.best
    if best["same"].any():
        note += (
            "● best, and better than the runner-up at 5% after adjustment for all tests of the "
            "page (and, with three trainings or more, by more than trainings differ); ○ best, but "
            "not told apart from the runner-up. "
        )
    if not best["same"].all():
        words = [METRICS[m].label for m in best.loc[~best["same"].astype(bool), "metric"]]
        note += f"Nobody is marked where contenders answered different faces ({listed(words)}). "
    machines = (evaluation.run.provenance.get("machine") or {}).get("processors", {})
    of = f" computed on {next(iter(machines))}, which are comparable" if machines else ""
    note += f"Costs are medians over cells{of}"
    parts = builds_on(evaluation.run.provenance)
    return note + (f"; times of {listed(list(parts))}: with all it builds on." if parts else ".")


def _metric_row(evaluation: Evaluation, name: str) -> Row | None:
    metric, table = METRICS[name], evaluation.headline
    mine = table[table["metric"] == name].set_index("contender")
    if mine.empty:
        return None
    best = evaluation.best.set_index("metric")
    cells = [_metric_label(evaluation, name)]
    for k, contender in enumerate(evaluation.panel.contenders):
        if contender not in mine.index:
            cells.append(Cell(number(None), contender=k))
            continue
        row, mark = mine.loc[contender], ""
        if name in best.index and best.loc[name, "winner"] == contender and best.loc[name, "same"]:
            mark = "best" if best.loc[name, "clear"] else "tied"
        cell = measured(
            row["value"], row["low"], row["high"], metric.unit, mark=mark,
            note=_cell_note(row, metric.unit), contender=k,
        )  # fmt: skip
        cells.append(replace(cell, text=small(row["value"])) if name.startswith("ece") else cell)
    return Row(cells)


def _cell_note(row: pd.Series, unit: str) -> str:
    """Print what stands below a number: recipe, spread over seeds, faces left out."""
    parts = []
    if finite(row["recipe_low"]) is not None:
        parts.append(f"recipe {interval(row['recipe_low'], row['recipe_high'], unit)}")
    if finite(row["seed_sd"]) is not None:
        parts.append(f"SD {number(row['seed_sd'], unit)}")
    if row["n"] < row["of"]:
        parts.append(f"n = {row['n']:,} of {row['of']:,}")
    return "; ".join(parts)


def _metric_label(evaluation: Evaluation, name: str) -> Cell:
    metric, noise = METRICS[name], noise_floor(evaluation.run)
    note = metric.unit if metric.unit == "years" else ""
    if name == "mae" and noise:
        note = f"years; floor of label noise {number(noise['mae'], 'years')}"
    if name == "coverage":
        note = f"promised {number(evaluation.interval_level, 'share')}"
    return Cell(metric.label, metric.label, note=note)


def _cost_rows(evaluation: Evaluation) -> list[Row]:
    costs, rows = evaluation.costs, []
    for name, (label, show) in COSTS.items():
        if name not in costs or costs[name].isna().all():
            continue
        cells = [Cell(label, label)]
        for k, contender in enumerate(evaluation.panel.contenders):
            value = finite(costs[name].get(contender))
            shared = name in TIMES and bool(costs["shared"].get(contender, False))
            note = "shared machine" if shared and value is not None else ""
            text = show(value) if value is not None else number(None)
            cells.append(Cell(text, value, note=note, contender=k))
        rows.append(Row(cells))
    return [replace(rows[0], heading="Cost"), *rows[1:]] if rows else []


def _noise(evaluation: Evaluation) -> list[Block]:
    noise = noise_floor(evaluation.run)
    if noise is None:
        return []
    text = (
        f"Floor of label noise: {number(noise['mae'], 'years')} years. Photos that occur more "
        f"than once ({minus(noise['n_photos'], 0)} of them) carry labels that contradict each "
        "other; on such photos no contender can be measured to be better."
    )
    if np.isfinite(noise["error"]):
        text += f" For gender the floor is an error of {number(noise['error'], 'share')}."
    return [Prose([text], "note")]
