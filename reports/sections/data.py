"""The data section: from files to test faces."""

from __future__ import annotations

import numpy as np
import pandas as pd

from basis.faces import PARTS
from reports.display.blocks import Block, Prose
from reports.display.cells import Cell, Column, Row, Table, from_frame, text_cell
from reports.display.words import minus
from reports.evaluation import Evaluation

TITLE = "Data"
ORDER = 150
AUDIT_ROWS = 60


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    return "From files to test faces."


def finding(evaluation: Evaluation) -> str:
    """Count files, faces and groups."""
    faces, panel = evaluation.run.faces, evaluation.panel
    return (
        f"{len(faces):,} readable images, {int(faces['keep'].sum()):,} kept, {len(panel.age):,} "
        f"tested in {int(panel.group.max()) + 1:,} groups."
    )


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return flow, parts, audit and leak; a sentence for each table that the run does not hold."""
    found: list[Block] = [_flow(evaluation)]
    licence = _licence(evaluation)
    if licence:
        found.insert(0, Prose([licence], "note"))
    found += _parts(evaluation)
    found += _audit(evaluation)
    found += _leak(evaluation)
    if evaluation.run.pose_error is None:
        found.append(
            Prose(["The run holds no comparison of pose labels with known pose."], "missing")
        )
    return found + charts


def _licence(evaluation: Evaluation) -> str:
    facts = evaluation.run.provenance.get("data_sets", {}).get(evaluation.panel.data_set, {})
    title = facts.get("title") or evaluation.panel.data_set
    licence = facts.get("licence")
    return f"{title}. {licence}" if licence else str(title)


def _flow(evaluation: Evaluation) -> Table:
    """Readable images, those dropped by reason, those kept, their groups, the tested ones."""
    faces, panel = evaluation.run.faces, evaluation.panel
    steps: list[tuple[str, int]] = [("readable images", len(faces))]
    reasons = faces.loc[~faces["keep"], "drop_reason"].fillna("no reason given").value_counts()
    steps += [(f"dropped: {reason}", -int(n)) for reason, n in reasons.items()]
    kept = faces[faces["keep"]]
    steps += [
        ("kept", len(kept)),
        ("groups among them (duplicates and identities share one)", kept["group"].nunique()),
        ("test faces", len(panel.age)),
        ("groups among the test faces", int(panel.group.max()) + 1),
    ]
    rows = [Row([text_cell(words), Cell(minus(n, 0), n)]) for words, n in steps]
    columns = [Column("step", numeric=False), Column("images")]
    return Table("flow", "From files to test faces", columns, rows, sortable=False)


def _parts(evaluation: Evaluation) -> list[Block]:
    splits = evaluation.run.splits
    if splits is None:
        return [
            Prose(["The run holds no splits table: sizes of the parts are not known."], "missing")
        ]
    panel = evaluation.panel
    mine = splits[(splits["data_set"] == panel.data_set) & (splits["protocol"] == panel.protocol)]
    if mine.empty:
        return []
    table = mine.groupby(["seed", "fold", "part"], observed=True).size()
    table = table.unstack("part")  # noqa: PD010
    table = table.reindex(columns=[p for p in PARTS if p in table.columns]).fillna(0).astype(int)
    return [
        from_frame(
            table.reset_index(),
            "parts",
            "Faces in each part",
            [],
            note="The test part is the same for every seed. Select chooses settings, calibrate "
            "sets probabilities and intervals, test decides nothing.",
        )
    ]


def _audit(evaluation: Evaluation) -> list[Block]:
    audit = evaluation.run.audit
    if audit is None:
        return [Prose(["The run holds no audit of the files."], "missing")]
    if audit.empty:
        return [Prose(["The audit found nothing odd."])]
    counts = audit.groupby(["problem", "action"], sort=True).size().rename("files").reset_index()
    counts = counts.sort_values("files", ascending=False, kind="stable")
    blocks: list[Block] = [from_frame(counts, "audit", "What the audit found", [])]
    rare = audit[audit.groupby("problem")["file"].transform("size") <= AUDIT_ROWS / 4]
    if len(rare):
        shown = rare[["file", "problem", "action", "detail"]].head(AUDIT_ROWS)
        note = "All findings stand in audit.csv of the run."
        blocks.append(from_frame(shown, "audit-files", "The rarer findings", [], note=note))
    return blocks


def _leak(evaluation: Evaluation) -> list[Block]:
    scan, leak = _scan(evaluation), evaluation.run.leak
    if leak is None or leak.empty:
        missing = "The run holds no measurement of what a leak would be worth."
        return [*scan, Prose([missing], "missing")]
    frame = leak.head(AUDIT_ROWS).copy()
    for column in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[column]):
            frame[column] = frame[column].astype(str).str.slice(0, 120)
    frame = frame.replace({np.nan: None}) if frame.isna().to_numpy().any() else frame
    note = "The same test faces, trained once with copies of them and once with as many others."
    return [*scan, from_frame(frame, "leak", "The value of the leak", [], note=note)]


def _scan(evaluation: Evaluation) -> list[Block]:
    """Say whether a group of faces stands in more than one part of a split."""
    splits = evaluation.run.splits
    if splits is None:
        return []
    groups = splits[["protocol", "seed", "fold", "face_id", "part"]].merge(
        evaluation.run.faces[["face_id", "group"]], on="face_id"
    )
    parts = groups.groupby(["protocol", "seed", "fold", "group"], observed=True)["part"].nunique()
    shared = (parts > 1).groupby("protocol", observed=True).sum()
    said = [
        f"Leak test, protocol {protocol}: "
        + (f"{n:,} groups stand in more than one part." if n else "no group stands in two parts.")
        for protocol, n in shared.items()
    ]
    return [Prose(said)]
