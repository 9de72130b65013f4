"""The provenance section: versions, seeds, machine, plan, failures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reports.display.blocks import Block, Listing, Prose
from reports.display.cells import Column, Row, Table, text_cell
from reports.evaluation import Evaluation

TITLE = "Provenance"
ORDER = 180


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    return "What it takes to get these numbers again."


def finding(evaluation: Evaluation) -> str:
    """Count the cells that failed."""
    failed = len(evaluation.failures)
    cells = evaluation.run.predictions[["protocol", "contender", "seed", "fold"]]
    said = f"{len(cells.drop_duplicates())} cells answered"
    return f"{said}; {failed} failed." if failed else f"{said}, none failed."


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return contenders, failures, facts, versions and the plan."""
    provenance = evaluation.run.provenance
    found: list[Block] = [_contenders(provenance, evaluation)]
    found += [*_failures(evaluation), *_left_out(provenance)]
    facts = {
        "command": provenance.get("command"),
        "plan": provenance.get("plan_name"),
        "seeds": provenance.get("seeds"),
        "started": provenance.get("started"),
        "finished": provenance.get("finished"),
        "machine": provenance.get("machine"),
        "checksums": provenance.get("checksums"),
    }
    facts |= {
        f"data set {name}": facts_of for name, facts_of in provenance.get("data_sets", {}).items()
    }
    found.append(_pairs("run", "The run", facts))
    found.append(_pairs("versions", "Versions", provenance.get("versions", {})))
    plan = provenance.get("plan")
    if plan:
        text = plan if isinstance(plan, str) else json.dumps(plan, indent=2, default=str)
        found.append(Listing("The plan", text))
    return found + charts


def _contenders(provenance: Mapping[str, Any], evaluation: Evaluation) -> Table:
    rows = []
    for k, name in enumerate(evaluation.panel.contenders):
        facts = provenance.get("contenders", {}).get(name, {})
        cells = [name, facts.get("family", "other"), facts.get("summary", "")]
        cells += [facts.get("pretrained_on", "not recorded")]
        cells += ["yes" if facts.get("trained", True) else "no", _plain(facts.get("options"))]
        rows.append(Row([text_cell(c) for c in cells], contender=k))
    heads = ("contender", "family", "what it is", "pre-trained on", "trained here", "options")
    columns = [Column(c, numeric=False) for c in heads]
    return Table("contenders", "Contenders", columns, rows)


def _left_out(provenance: Mapping[str, Any]) -> list[Block]:
    """Return what the plan asked for and the run does without, each with its reason."""
    entries = provenance.get("extras_left_out", ())
    if not entries:
        return []
    rows = [Row([text_cell(str(e["extra"])), text_cell(str(e["reason"]))]) for e in entries]
    columns = [Column("extra", numeric=False), Column("why", numeric=False)]
    return [Table("left_out", "Extras left out", columns, rows)]


def _failures(evaluation: Evaluation) -> list[Block]:
    failures = evaluation.failures
    if not failures:
        return [Prose(["Every cell that ran has finished."])]
    rows = [
        Row([text_cell(_plain(f.get("cell"))), text_cell(str(f.get("error", "")).strip())])
        for f in failures
    ]
    columns = [Column("cell", numeric=False), Column("error", numeric=False)]
    return [Table("failures", "Cells that failed", columns, rows)]


def _pairs(key: str, title: str, facts: Mapping[str, Any]) -> Table:
    rows = [
        Row([text_cell(name), text_cell(_plain(value))])
        for name, value in facts.items()
        if value not in (None, "", [], {})
    ]
    columns = [Column("", numeric=False), Column("", numeric=False)]
    return Table(key, title, columns, rows, sortable=False)


def _plain(value: Any) -> str:
    """Print nested facts on one line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{k}: {_plain(v)}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(v) for v in value)
    return "" if value is None else str(value)
