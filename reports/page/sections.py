"""The sections of the page, in order: each a title, a lead, and blocks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from reports.evaluation import POSE_COLUMNS, Evaluation
from reports.label_noise import label_noise
from reports.statistics import breakdowns

from . import result_tables
from .blocks import Block, Prose, Section
from .data_section import data_blocks
from .display import Cell, Column, Row, Table, from_frame, measured, minus, number
from .galleries import gallery_blocks
from .provenance_section import provenance_blocks
from .result_tables import headline_table

Charts = Callable[[str], list[Block]]


def sections(evaluation: Evaluation, charts: Charts) -> list[Section]:
    """Return the sections of the page.

    Parameters
    ----------
    evaluation : Evaluation
    charts : callable
        Section key -> the charts of that section.
    """
    names = ", ".join(evaluation.panel.contenders)
    found = [
        Section("result", "Result", f"Everything on all {len(evaluation.panel.age):,} test faces: "
                f"{names}.", [headline_table(evaluation), *charts("result"),
                              *_noise(evaluation)]),
        Section("groups", "For whom", "The same numbers by group. An average hides who pays for "
                "it.", charts("groups")),
        Section("pose", "Head pose", _pose_lead(evaluation), _pose(evaluation, charts)),
        _pair(evaluation, charts),
        Section("errors", "Errors of age", "How large the errors are, in which direction, and at "
                "which ages.", charts("errors")),
        Section("gender", "Gender", "Ranking and calibration of the probability of female.",
                charts("gender")),
        Section("certainty", "Certainty", "Do contenders know what they do not know?",
                charts("certainty")),
        Section("assurance", "Age assurance", "The questions of NIST's evaluation of age "
                "estimation: is this person 18, 25, a child? The faces here are no sample of any "
                "shop's customers.", [_assurance(evaluation)]),
        _costs(evaluation, charts),
        _curves(evaluation, charts),
        Section("faces", "Faces worth a look", "Where contenders fail and where they disagree.",
                gallery_blocks(evaluation)),
        Section("data", "Data", "From files to test faces.",
                [*data_blocks(evaluation), *charts("data")]),
        _others(evaluation),
        Section("methods", "Methods", "How each number is made."),
        Section("provenance", "Provenance", "What it takes to get these numbers again.",
                provenance_blocks(evaluation)),
    ]  # fmt: skip
    return [section for section in found if section is not None]


def _noise(evaluation: Evaluation) -> list[Block]:
    noise = label_noise(evaluation.run)
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


def _pose_lead(evaluation: Evaluation) -> str:
    if not _known_pose(evaluation):
        return "The pose of no test face is known, so nothing can be said about it."
    return (
        "Pose and age go together in collected pictures: toddlers look level into the camera, "
        "most turned heads are in their twenties. So errors are shown as measured, then as if "
        "every pose bin held the same ages and genders, then from a regression."
    )


def _known_pose(evaluation: Evaluation) -> list[str]:
    faces = evaluation.panel.faces
    return [
        c
        for c in POSE_COLUMNS
        if c in evaluation.columns and (faces[c].dropna().astype(str) != "unknown").any()
    ]


def _pose(evaluation: Evaluation, charts: Charts) -> list[Block]:
    blocks = list(charts("pose"))
    for column in _known_pose(evaluation):
        standard = evaluation.standards.get(column)
        name = breakdowns.label(column)
        if standard is None:
            blocks.append(Prose([f"{name}: too few bins share ages to standardise."], "missing"))
            continue
        text = (
            f"{name}: standardised over {', '.join(standard.bins)}; the strata these bins share "
            f"hold {number(standard.coverage, 'share')} of the faces of known pose."
        )
        if standard.raw_only:
            text += (
                f" {', '.join(standard.raw_only)} would push that below 70% and "
                f"{'is' if len(standard.raw_only) == 1 else 'are'} shown as measured only."
            )
        blocks.append(Prose([text], "note"))
        if column in evaluation.regressions:
            blocks.append(result_tables.regression_table(evaluation, column))
    return blocks


def _pair(evaluation: Evaluation, charts: Charts) -> Section:
    pair = evaluation.pair
    if pair is None:
        return Section(
            "pair",
            "The tested pair",
            "",
            [Prose(["This run has one contender only: there is no pair to test."], "missing")],
        )
    lead = (
        f"{pair.second} against {pair.first}, on the same faces. {pair.reason} Every other "
        "comparison on this page is an estimate with an interval, not a test."
    )
    blocks: list[Block] = []
    table = result_tables.not_better_table(evaluation)
    if table is not None and table.rows:
        blocks.append(table)
    elif table is not None:
        blocks.append(Prose([f"{pair.second} is clearly better in every group."]))
    blocks += charts("pair")
    blocks.append(result_tables.tests_table(evaluation))
    if len(evaluation.mcnemar):
        frame = evaluation.mcnemar.rename(
            columns={
                "only_first": f"only {pair.first} right",
                "only_second": f"only {pair.second} right",
            }
        )
        blocks.append(
            from_frame(
                frame,
                "mcnemar",
                "McNemar's test of gender by seed",
                [],
                note="One face per group; exact binomial test.",
            )
        )
    return Section("pair", "The tested pair", lead, blocks)


def _assurance(evaluation: Evaluation) -> Table:
    frame = evaluation.age_assurance
    names = evaluation.panel.contenders
    columns = [Column("question", numeric=False), Column("faces")]
    columns += [Column(c, contender=k) for k, c in enumerate(names)]
    rows = []
    for question, part in frame.groupby("question", sort=False):
        n = int(part["n"].max())
        cells = [Cell(str(question), str(question)), Cell(minus(n, 0), n)]
        by_name = part.set_index("contender")
        for k, contender in enumerate(names):
            if contender not in by_name.index:
                cells.append(Cell(number(None), contender=k))
                continue
            row = by_name.loc[contender]
            cells.append(
                measured(
                    row["value"], row["value_low"], row["value_high"], row["unit"], contender=k
                )
            )
        rows.append(Row(cells, faint=n < 30))
    return Table(
        "assurance",
        "Age assurance",
        columns,
        rows,
        "After NIST FATE AEV. Age-balanced: mean over sex x single year, so that frequent ages "
        "weigh no more than rare ones.",
    )


def _costs(evaluation: Evaluation, charts: Charts) -> Section:
    if evaluation.costs.empty:
        blocks: list[Block] = [
            Prose(["The run holds no costs: times, memory and sizes are left out."], "missing")
        ]
    else:
        blocks = charts("costs")
        if bool(evaluation.costs["shared"].any()):
            shared = ", ".join(evaluation.costs.index[evaluation.costs["shared"]])
            blocks.append(
                Prose([f"Timed while other cells ran on the same machine: {shared}."], "note")
            )
    return Section("costs", "Cost", "What accuracy costs in time, memory and size.", blocks)


def _curves(evaluation: Evaluation, charts: Charts) -> Section | None:
    blocks = charts("curves")
    if not blocks:
        blocks = [Prose(["The run holds no learning or robustness curves."], "missing")]
    return Section(
        "curves", "Learning and robustness", "More training faces, worse pictures.", blocks
    )


def _others(evaluation: Evaluation) -> Section | None:
    if not evaluation.other_panels:
        return None
    tables: list[Block] = []
    for panel, (numbers, _) in zip(
        evaluation.other_panels, evaluation.other_headlines, strict=True
    ):
        rows = numbers[numbers["metric"].isin(("mae", "cs5", "bias", "accuracy"))]
        wide = pd.DataFrame({"contender": panel.contenders})
        wide["n"] = [int(panel.answers[c].complete.sum()) for c in panel.contenders]
        for metric, part in rows.groupby("metric", sort=False):
            mine = part.set_index("contender")
            for source, target in (("value", ""), ("low", "_low"), ("high", "_high")):
                wide[f"{metric}{target}"] = wide["contender"].map(mine[source])
        units = {"mae": "years", "bias": "years", "cs5": "share", "accuracy": "share"}
        note = "Descriptive only: copies are kept." if panel.protocol == "raw" else ""
        tables.append(
            from_frame(
                wide,
                f"panel-{panel.protocol}",
                panel.name,
                evaluation.panel.contenders,
                units=units,
                note=note,
            )
        )
    return Section("others", "Other protocols", "The same contenders, other faces.", tables)
