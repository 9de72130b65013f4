"""The verdict: what the numbers say, in a few computed sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reports.display.words import duration, minus, number, p_value
from reports.evaluation import POSE_COLUMNS, Evaluation
from reports.statistics import breakdowns
from reports.statistics.pairs import ALPHA, Pair


@dataclass(frozen=True)
class Sentence:
    """One finding: a topic, a bold claim, and the evidence for it."""

    topic: str
    claim: str
    evidence: str


def verdict(evaluation: Evaluation) -> list[Sentence]:
    """Return who wins age, who wins gender, where the loser wins, and the price of it."""
    pair = evaluation.pair
    if pair is None:
        return [_alone(evaluation)]
    found = [_target(evaluation, pair, "age"), _target(evaluation, pair, "gender")]
    found += [_exceptions(evaluation, pair), _price(evaluation, pair), _others(evaluation, pair)]
    return [sentence for sentence in found if sentence]


def _alone(evaluation: Evaluation) -> Sentence:
    name = evaluation.panel.contenders[0]
    return Sentence(
        "One contender",
        f"{name} is off by {number(evaluation.value(name, 'mae'), 'years')} years and right on "
        f"the gender of {number(evaluation.value(name, 'accuracy'), 'share')} of faces.",
        "There is nothing to compare it with in this run.",
    )


def _target(evaluation: Evaluation, pair: Pair, target: str) -> Sentence | None:
    tests = evaluation.tests
    rows = tests[(tests["breakdown"] == "") & (tests["target"] == target)]
    if rows.empty:
        return None
    row = rows.iloc[0]
    winner, loser = (
        (pair.second, pair.first) if row["advantage"] >= 0 else (pair.first, pair.second)
    )
    better, worse = (
        (row["second"], row["first"]) if row["advantage"] >= 0 else (row["first"], row["second"])
    )
    low, high = sorted((abs(row["low"]), abs(row["high"])))
    clear = row["p"] < ALPHA
    if target == "age":
        size, unit = number(abs(row["advantage"]), "years"), "years"
        numbers = f"{number(better, 'years')} against {number(worse, 'years')} years"
        claim = f"{winner} estimates age better than {loser}, by {size} years."
        span = f"{number(low, unit)} to {number(high, unit)}"
    else:
        size = number(abs(row["advantage"]), "points")
        numbers = f"{number(better, 'share')} against {number(worse, 'share')} right"
        claim = f"{winner} recognises gender better than {loser}, by {size} points."
        span = f"{number(low, 'points')} to {number(high, 'points')}"
    if not clear or not math.isfinite(row["low"]):
        claim = f"{winner} and {loser} cannot be told apart on {target}."
        signed = "years" if target == "age" else "points"
        span = f"{number(row['low'], signed)} to {number(row['high'], signed)}"
    evidence = (
        f"{numbers}; 95% interval of the difference {span}, p {_p(row['p'])}, "
        f"{row['n']:,} test faces."
    )
    return Sentence(target.capitalize(), claim, evidence)


def _p(p: float) -> str:
    text = p_value(p)
    return text if text.startswith("<") else f"= {text}"


def _exceptions(evaluation: Evaluation, pair: Pair) -> Sentence | None:
    """Name the groups where whoever loses overall is clearly better, and the undecided ones."""
    tests, drawn = evaluation.tests, evaluation.drawn_columns
    rows = tests[tests["breakdown"].isin(drawn) & (tests["level"] != "unknown")]
    if rows.empty:
        return None
    overall = tests[tests["breakdown"] == ""].set_index("target")["advantage"]
    ahead = np.sign(rows["advantage"]) == np.sign(rows["target"].map(overall))
    clear = rows["p_holm"] < ALPHA
    upset, undecided = rows[clear & ~ahead], rows[~clear]
    claims = [
        f"{winner} is clearly better in {_groups(part)}"
        for winner, part in (
            (pair.first, upset[upset["advantage"] < 0]),
            (pair.second, upset[upset["advantage"] > 0]),
        )
        if len(part)
    ]
    claim = f"{'; '.join(claims)}." if claims else "No group goes clearly the other way."
    evidence = (
        f"The overall winner is clearly better in {int((clear & ahead).sum())} of {len(rows)} "
        f"tests by {_breakdowns(rows)} (Holm within each)."
    )
    if len(undecided):
        evidence += f" Undecided: {_groups(undecided)}."
    return Sentence("Exceptions", claim, evidence)


def _breakdowns(rows: pd.DataFrame) -> str:
    names = [breakdowns.label(c) for c in dict.fromkeys(rows["breakdown"])]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _groups(rows: pd.DataFrame, most: int = 6) -> str:
    names = [
        f"{r.target} {_place(r.breakdown, r.level)}"
        for r in rows.sort_values("n", ascending=False, kind="stable").itertuples()
    ]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _place(breakdown: str, level: str) -> str:
    """Say where a group is: *at 25-34*, *for male faces*, *at |yaw| 0-10*, *for camera X*."""
    if breakdown in ("age_bin", "age_class"):
        return f"at {level}"
    if breakdown in ("gender", "ethnicity"):
        return f"for {level} faces"
    where = "at" if breakdown in POSE_COLUMNS else "for"
    return f"{where} {breakdowns.label(breakdown)} {level}"


def _price(evaluation: Evaluation, pair: Pair) -> Sentence | None:
    costs = evaluation.costs
    if not {pair.first, pair.second} <= set(costs.index):
        return None
    one, two = costs.loc[pair.first], costs.loc[pair.second]
    if not np.isfinite([one["fit_seconds"], two["fit_seconds"]]).all():
        return None
    slow, quick = (pair.second, pair.first) if two["fit_seconds"] >= one["fit_seconds"] else (
        pair.first, pair.second
    )  # fmt: skip
    ratio = costs.loc[slow, "fit_seconds"] / max(costs.loc[quick, "fit_seconds"], 1e-9)
    claim = (
        f"{slow} takes {duration(costs.loc[slow, 'fit_seconds'])} to train, {quick} "
        f"{duration(costs.loc[quick, 'fit_seconds'])}"
    )
    claim += f" ({minus(ratio, 1 if ratio < 10 else 0)} times)."
    answer = [duration(costs.loc[c, "milliseconds_per_face"] / 1000) for c in (slow, quick)]
    evidence = f"A face takes {answer[0]} against {answer[1]}"
    cores = [int(costs.loc[c, "cores"]) for c in (slow, quick)]
    evidence += f", on {cores[0]} and {cores[1]} cores." if cores[0] != cores[1] else "."
    if bool(costs.loc[[slow, quick], "shared"].any()):
        evidence += " Some of it was timed while other work ran."
    return Sentence("Price", claim, evidence)


def _others(evaluation: Evaluation, pair: Pair) -> Sentence | None:
    """Name a contender outside the pair that leads a headline number."""
    best = evaluation.best.set_index("metric")
    leads = [
        (words, best.loc[metric, "winner"])
        for metric, words in (("mae", "age"), ("accuracy", "gender"))
        if metric in best.index and best.loc[metric, "winner"] not in (pair.first, pair.second)
    ]
    if not leads:
        return None
    claim = "; ".join(f"{name} leads on {words}" for words, name in leads)
    values = ", ".join(
        f"{name}: {number(evaluation.value(name, 'mae'), 'years')} years, "
        f"{number(evaluation.value(name, 'accuracy'), 'share')}"
        for name in dict.fromkeys(n for _, n in leads)
    )
    return Sentence(
        "Others",
        f"{claim}.",
        f"{values}. It is not part of the tested pair, so read it as an estimate.",
    )
