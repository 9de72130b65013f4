"""The verdict: what the numbers say, in a few computed sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from reports.display.words import interval, listed, number, p_is
from reports.evaluation import POSE_COLUMNS, Evaluation
from reports.sections import elsewhere, stress
from reports.sections.costs import price_claim
from reports.sections.groups import gap_words
from reports.sections.pair import power
from reports.sections.pose import angle_sentence
from reports.statistics import breakdowns
from reports.statistics.pairs import ALPHA, Pair


@dataclass(frozen=True)
class Sentence:
    """One finding: a topic, a bold claim, and the evidence for it."""

    topic: str
    claim: str
    evidence: str


def verdict(evaluation: Evaluation) -> list[Sentence]:
    """Return who wins age and gender, for whom, at what angle, at what price."""
    pair = evaluation.pair
    if pair is None:
        found = [_alone(evaluation), _for_whom(evaluation), _angle(evaluation)]
    else:
        found = [
            _target(evaluation, pair, "age"),
            _target(evaluation, pair, "gender"),
            _for_whom(evaluation),
            _exceptions(evaluation, pair),
            _angle(evaluation),
            _price(evaluation),
            _others(evaluation, pair),
        ]
    found += [_elsewhere(evaluation, name) for name in evaluation.elsewhere]
    found.append(_worse_pictures(evaluation))
    return [sentence for sentence in found if sentence]


def _elsewhere(evaluation: Evaluation, name: str) -> Sentence | None:
    claim, evidence = elsewhere.verdict_of(evaluation, name)
    return Sentence("Other people", claim, evidence) if claim else None


def _worse_pictures(evaluation: Evaluation) -> Sentence | None:
    if stress.asked(evaluation).empty:
        return None
    return Sentence("Pictures", stress.claim(evaluation), stress.evidence(evaluation))


def _alone(evaluation: Evaluation) -> Sentence:
    (name,) = evaluation.panel.contenders
    error, of = evaluation.value(name, "mae"), ""
    if not np.isfinite(error):
        error, of = evaluation.value(name, "outside_range"), " outside the known range"
    return Sentence(
        "One contender",
        f"{name} is off by {number(error, 'years')} years{of} and right on "
        f"the gender of {number(evaluation.value(name, 'accuracy'), 'share')} of faces.",
        "There is nothing to compare it with in this run.",
    )


def _target(evaluation: Evaluation, pair: Pair, target: str) -> Sentence | None:
    """Say who is better on one question, or that they cannot be told apart."""
    tests = evaluation.tests
    rows = tests[(tests["breakdown"] == "") & (tests["target"] == target)]
    if rows.empty:
        return None
    (row,) = rows.to_dict("records")
    ahead = row["advantage"] >= 0
    winner, loser = (pair.second, pair.first) if ahead else (pair.first, pair.second)
    better, worse = (row["second"], row["first"]) if ahead else (row["first"], row["second"])
    unit, scale = ("years", "years") if target == "age" else ("share", "points")
    word = "years" if target == "age" else "points"
    verb = "estimates age" if target == "age" else "recognises gender"
    size = f"{number(abs(row['advantage']), scale)} {word}{_deciding(row, ahead, scale)}"
    lead = f"{winner} leads by {size}"
    if not row["advantage"]:
        lead = f"they are level{_deciding(row, ahead, scale)}"
    claims = {
        "undecided": f"{winner} and {loser} cannot be told apart on {target}: {lead}.",
        "borderline": f"Borderline: {winner} {verb} better than {loser} here, by {size}, but test "
        "and interval do not agree.",
    }
    claim = claims.get(row["claim"], f"{winner} {verb} better than {loser}, by {size}.")
    what = f"{number(better, unit)} against {number(worse, unit)}" + (
        " years" if target == "age" else " right"
    )
    evidence = f"{what} on the {row['n']:,} faces both answered; {_spans(row, ahead, scale)}; "
    evidence += f"p {p_is(row['p_page'])}, adjusted for all tests of this page."
    return Sentence(target.capitalize(), claim, f"{evidence} {_trainings(evaluation, pair, row)}")


def _spans(row: Mapping[str, Any], ahead: bool, scale: str) -> str:
    """Print the intervals of the lead, as the winner sees it: a sign is never lost."""

    def turned(low: float, high: float) -> str:
        return interval(low, high, scale) if ahead else interval(-high, -low, scale)

    faces = turned(row["low"], row["high"])
    if not faces:
        return "too few faces for an interval of the lead"
    said = f"95% interval of the lead {faces}"
    recipe = turned(row["recipe_low"], row["recipe_high"])
    return f"{said} for these models, {recipe} for the recipe" if recipe else said


def _deciding(row: Mapping[str, Any], ahead: bool, scale: str) -> str:
    """Print the interval that decides the words, over trainings too where there are three."""
    kind = "recipe_" if np.isfinite(row["recipe_low"]) else ""
    low, high = row[f"{kind}low"], row[f"{kind}high"]
    span = interval(low, high, scale) if ahead else interval(-high, -low, scale)
    return f" [{span}]" if span else ""


def _trainings(evaluation: Evaluation, pair: Pair, row: Mapping[str, Any]) -> str:
    if np.isfinite(row["recipe_low"]):
        return "The recipe's interval, over faces and trainings, decides."
    seeds = min(len(evaluation.panel.answers[c].seeds) for c in (pair.first, pair.second))
    many = "one training" if seeds == 1 else f"{seeds} trainings"
    return f"This stands on {many}: it holds for these fitted models, not yet for the recipe."


def _exceptions(evaluation: Evaluation, pair: Pair) -> Sentence | None:
    """Name the groups where whoever is behind overall is ahead, and what could have been seen."""
    tests, drawn = evaluation.tests, evaluation.drawn_columns
    rows = tests[tests["breakdown"].isin(drawn) & (tests["level"] != "unknown")]
    if rows.empty:
        return None
    overall = tests[tests["breakdown"] == ""].set_index("target")["advantage"]
    way = np.sign(rows["advantage"]) * np.sign(rows["target"].map(overall))
    ahead = way > 0
    clear = rows["claim"].isin(("first", "second"))
    upset = rows[clear & (way <= 0)]
    claims = [
        f"{winner} is better in {_groups(part)}"
        for winner, part in (
            (pair.first, upset[upset["advantage"] < 0]),
            (pair.second, upset[upset["advantage"] > 0]),
        )
        if len(part)
    ]
    claim = f"{'; '.join(claims)}." if claims else "No group is seen to go the other way."
    evidence = (
        f"Whoever leads overall is ahead in {int((clear & ahead).sum())} of {len(rows)} "
        f"group tests by {_breakdowns(rows)}, after adjustment for the whole page. {power(rows)}"
    )
    against = rows[~clear & (way < 0)]
    if len(against):
        evidence += f" Leaning the other way, undecided: {_groups(against)}."
    return Sentence("Exceptions", claim, evidence)


def _breakdowns(rows: pd.DataFrame) -> str:
    return listed([breakdowns.label(c) for c in dict.fromkeys(rows["breakdown"])])


def _groups(rows: pd.DataFrame, most: int = 6) -> str:
    names = [
        f"{r.target} {_place(r.breakdown, r.level)}"
        for r in rows.sort_values("n", ascending=False, kind="stable").itertuples()
    ]
    return listed(names, most)


def _place(breakdown: str, level: str) -> str:
    """Say where a group is: *at 25-34*, *for male faces*, *at |yaw| 0-10*, *for camera X*."""
    if breakdown in ("age_bin", "age_class"):
        return f"at {level}"
    if breakdown in ("gender", "ethnicity"):
        return f"for {level} faces"
    where = "at" if breakdown in POSE_COLUMNS else "for"
    return f"{where} {breakdowns.label(breakdown)} {level}"


def _for_whom(evaluation: Evaluation) -> Sentence | None:
    """Name the leader's widest gaps that are more than chance, and everybody's between genders."""
    gaps = evaluation.gaps
    mine = gaps[gaps["contender"].isin(evaluation.verdict_contenders)]
    if mine.empty:
        return None
    genders = mine[(mine["breakdown"] == "gender") & (mine["metric"] == "accuracy")]
    people = mine[mine["breakdown"].isin(("gender", "ethnicity"))]
    chosen = genders if len(genders) else people if len(people) else mine
    each = [gap_words(row, name=True) for _, row in chosen.head(3).iterrows()]
    leader = evaluation.leader
    own = mine[(mine["contender"] == leader) & (mine["p_page"] < ALPHA)]
    widest = [
        gap_words(part.sort_values("difference").iloc[-1])
        for _, part in own.groupby("metric", sort=False)
    ]
    if widest:
        claim = f"Widest gaps of {leader} beyond chance: {'; '.join(widest)}."
    elif mine.loc[mine["contender"] == leader, "p_page"].notna().any():
        claim = f"No gap of {leader} between groups is more than chance."
    else:
        claim = f"The faces are too few, or of too few groups, to test any gap of {leader}."
    evidence = f"{'; '.join(each)}. P values are adjusted for all tests of this page."
    return Sentence("For whom", claim, evidence)


def _angle(evaluation: Evaluation) -> Sentence | None:
    found = angle_sentence(evaluation)
    return Sentence("At what angle", *found) if found else None


def _price(evaluation: Evaluation) -> Sentence | None:
    claim, evidence = price_claim(evaluation)
    return Sentence("At what price", claim, evidence) if claim else None


def _leads_outside(row: Mapping[str, Any], pair: Pair) -> bool:
    outside = row["winner"] not in (pair.first, pair.second)
    return outside and bool(row["winner_value"] != row["runner_up_value"])


def _others(evaluation: Evaluation, pair: Pair) -> Sentence | None:
    """Name a contender outside the pair that leads a headline number, and on which faces."""
    best = evaluation.best.set_index("metric")
    leads = [
        (metric, words, best.loc[metric])
        for metric, words in (("mae", "age"), ("accuracy", "gender"))
        if metric in best.index and _leads_outside(best.loc[metric], pair)
    ]
    if not leads:
        return None
    claim = "; ".join(
        f"{row['winner']} leads on {words}"
        + ("" if row["apart"] else f", not told apart from {row['runner_up']}")
        for _, words, row in leads
    )
    said = []
    for metric, _, row in leads:
        unit = "years" if metric == "mae" else "share"
        word = " years" if metric == "mae" else ""
        told = "told apart" if row["apart"] else "not told apart"
        said.append(
            f"{number(row['winner_value'], unit)} against {number(row['runner_up_value'], unit)}"
            f"{word} of {row['runner_up']} on the {row['n']:,} faces that all answered, {told}"
        )
    return Sentence("Others", f"{claim}.", f"{'; '.join(said)}.")
