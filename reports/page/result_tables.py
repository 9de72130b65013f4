"""The tables of the page that are not the numbers of a chart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from reports.evaluation import Evaluation
from reports.label_noise import label_noise
from reports.statistics import breakdowns
from reports.statistics.metrics import METRICS
from reports.statistics.pairs import ALPHA

from .display import (
    SMALL_N,
    Cell,
    Column,
    Row,
    Table,
    duration,
    finite,
    measured,
    minus,
    number,
    p_value,
    size,
    text_cell,
)

GROUPS = {
    "Age": ("mae", "median_error", "rmse", "bias", "cs5", "within10", "r2"),
    "Gender": ("accuracy", "balanced_accuracy", "auc", "brier", "ece"),
    "Age interval": ("coverage", "width"),
}
COSTS: dict[str, tuple[str, Callable[[float], str]]] = {
    "fit_seconds": ("training time", duration),
    "predict_images_per_second": ("faces per second", lambda v: number(round(v))),
    "milliseconds_per_face": ("time per face", lambda v: duration(v / 1000)),
    "peak_rss_bytes": ("peak memory", size),
    "model_bytes": ("model size", size),
    "n_parameters": ("parameters", lambda v: size(v, "")),
    "n_train": ("training faces", lambda v: minus(v, 0)),
    "cores": ("cores", lambda v: minus(v, 0)),
}


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
        "Mean over seeds, 95% interval over faces, and the standard deviation over seeds (SD). "
        "● best, clearly better than the runner-up (paired test, p < 0.05); "
        "○ best, but not distinguishable from the runner-up. Costs are medians over cells.",
        sortable=False,
    )


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
        if name in best.index and best.loc[name, "winner"] == contender:
            mark = "best" if best.loc[name, "clear"] else "tied"
        spread = row["seed_sd"]
        note = f"SD {number(spread, metric.unit)}" if finite(spread) is not None else ""
        cells.append(
            measured(
                row["value"],
                row["low"],
                row["high"],
                metric.unit,
                mark=mark,
                note=note,
                contender=k,
            )
        )
    return Row(cells)


def _metric_label(evaluation: Evaluation, name: str) -> Cell:
    metric, noise = METRICS[name], label_noise(evaluation.run)
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
            cells.append(
                Cell(show(value) if value is not None else number(None), value, contender=k)
            )
        rows.append(Row(cells))
    return [replace(rows[0], heading="Cost"), *rows[1:]] if rows else []


def not_better_table(evaluation: Evaluation) -> Table | None:
    """Return the groups where the second of the pair is not clearly better, or None."""
    pair, tests = evaluation.pair, evaluation.tests
    if pair is None or tests.empty:
        return None
    open_ = tests[
        (tests["breakdown"] != "") & ~((tests["p_holm"] < ALPHA) & (tests["advantage"] > 0))
    ]
    return _test_table(
        evaluation,
        open_,
        "not-better",
        f"Where {pair.second} is not clearly better than {pair.first}",
        "Groups whose test does not reject, or rejects the other way.",
    )


def tests_table(evaluation: Evaluation) -> Table:
    """All tests of the pair."""
    return _test_table(
        evaluation,
        evaluation.tests,
        "tests",
        "All tests of the pair",
        "Advantage: years less error, or points more right, of the second over the first; its "
        "95% interval is not adjusted. p: group sign-flips, 10,000 draws. Holm: adjusted within "
        "breakdown and target.",
    )


def _test_table(
    evaluation: Evaluation, tests: pd.DataFrame, key: str, title: str, note: str
) -> Table:
    pair = evaluation.pair
    assert pair is not None
    columns = [
        Column("breakdown", numeric=False),
        Column("group", numeric=False),
        Column("target", numeric=False),
        Column("faces"),
        Column(pair.first),
        Column(pair.second),
        Column("advantage"),
        Column("p"),
        Column("p (Holm)"),
        Column("verdict", numeric=False),
    ]
    rows = []
    for test in tests.to_dict("records"):
        age = test["target"] == "age"
        unit, scale = ("years", "years") if age else ("share", "points")
        rows.append(
            Row(
                [
                    text_cell(breakdowns.label(test["breakdown"]) or "all faces"),
                    text_cell(test["level"]),
                    text_cell(test["target"]),
                    Cell(minus(test["n"], 0), test["n"]),
                    Cell(number(test["first"], unit), finite(test["first"])),
                    Cell(number(test["second"], unit), finite(test["second"])),
                    measured(test["advantage"], test["low"], test["high"], scale),
                    Cell(p_value(test["p"]), test["p"]),
                    Cell(p_value(test["p_holm"]), test["p_holm"]),
                    text_cell(_winner(evaluation, test)),
                ],
                faint=test["n"] < SMALL_N,
            )
        )
    return Table(key, title, columns, rows, note)


def _winner(evaluation: Evaluation, test: dict[str, float]) -> str:
    pair = evaluation.pair
    assert pair is not None
    if test["p_holm"] >= ALPHA:
        return "undecided"
    return pair.second if test["advantage"] > 0 else pair.first


def regression_table(evaluation: Evaluation, column: str) -> Table:
    """Effect of pose on the absolute error, with age and gender held equal."""
    frame, names = evaluation.regressions[column], evaluation.panel.contenders
    columns = [Column(breakdowns.label(column), numeric=False), Column("faces")]
    columns += [Column(c, contender=k) for k, c in enumerate(names)]
    rows = []
    for level, part in frame.groupby("level", sort=False):
        n, by_name = int(part["n"].max()), part.set_index("contender")
        cells = [text_cell(level), Cell(minus(n, 0), n)]
        for k, name in enumerate(names):
            if name not in by_name.index:
                cells.append(Cell(number(None), contender=k))
                continue
            row = by_name.loc[name]
            cells.append(measured(row["effect"], row["low"], row["high"], "years", contender=k))
        rows.append(Row(cells, faint=n < SMALL_N))
    return Table(
        f"regression-{column}",
        f"Regression check: years of error by {breakdowns.label(column)}, other things equal",
        columns,
        rows,
        "Least squares of the absolute error on a cubic spline of age, gender and pose bin; "
        "group-robust 95% intervals. The first bin is the reference.",
    )
