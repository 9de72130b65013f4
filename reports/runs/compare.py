"""Several runs on one page: what differs, and what it did to the numbers."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.display.blocks import Block, Listing, Prose, Section
from reports.display.cells import Table, from_frame
from reports.evaluation import Evaluation
from reports.panel import Panel
from reports.statistics.intervals import Estimate, mean_interval
from reports.statistics.pairs import seed_mean
from reports.statistics.resampling import generator, sign_flip_p, totals
from reports.statistics.shares import share_difference
from reports.tables import RunTables

Runs = Mapping[str, RunTables] | Sequence[RunTables]


def compare(runs: Runs) -> str:
    """Return one HTML page over two or more runs.

    Each contender that stands in the first run and in another is compared on the faces that both
    runs tested: paired where faces are shared, side by side where they are not.

    Parameters
    ----------
    runs : mapping of name to RunTables, or sequence of RunTables
        The first is the reference. Without names, the plan's name and a number are used.

    Returns
    -------
    str
        The page.

    Raises
    ------
    ValueError
        Fewer than two runs.

    Examples
    --------
    >>> import reports
    >>> truth = {"age": [30, 40, 25], "gender": ["male", "female", "female"]}
    >>> answers = {"age": [31.0, 44.0, 24.5], "p_female": [0.1, 0.8, 0.7]}
    >>> run = reports.from_predictions(truth, {"mine": answers})
    >>> "mine" in reports.compare({"before": run, "after": run})
    True
    """
    from reports.page.page import environment

    named = _named(runs)
    if len(named) < 2:
        raise ValueError("comparing needs at least two runs")
    evaluations = {name: Evaluation(run) for name, run in named.items()}
    sections = [
        Section("numbers", "All numbers", "Each run on its own test faces.",
                [_headlines(evaluations)]),
        Section("changes", "What changed", f"Against {next(iter(named))}, contender by contender, "
                "on the faces that both runs tested.", _changes(evaluations)),
        Section("plans", "What differs", "Plans and versions, line by line.", _differences(named)),
    ]  # fmt: skip
    return (
        environment()
        .get_template("compare.html.jinja")
        .render(title=f"{len(named)} runs compared", names=list(named), sections=sections)
    )


def _named(runs: Runs) -> dict[str, RunTables]:
    if isinstance(runs, Mapping):
        return dict(runs)
    return {
        f"{k}: {run.provenance.get('plan_name') or 'run'}": run for k, run in enumerate(runs, 1)
    }


def _headlines(evaluations: Mapping[str, Evaluation]) -> Table:
    rows = []
    for name, evaluation in evaluations.items():
        numbers = evaluation.headline.set_index(["contender", "metric"])
        for contender in evaluation.panel.contenders:
            row: dict[str, Any] = {"run": name, "contender": contender}
            row |= {"data": evaluation.panel.name}
            row["n"] = int(evaluation.panel.answers[contender].complete.sum())
            for metric in ("mae", "cs5", "bias", "accuracy"):
                if (contender, metric) not in numbers.index:
                    continue  # data of which only ranges of ages are known
                found = numbers.loc[(contender, metric)]
                row |= {metric: found["value"], f"{metric}_low": found["low"]}
                row |= {f"{metric}_high": found["high"]}
            rows.append(row)
    units = {"mae": "years", "bias": "years", "cs5": "share", "accuracy": "share"}
    return from_frame(pd.DataFrame(rows), "runs", "Headline numbers", [], units=units)


def _changes(evaluations: Mapping[str, Evaluation]) -> list[Block]:
    (first, base), *others = evaluations.items()
    frames: list[pd.DataFrame] = []
    blocks: list[Block] = []
    for name, other in others:
        if other.panel.data_set != base.panel.data_set:
            blocks.append(
                Prose([f"{name} is about other data ({other.panel.data_set}): nothing is paired."])
            )
            continue
        rows = changes(base.panel, other.panel)
        if rows.empty:
            why = (
                f"{name} shares no contender or no test face with {first}, or their labels differ."
            )
            blocks.append(Prose([why]))
        else:
            frames.append(rows.assign(run=name))
    if frames:
        table = pd.concat(frames, ignore_index=True)
        table = table[["run", *(c for c in table.columns if c != "run")]]
        units = {"less error": "years", "more right": "points"}
        blocks.insert(
            0,
            from_frame(
                table,
                "changes",
                "Change against the first run",
                [],
                units=units,
                note="Positive is better than the first run: years less error, points more "
                "gender right. 95% intervals; p by group sign-flips, not adjusted.",
            ),
        )
    return list(blocks)


def changes(base: Panel, other: Panel) -> pd.DataFrame:
    """Compare each shared contender of two panels on their shared faces.

    Columns ``contender``, ``n`` (shared faces), ``less error`` and ``more right`` of the second
    panel with ``_low``, ``_high``, ``p age``, ``p gender``.
    """
    ids = pd.Index(base.faces["face_id"])
    there = ids.get_indexer(other.faces["face_id"])
    mine, theirs = there[there >= 0], np.flatnonzero(there >= 0)
    alike = _same_labels(base, other, mine, theirs)
    mine, theirs = mine[alike], theirs[alike]
    rows = []
    for contender in [c for c in base.contenders if c in other.answers]:
        if not len(mine):
            break
        error = seed_mean(base, contender, "mae")[mine] - seed_mean(other, contender, "mae")[theirs]
        right = (
            seed_mean(other, contender, "accuracy")[theirs]
            - seed_mean(base, contender, "accuracy")[mine]
        )
        known = np.isfinite(error), np.isfinite(right)
        if not (known[0] | known[1]).any():
            continue
        group, rng = base.group[mine], generator("runs", contender)
        row: dict[str, Any] = {"contender": contender, "n": int((known[0] | known[1]).sum())}
        if known[0].any():
            values, groups = error[known[0], None], group[known[0]]
            row |= _spread("less error", mean_interval(values, groups, rng).take(0))
        if known[1].any():
            values, groups = right[known[1], None], group[known[1]]
            row |= _spread("more right", share_difference(values, groups).take(0))
        gap = np.nan_to_num(np.stack([error, right], axis=1))
        sums = totals(gap, group, base.n_groups)
        p = sign_flip_p(sums, generator("runs", contender))
        for name, value, there_are in zip(("p age", "p gender"), p, known, strict=True):
            row[name] = float(value) if there_are.any() else np.nan
        rows.append(row)
    return pd.DataFrame(rows)


def _spread(name: str, found: Estimate) -> dict[str, float]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _same_labels(base: Panel, other: Panel, mine: Any, theirs: Any) -> NDArray[np.bool_]:
    """Say which faces of one name have the same age and gender in both runs: the others are not."""
    ages, there = base.age[mine], other.age[theirs]
    same = (ages == there) | (np.isnan(ages) & np.isnan(there))
    genders, there = base.female[mine], other.female[theirs]
    return np.asarray(same & ((genders == there) | (np.isnan(genders) & np.isnan(there))))


def _differences(named: Mapping[str, RunTables]) -> list[Block]:
    (first, base), *others = named.items()
    blocks: list[Block] = []
    for name, run in others:
        lines = difflib.unified_diff(_facts(base), _facts(run), first, name, lineterm="", n=1)
        text = "\n".join(lines)
        blocks.append(
            Listing(f"{first} → {name}", text)
            if text
            else Prose([f"{name} has the plan and the versions of {first}."])
        )
    return blocks


def _facts(run: RunTables) -> list[str]:
    wanted = ("plan", "seeds", "contenders", "versions", "machine")
    facts = {key: run.provenance.get(key) for key in wanted}
    plan = facts["plan"]
    if isinstance(plan, str):
        facts["plan"] = plan.splitlines()
    return json.dumps(facts, indent=1, sort_keys=True, default=str).splitlines()
