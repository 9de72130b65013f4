"""From a run to its page: evaluation, pictures, sections, one template."""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from reports import charts, sections
from reports.display import blocks
from reports.display.blocks import Block, Chart, Section
from reports.display.cells import Table, from_frame
from reports.drawing import figures
from reports.evaluation import Evaluation
from reports.noise_floor import noise_floor
from reports.sections.faces import gallery_tables
from reports.sections.groups import gap_table
from reports.tables import RunTables

from .caveats import caveats, warnings
from .pictures import Picture, draw
from .verdict import Sentence, verdict

FORMAT = 1
FIRST_BREAKDOWNS = ("age", "gender", "ethnicity", "|yaw|")  # of the first table
UNIT_OF = {"accuracy": "share", "mae": "years", "age": "years", "gender": "points"}


def environment() -> Environment:
    """Return the template environment: everything escaped, undefined names are errors."""
    found = Environment(
        loader=PackageLoader("reports.page", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["kind"] = blocks.kind
    found.filters["digits"] = digits
    return found


class Page:
    """One run's numbers, pictures and page, each made once."""

    def __init__(self, run: RunTables) -> None:
        self.evaluation = Evaluation(run)
        families = {c: self.evaluation.family(c) for c in self.evaluation.panel.contenders}
        self.looks = figures.looks(families)

    @cached_property
    def frames(self) -> dict[str, tuple[Any, str, str, pd.DataFrame]]:
        """Key -> (chart module, variant, title, numbers) of every chart that has numbers."""
        out: dict[str, tuple[Any, str, str, pd.DataFrame]] = {}
        for module in charts.find():
            variants = getattr(module, "variants", lambda evaluation: [("", "")])
            for variant, title in variants(self.evaluation):
                frame = module.frame(self.evaluation, variant)
                if frame is not None and not frame.empty:
                    title = module.TITLE.format(variant=title)
                    out[_key(title, variant, out)] = (module, variant, title, frame)
        return out

    @cached_property
    def verdict(self) -> list[Sentence]:
        """What the numbers say, in sentences."""
        return verdict(self.evaluation)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Every number on the page, ready for JSON."""
        e = self.evaluation
        pair = e.pair
        return jsonable(
            {
                "format": FORMAT,
                "plan": e.run.provenance.get("plan_name"),
                "data_set": e.panel.data_set,
                "protocol": e.panel.protocol,
                "n_faces": len(e.panel.age),
                "n_groups": int(e.panel.group.max()) + 1,
                "contenders": {
                    c: {"family": e.family(c), "seeds": list(e.panel.answers[c].seeds)}
                    for c in e.panel.contenders
                },
                "verdict": [vars(s) for s in self.verdict],
                "caveats": caveats(e),
                "warnings": warnings(e),
                "label_noise": noise_floor(e.run),
                "headline": e.headline,
                "best": e.best,
                "costs": e.costs.reset_index(),
                "pair": vars(pair) if pair else None,
                "tests": e.tests,
                "gaps": e.gaps,
                "breakdowns": e.breakdown_tables,
                "standardised": {
                    c: {
                        "bins": s.bins,
                        "raw_only": s.raw_only,
                        "coverage": s.coverage,
                        "numbers": e.standardised[c],
                        "regression": e.regressions.get(c),
                    }
                    for c, s in e.standards.items()
                },
                "other_panels": {
                    p.name: numbers
                    for p, numbers in zip(e.other_panels, e.other_headlines, strict=True)
                },
                "elsewhere": e.against_home,
                "also": {name: other.facts for name, other in e.run.also.items()},
                "findings": {key: s.finding for key, s in self._computed.items() if s.finding},
                "tables": self._tables(),
                "charts": {
                    title: frame.drop(columns="counts", errors="ignore")
                    for _, _, title, frame in self.frames.values()
                },
            }
        )

    def _tables(self) -> dict[str, list[dict[str, Any]]]:
        """Return the tables that are no chart's numbers, as records of column heading to value."""
        blocks = [b for section in self._computed.values() for b in section.blocks]
        found = [b for b in blocks if isinstance(b, Table)] + gallery_tables(self.evaluation)
        return {table.key: table.records() for table in found if table.key != "headline"}

    def _charts(self, section: str) -> list[Block]:
        return [
            self._chart(key, *found)
            for key, found in self.frames.items()
            if section == found[0].SECTION
        ]

    def _chart(self, key: str, module: Any, variant: str, title: str, frame: pd.DataFrame) -> Chart:
        names = list(self.looks)
        drawn = figures.contenders_of(frame)
        table = from_frame(frame, key, title, names, units=_units(module, variant))
        legend = [names.index(c) for c in drawn] if getattr(module, "LEGEND", True) else []
        return Chart(key, title, module.NOTE, table, legend)

    @cached_property
    def _computed(self) -> dict[str, Section]:
        """The sections of numbers by key: all but the faces, whose pictures may come later."""
        keys = [key for key in sections.find() if key != "faces"]
        return sections.made(self.evaluation, self._charts, keys)

    @cached_property
    def sections(self) -> list[Section]:
        """The sections of the page."""
        made = self._computed | sections.made(self.evaluation, self._charts, ["faces"])
        return [made[key] for key in sections.find() if key in made]

    @cached_property
    def first_screen(self) -> list[Block]:
        """What stands below the verdict: one picture of groups, one table, one of the price."""
        charts = self._charts("summary")
        gaps = gap_table(self.evaluation, self.evaluation.verdict_contenders)
        chosen = [row for row in gaps.rows if row.cells[0].value in FIRST_BREAKDOWNS]
        if not chosen:
            return charts
        note = f"{gaps.note} All breakdowns: section For whom."
        table = replace(gaps, key="gaps-first", title="Worst groups", rows=chosen, note=note)
        return [*charts[:1], table, *charts[1:]]

    @cached_property
    def pictures(self) -> dict[str, Picture]:
        """The drawn charts of the page by key."""
        blocks = [*self.first_screen, *(b for section in self.sections for b in section.blocks)]
        drawn = {}
        for key in (block.key for block in blocks if isinstance(block, Chart)):
            module, variant, title, frame = self.frames[key]
            drawn[key] = draw(module, variant, frame, self.looks, key, title)
        return drawn

    @cached_property
    def html(self) -> str:
        """The page."""
        e = self.evaluation
        provenance = e.run.provenance
        facts = provenance.get("data_sets", {}).get(e.panel.data_set, {})
        return (
            environment()
            .get_template("page.html.jinja")
            .render(
                title=f"{provenance.get('plan_name') or 'Study'}: age and gender from faces",
                data_title=str(facts.get("title") or e.panel.data_set),
                panel=e.panel,
                n_groups=int(e.panel.group.max()) + 1,
                n_seeds=max(len(a.seeds) for a in e.panel.answers.values()),
                n_least=min(len(a.seeds) for a in e.panel.answers.values()),
                of_recipe=bool(len(e.tests)) and bool(np.isfinite(e.tests["recipe_low"]).any()),
                started=str(provenance.get("started") or ""),
                verdict=self.verdict,
                caveats=caveats(e),
                sections=self.sections,
                first=self.first_screen,
                pictures=self.pictures,
                name=str(provenance.get("plan_name") or "study"),
                contenders=[
                    {"name": c, "slot": look.slot, "family": e.family(c)}
                    for c, look in self.looks.items()
                ],
                level=e.interval_level,
            )
        )


def _key(title: str, variant: str, taken: Collection[str]) -> str:
    """Name a chart by what it shows: ``age-error-by-age``; no other chart changes its name."""
    plain = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    if plain and plain not in taken:
        return plain
    return f"{plain or 'chart'}-{zlib.crc32(f'{title} {variant}'.encode()):08x}"


def _units(module: Any, variant: str) -> dict[str, str]:
    """Find the unit of a chart's numbers: stated by the module, or told by its variant."""
    stated = getattr(module, "UNITS", None)
    if stated is not None:
        return dict(stated)
    unit = UNIT_OF.get(variant.rsplit(":", 1)[-1], "")
    pair = {"points": "share"}.get(unit, unit)
    return {"value": unit, "raw": unit, "first": pair, "second": pair, "mae": "years"}


def digits(value: Any) -> str:
    """Print an exported value: numbers with six digits, text as it is, '' for nothing."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)


def jsonable(value: Any) -> Any:
    """Turn frames, arrays and NaN into what JSON can hold; floats keep six digits."""
    if isinstance(value, pd.DataFrame):
        return [jsonable(row) for row in value.to_dict("records")]
    if isinstance(value, Mapping):
        return {str(k): jsonable(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(v) for v in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value if value is None else str(value)


def to_json(summary: Mapping[str, Any]) -> str:
    """Return a summary as JSON text, the same bytes for the same numbers."""
    return json.dumps(summary, indent=1, sort_keys=True, ensure_ascii=False)
