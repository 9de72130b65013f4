"""Worse and better pictures: the same faces blurred, darkened, covered, cut off centre ..."""

from __future__ import annotations

import math

import pandas as pd

from reports.display.blocks import Block, Prose
from reports.display.cells import Cell, Column, Row, Table, measured
from reports.display.words import minus, number
from reports.evaluation import Evaluation
from reports.statistics.stress import BARS, first_to_break

TITLE = "Worse and better pictures"
ORDER = 105


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    n = int(evaluation.stress["n"].max()) if len(evaluation.stress) else 0
    return (
        f"Changed copies of {n:,} of the test faces, answered by the trained models. Everything "
        f"is compared with the unchanged pictures of the same faces. {one_training(evaluation)}"
    ).strip()


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return who breaks where, the curves, and who was not asked."""
    if not len(evaluation.stress):
        return []
    found: list[Block] = [_table(evaluation, target) for target in BARS]
    return [*found, *charts, *not_asked(evaluation, set(evaluation.stress["contender"]))]


def one_training(evaluation: Evaluation) -> str:
    """Say which training answered where only one of several can be asked; '' if there is one.

    A run saves the model of its first seed.
    """
    if max(len(answers.seeds) for answers in evaluation.panel.answers.values()) < 2:
        return ""
    seeds = evaluation.run.provenance.get("seeds") or [min(evaluation.run.predictions["seed"])]
    return f"One training of each answers here, that of seed {seeds[0]}."


def not_asked(evaluation: Evaluation, asked: set[str]) -> list[Block]:
    """Name the contenders that left no model to be asked again, if there are any."""
    absent = [c for c in evaluation.panel.contenders if c not in asked]
    if not absent:
        return []
    left = "leaves" if len(absent) == 1 else "leave"
    return [Prose([f"Not asked: {', '.join(absent)}, which {left} no model."], "note")]


def finding(evaluation: Evaluation) -> str:
    """Say who breaks first, in a line."""
    return claim(evaluation) if len(asked(evaluation)) else ""


def asked(evaluation: Evaluation) -> pd.DataFrame:
    """Return the measured losses of age error of the contenders shown; empty if none was asked."""
    table = evaluation.stress
    if not len(table):
        return table
    age = table[(table["target"] == "age") & table["contender"].isin(evaluation.shown)]
    return age.dropna(subset="loss")


def claim(evaluation: Evaluation) -> str:
    """Return who loses more than a year at the mildest levels, most often."""
    points = evaluation.breaking_points
    points = points[(points["target"] == "age") & points["contender"].isin(evaluation.shown)]
    kinds = points["condition"].nunique()
    often = {n: len(c) for n, c in first_to_break(points, evaluation.shown).items() if c}
    bar = f"{number(BARS['age'])} year"
    if not often:
        return f"No change of the pictures costs a contender clearly more than {bar} of age error."
    most = max(often.values())
    names = [name for name, times in often.items() if times == most]
    who = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    verb = "is" if len(names) == 1 else "are each"
    return (
        f"{who} {verb} the first, or among the first, to lose clearly more than {bar} of age error "
        f"under {most} of {kinds} kinds of change."
    )


def evidence(evaluation: Evaluation) -> str:
    """Return how often each contender breaks, and the largest loss."""
    points = evaluation.breaking_points
    points = points[(points["target"] == "age") & points["contender"].isin(evaluation.shown)]
    counts = []
    for name, part in points.groupby("contender", sort=False):
        broken = part[part["place"].notna()]
        counts.append(f"{name} breaks under {len(broken)} of {len(part)}")
    losses = asked(evaluation)
    worst = losses.loc[losses["loss"].idxmax()]
    return (
        f"{'; '.join(counts)} (a loss above {number(BARS['age'])} year by more than chance, "
        f"adjusted for all tests of the page). Largest loss: {worst['contender']} under "
        f"{str(worst['title']).lower()} at {level_words(worst)}, {number(worst['loss'], 'years')} "
        f"years ({number(worst['loss_low'], 'years')} to {number(worst['loss_high'], 'years')}), "
        f"{int(worst['n']):,} test faces. {one_training(evaluation)}"
    ).strip()


def level_words(row: pd.Series) -> str:
    """Print a level with its unit: ``8 px``, without what stands in brackets."""
    unit = str(row["unit"]).split(" (")[0]
    level = minus(float(row["level"]), 0 if float(row["level"]).is_integer() else 2)
    return f"{level} {unit}".strip()


def _table(evaluation: Evaluation, target: str) -> Table:
    points = evaluation.breaking_points
    points = points[points["target"] == target]
    names = [c for c in evaluation.shown if c in set(points["contender"])]
    index = evaluation.panel.contenders.index
    columns = [Column("change", numeric=False)]
    columns += [Column(name, contender=index(name)) for name in names]
    rows = []
    for title, part in points.groupby("title", sort=False):
        by_name = part.set_index("contender")
        cells = [Cell(f"{title}, {part['unit'].iloc[0]}", str(title))]
        cells += [_point(by_name.loc[name], target, index(name)) for name in names]
        rows.append(Row(cells))
    bar = "1 year" if target == "age" else "5 points"
    what = "age error" if target == "age" else "right genders"
    return Table(
        f"stress-{target}",
        f"Where {'age' if target == 'age' else 'gender'} breaks",
        columns,
        rows,
        f"The mildest level that costs more than {bar} of {what} by more than chance, adjusted "
        "for all tests of the page, and what it costs with its 95% interval; where none does "
        "(holds), the largest loss.",
    )


def _point(row: pd.Series, target: str, contender: int) -> Cell:
    unit = "years" if target == "age" else "points"
    cost = measured(row["loss"], row["loss_low"], row["loss_high"], unit)
    sign = "+" if row["loss"] > 0 else ""
    loss = f"{sign}{cost.text} {unit}" + (f" ({cost.interval})" if cost.interval else "")
    if not math.isfinite(row["place"]):
        return Cell("holds", None, cost.low, cost.high, note=loss, contender=contender)
    level = minus(float(row["level"]), 0 if float(row["level"]).is_integer() else 2)
    return Cell(level, float(row["level"]), cost.low, cost.high, note=loss, contender=contender)
