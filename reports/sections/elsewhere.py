"""Other people's photos: the trained models on other data sets."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from reports.display.blocks import Block, Prose
from reports.display.cells import Cell, Column, Row, Table, measured
from reports.display.words import listed, minus, number, p_is
from reports.evaluation import Evaluation
from reports.sections.stress import not_asked, one_training
from reports.statistics.elsewhere import SHARES, recalibration_table
from reports.statistics.paired import survives
from reports.statistics.pairs import ALPHA

TITLE = "Other people's photos"
ORDER = 104
LABELS = {
    "mae": "age error",
    "outside_range": "years outside the age range",
    "inside_range": "age inside its range",
    "bias": "bias of age",
    "accuracy": "right genders",
    "coverage": "ages inside the interval",
}
SURVIVAL = {
    "survives": "The winner on {target} is the same: {winner}",
    "turns round": "The winner on {target} is the other one: {loser}",
    "is open": "On {target} {winner} and {loser} cannot be told apart there",
}


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    home = evaluation.panel.data_set
    one = one_training(evaluation)
    return (
        f"The models trained on {home}, on pictures from elsewhere. Growth is the error there "
        "minus the error at home; same ages is the growth against home faces weighed to the ages "
        "and genders found there."
    ) + (f" {one} Its errors at home stand beside it, not the mean over seeds." if one else "")


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return for each other data set what it is, the numbers, and what a recalibration brings."""
    found: list[Block] = []
    for name in evaluation.elsewhere:
        found.append(Prose([facts_of(evaluation, name), *_findings(evaluation, name)]))
        found.append(_table(evaluation, name))
        found += [block for block in charts if getattr(block, "title", "").endswith(f" on {name}")]
        found += _recalibration(evaluation, name)
        found += not_asked(evaluation, set(evaluation.elsewhere[name].panel.contenders))
    return found


def finding(evaluation: Evaluation) -> str:
    """Say whether the winner stays the winner, in a line."""
    return " ".join(verdict_of(evaluation, name)[0] for name in evaluation.elsewhere)


def facts_of(evaluation: Evaluation, name: str) -> str:
    """Say what a data set is and what was left out of it."""
    facts = evaluation.run.also[name].facts
    panel = evaluation.elsewhere[name].panel
    n_age = int(pd.notna(panel.faces["age"]).sum())
    text = f"{name}: {len(panel.age):,} faces, {n_age:,} of known age."
    if facts.get("aligned") is not None:
        how = "cut out by the detector" if facts["aligned"] else "cropped like UTKFace already"
        why = facts.get("judged_by")
        text += f" They were {how} ({why})." if why else f" They were {how}."
    for key, words in (
        ("n_without_face", "{n} without a face that the detector finds"),
        ("n_seen", "{n} that a model was fitted with (same pixels)"),
        ("n_near", "{n} near duplicates of faces that a model was fitted with"),
    ):
        if facts.get(key):
            text += f" Left out: {words.format(n=minus(facts[key], 0))}."
    if math.isfinite(facts.get("sharpness") or math.nan):
        text += f" Median sharpness (variance of the Laplacian) {minus(facts['sharpness'], 0)}"
        home = facts.get("home_sharpness")
        text += f", at home {minus(home, 0)}." if home else "."
    return text


def _findings(evaluation: Evaluation, name: str) -> list[str]:
    """Return what is worth saying: the intervals there, and who holds best."""
    table = evaluation.against_home[name]
    table = table[table["contender"].isin(evaluation.shown)]
    level = evaluation.interval_level
    covered = table[table["metric"] == "coverage"]
    short = covered[(covered["p_page"] < ALPHA) & (covered["value"] < level)]
    said = []
    if len(short):
        worst = short.loc[short["value"].idxmin()]
        names = listed(list(dict.fromkeys(short["contender"])))
        said.append(
            f"Intervals that promise {level:.0%} hold less there: {names}; "
            f"{worst['contender']} {number(worst['value'], 'share')} "
            f"({number(worst['value_low'], 'share')} to {number(worst['value_high'], 'share')})."
        )
    elif len(covered):
        said.append(
            f"No contender's intervals, baselines aside, hold clearly less than the {level:.0%} "
            "they promise."
        )
    return said


def _table(evaluation: Evaluation, name: str) -> Table:
    table = evaluation.against_home[name]
    index = evaluation.panel.contenders.index
    columns = [Column("contender", numeric=False), Column("faces"), Column("there")]
    columns += [Column("at home"), Column("growth"), Column("same ages")]
    rows = []
    for metric, part in table.groupby("metric", sort=False):
        unit = "share" if metric in SHARES else "years"
        for k, (_, row) in enumerate(part.iterrows()):
            cells = [Cell(row["contender"], row["contender"]), Cell(minus(row["n"], 0), row["n"])]
            cells += [_measured(row, "value", unit), _measured(row, "home", unit)]
            change = "points" if unit == "share" else "years"
            cells += [_measured(row, c, change) for c in ("growth", "same_ages")]
            heading = f"{LABELS[str(metric)]} ({'years' if unit == 'years' else '%'})"
            rows.append(
                Row(cells, index(row["contender"]), row["n"] < 30, heading if k == 0 else "")
            )
    return Table(
        f"elsewhere-{name}",
        f"There and at home: {name}",
        columns,
        rows,
        "Growth above 0 is a larger error, or a larger share. Different faces: the intervals of "
        "growth hold the uncertainty of both.",
        sortable=False,
    )


def _measured(row: pd.Series, column: str, unit: str) -> Cell:
    if not math.isfinite(row[column]):
        return Cell(number(None))
    return measured(row[column], row[f"{column}_low"], row[f"{column}_high"], unit)


def _recalibration(evaluation: Evaluation, name: str) -> list[Block]:
    trials = evaluation.run.also[name].recalibration
    if trials is None or trials.empty:
        return []
    mine = trials[trials["contender"].isin(evaluation.shown)]
    found = recalibration_table(mine)
    names = evaluation.panel.contenders
    found = found.sort_values("contender", key=lambda c: c.map(names.index), kind="stable")
    columns = [Column("contender", numeric=False), Column("labelled faces")]
    columns += [Column("ages inside"), Column("width (years)")]
    rows = []
    for _, row in found.iterrows():
        k = int(row["k"])
        cells = [Cell(row["contender"], row["contender"]), Cell(minus(k, 0) if k else "none", k)]
        cells += [_measured(row, "coverage", "share"), _measured(row, "width", "years")]
        rows.append(Row(cells, evaluation.panel.contenders.index(row["contender"])))
    draws = int(found["draws"].max())
    text = (
        f"Both arms of every interval multiplied by one factor, set on that many labelled faces "
        f"and tried on all others, {draws} draws: mean and, below, where nine of ten draws lie "
        f"(without any, the 95% interval). "
        "`study evaluate` writes the factor set on all of them."
    )
    return [Table(f"recalibration-{name}", f"Intervals recalibrated: {name}", columns, rows, text)]


def verdict_of(evaluation: Evaluation, name: str) -> tuple[str, str]:
    """Return claim and evidence: whether the winner at home is the winner on another data set."""
    pair = evaluation.pair
    rows = evaluation.pair_elsewhere.get(name, pd.DataFrame())
    if pair is None or rows.empty:
        worst = _growth(evaluation, name)
        return (worst, facts_of(evaluation, name)) if worst else ("", "")
    claims, said = [], []
    for _, row in rows.iterrows():
        claims.append(_claim(evaluation, row))
        unit, difference = ("share", "points") if row["target"] == "gender" else ("years", "years")
        what = "years outside the range" if row["metric"] == "outside_range" else row["target"]
        said.append(
            f"{what}: {pair.first} {number(row['first'], unit)}, {pair.second} "
            f"{number(row['second'], unit)}, advantage of {pair.second} "
            f"{number(row['advantage'], difference)} ({number(row['low'], difference)} to "
            f"{number(row['high'], difference)}), p {p_is(row['p_page'])}, {int(row['n']):,} faces"
        )
    said[-1] += "; p adjusted for all tests of the page"
    evidence = [f"{'. '.join(said)}.", _growth(evaluation, name), one_training(evaluation)]
    return f"On {name}: {'; '.join(claims)}.", " ".join(part for part in evidence if part)


def _claim(evaluation: Evaluation, row: pd.Series) -> str:
    pair, tests = evaluation.pair, evaluation.tests
    assert pair is not None
    at_home = tests[(tests["breakdown"] == "") & (tests["target"] == row["target"])]
    if at_home.empty:  # such as exact ages there, ranges of ages here
        better = pair.second if row["claim"] == "second" else pair.first
        clear = row["claim"] in ("first", "second")
        said = f"{better} is better" if clear else "the two cannot be told apart"
        return f"{said} on {row['target']}, which was not tested at home"
    mine = at_home.iloc[0]
    ahead = mine["advantage"] >= 0
    winner, loser = (pair.second, pair.first) if ahead else (pair.first, pair.second)
    words: dict[str, Any] = {"target": row["target"], "winner": winner, "loser": loser}
    if mine["claim"] in ("undecided", "borderline"):
        clear = row["claim"] in ("first", "second")
        better = pair.second if row["claim"] == "second" else pair.first
        return (
            f"{better} is better on {row['target']}, undecided at home"
            if clear
            else f"{row['target']} is as undecided as at home"
        )
    text = SURVIVAL[survives(float(mine["advantage"]), row["claim"])].format(**words)
    return text[0].lower() + text[1:]


def _growth(evaluation: Evaluation, name: str) -> str:
    """Return the largest growth of age error, in a sentence; '' where none is known."""
    table = evaluation.against_home[name]
    table = table[(table["metric"] == "mae") & table["contender"].isin(evaluation.shown)]
    table = table[table["growth"].notna()]
    if table.empty:
        return ""
    real = table[(table["p_page"] < ALPHA) & (table["growth"] > 0)]
    rows = real if len(real) else table
    row = rows.loc[rows["growth"].idxmax()]
    way = (
        f"Baselines aside, age error grows most for {row['contender']}"
        if len(real)
        else "No contender's age error, baselines aside, grows by more than chance, adjusted for "
        f"all tests of the page; the largest change is that of {row['contender']}"
    )
    return (
        f"{way}: {number(row['home'], 'years')} at home, {number(row['value'], 'years')} there, a "
        f"change of {number(row['growth'], 'years')} ({number(row['growth_low'], 'years')} to "
        f"{number(row['growth_high'], 'years')})."
    )
