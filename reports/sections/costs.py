"""Cost: time, memory and size."""

from __future__ import annotations

import numpy as np

from reports.display.blocks import Block, Prose
from reports.display.words import duration, minus, number
from reports.evaluation import Evaluation

TITLE = "Cost"
ORDER = 90


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    return "What accuracy costs in time, memory and size."


def finding(evaluation: Evaluation) -> str:
    """Say what the difference of the tested pair costs."""
    return price_claim(evaluation)[0]


def price_claim(evaluation: Evaluation) -> tuple[str, str]:
    """Return claim and evidence on what the tested pair's difference costs; '' if not known.

    Core time is what two contenders on different numbers of cores can be compared by.
    """
    pair, costs = evaluation.pair, evaluation.costs
    if pair is None or not {pair.first, pair.second} <= set(costs.index):
        return "", ""
    one, two = costs.loc[pair.first], costs.loc[pair.second]
    known = [c for c in ("core_seconds", "fit_seconds") if np.isfinite([one[c], two[c]]).all()]
    if not known or "age" not in set(evaluation.tests["target"]):
        return "", ""
    measure = known[0]
    dear, cheap = (
        (pair.second, pair.first) if two[measure] >= one[measure] else (pair.first, pair.second)
    )
    tests = evaluation.tests
    (test,) = tests[(tests["breakdown"] == "") & (tests["target"] == "age")].to_dict("records")
    gain = test["advantage"] if dear == pair.second else -test["advantage"]
    word = "less" if gain >= 0 else "more"
    ratio = times(costs.loc[dear, measure], costs.loc[cheap, measure])
    unit = "core time" if measure == "core_seconds" else "time"
    per_face = times(*costs.loc[[dear, cheap], "milliseconds_per_face"])
    years = f"{number(abs(gain), 'years')} years {word}"
    said = (
        f"{dear} errs by {years} than {cheap}"
        if test["claim"] in ("first", "second")
        else f"{dear} and {cheap} are not told apart on age ({dear}: {years})"
    )
    claim = f"{said}, for {ratio} the {unit} of training and {per_face} the time per face."
    return claim, _evidence(evaluation, dear, cheap)


def _evidence(evaluation: Evaluation, dear: str, cheap: str) -> str:
    costs = evaluation.costs
    said = []
    for name in (dear, cheap):
        row = costs.loc[name]
        cores = row.get("cores", np.nan)
        on = f" on {int(cores)} core{'s' * int(cores > 1)}" if np.isfinite(cores) else ""
        said.append(
            f"{name}: {duration(row['fit_seconds'])} of training{on}, "
            f"{duration(row['milliseconds_per_face'] / 1000)} a face"
        )
    evidence = f"{'; '.join(said)}."
    shared = [c for c in (dear, cheap) if bool(costs.loc[c, "shared"])]
    if shared:
        evidence += f" Timed while other work ran on the machine: {', '.join(shared)}."
    return evidence


def times(a: float, b: float) -> str:
    """Return in words how many times b is contained in a."""
    if not (np.isfinite(a) and np.isfinite(b) and b > 0):
        return "an unknown multiple of"
    ratio = a / b
    return f"{minus(ratio, 2 if ratio < 1 else 1 if ratio < 10 else 0)} times"


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return the charts, and who was timed beside other work."""
    if evaluation.costs.empty:
        missing = "The run holds no costs: times, memory and sizes are left out."
        return [Prose([missing], "missing")]
    found = list(charts)
    if bool(evaluation.costs["shared"].any()):
        shared = ", ".join(evaluation.costs.index[evaluation.costs["shared"]])
        words = f"Timed while other cells ran on the same machine: {shared}."
        found.append(Prose([words], "note"))
    return found
