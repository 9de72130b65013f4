"""The evaluation of a run: every table of numbers, each computed once, when first asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from reports.statistics.metrics import METRICS

from .panel import Panel, builds_on, family_of, panel_of, panels, untrained
from .statistics import (
    age_assurance,
    breakdowns,
    elsewhere,
    gaps,
    headline,
    paired,
    standardisation,
    stress,
)
from .statistics import pairs as comparison
from .statistics.costs import typical_costs
from .tables import RunTables

CELL = ["protocol", "contender", "seed", "fold"]
POSE_COLUMNS = ("yaw_bin", "pitch_bin")
CROSSED = (
    ("age_class", "gender"),
    ("age_class", "yaw_bin"),
    ("gender", "yaw_bin"),
    ("gender", "ethnicity"),
)
COARSER = {"age_class": "age_bin"}
BOOTSTRAPPED = tuple(
    m.name for m in METRICS.values() if m.interval in ("positive", "signed", "root")
)
MAX_LEVELS = 100  # a breakdown with more levels is a key, not a breakdown


class Evaluation:
    """All numbers of one run; ``panel`` is what the page is about, ``pair`` the tested pair."""

    def __init__(self, run: RunTables) -> None:
        self.run = run
        self.panel, *self.other_panels = panels(run)
        self.pair = comparison.choose_pair(self.panel.contenders, run.provenance)

    @cached_property
    def columns(self) -> list[str]:
        """Breakdowns with faces and at most ``MAX_LEVELS`` occupied levels."""
        faces = self.panel.faces
        return [c for c in breakdowns.breakdown_columns(faces) if faces[c].nunique() <= MAX_LEVELS]

    @cached_property
    def drawn_columns(self) -> list[str]:
        """Breakdowns that are drawn and spoken of: not those that only coarsen another one."""
        return [c for c in self.columns if COARSER.get(c) not in self.columns]

    @cached_property
    def shown(self) -> list[str]:
        """Contenders worth a panel of their own: no baselines, unless there is nothing else."""
        names = self.panel.contenders
        return [c for c in names if self.family(c) != "baseline"] or names

    @cached_property
    def verdict_contenders(self) -> list[str]:
        """Those the verdict names: the pair, and who has the smallest error of age."""
        names = [self.pair.first, self.pair.second] if self.pair else self.shown[:1]
        return list(dict.fromkeys([*names, self.leader]))

    @cached_property
    def leader(self) -> str:
        """The shown contender with the smallest error of age, on the faces that all answered."""
        return comparison.smallest_error(self.panel, self.shown)

    @cached_property
    def skipped_columns(self) -> list[str]:
        """Category columns with too many levels to show."""
        return [c for c in breakdowns.breakdown_columns(self.panel.faces) if c not in self.columns]

    @cached_property
    def means(self) -> dict[tuple[str, str], dict[Any, Any]]:
        """Bootstrapped means over all faces and by level, one set of draws for each level."""
        extra = {}
        if self.pair:
            better = comparison.advantages(self.panel, self.pair.first, self.pair.second)
            extra["advantage"] = better["age"]
        every = breakdowns.mean_columns(self.panel, BOOTSTRAPPED) | extra
        few = breakdowns.mean_columns(self.panel) | extra
        return breakdowns.level_means(self.panel, [], every) | breakdowns.level_means(
            self.panel, self.columns, few, everyone=False
        )

    @cached_property
    def headline(self) -> pd.DataFrame:
        """Every metric of every contender (``headline.headline``)."""
        return headline.headline(self.panel, self.means["", "all"], untrained(self.run.provenance))

    @cached_property
    def other_headlines(self) -> list[pd.DataFrame]:
        """Headline of each further protocol."""
        return [headline_of(panel, untrained(self.run.provenance)) for panel in self.other_panels]

    @cached_property
    def families(self) -> int:
        """How many families of tests the page makes; each gets an equal part of the 5%."""
        return 2 + bool(self.elsewhere) + (self.run.stress is not None)

    @cached_property
    def _tested(self) -> paired.Tested:
        return paired.paired_tests(
            self.panel, self.pair, self.columns, self.means, self.headline, self.elsewhere,
            self.families,
        )  # fmt: skip

    @property
    def tests(self) -> pd.DataFrame:
        """Paired tests of the named pair (``pairs.compare_by_level``), adjusted for the page."""
        return self._tested[0]

    @property
    def best(self) -> pd.DataFrame:
        """Winner against runner-up by metric (``headline.best_by_metric``), tested."""
        return self._tested[1]

    @property
    def pair_elsewhere(self) -> dict[str, pd.DataFrame]:
        """The pair on each other data set (``elsewhere.pair_elsewhere``), tested."""
        return self._tested[2]

    @property
    def gaps(self) -> pd.DataFrame:
        """Worst against best group of every breakdown (``gaps.gaps``)."""
        return self._gaps[0]

    @property
    def changes(self) -> pd.DataFrame:
        """Whether the pair's difference is the same in all groups, by breakdown (``gaps.gaps``)."""
        return self._gaps[1]

    @cached_property
    def _gaps(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        tables = {c: self.breakdown_tables[c] for c in self.drawn_columns}
        better = None
        if self.pair:
            better = comparison.advantages(self.panel, self.pair.first, self.pair.second)
        return gaps.gaps(self.panel, tables, self.shown, self.families, better)

    @cached_property
    def breakdown_tables(self) -> dict[str, pd.DataFrame]:
        """One frame per breakdown column (``breakdowns.breakdown``)."""
        return {c: breakdowns.breakdown(self.panel, c, means=self.means) for c in self.columns}

    @cached_property
    def stress(self) -> pd.DataFrame:
        """Error on changed pictures (``stress.stress_table``); empty if the run holds none."""
        if self.run.stress is None:
            return pd.DataFrame(columns=stress.COLUMNS)
        stated = self.run.provenance.get("stress", {}).get("conditions", {})
        table = stress.stress_table(self.panel, self.run.stress, stated)
        return stress.adjusted(table, self.shown, self.families)

    @cached_property
    def breaking_points(self) -> pd.DataFrame:
        """Mildest level that breaks each contender (``stress.breaking_points``)."""
        return stress.breaking_points(self.stress)

    @cached_property
    def elsewhere(self) -> dict[str, elsewhere.OtherPanel]:
        """Each other data set with answers, beside the home faces of the same cells."""
        found = {}
        for name, other in self.run.also.items():
            rows = other.predictions[other.predictions["contender"].isin(self.panel.contenders)]
            home = self.run.predictions[self.run.predictions["data_set"] == self.panel.data_set]
            # one model each: the first that answered on both sides
            cells = rows[CELL].drop_duplicates().merge(home[CELL].drop_duplicates(), on=CELL)
            cells = cells.sort_values(CELL).drop_duplicates("contender")
            rows, home = (table.merge(cells, on=CELL) for table in (rows, home))
            if rows.empty or home.empty:
                continue
            protocol, provenance = str(rows["protocol"].iloc[0]), self.run.provenance
            here = panel_of(self.run.faces, home, provenance, self.panel.data_set, protocol)
            rows = rows[rows["contender"].isin(here.contenders)]
            there = panel_of(other.faces, rows, provenance, name, protocol)
            low, high = elsewhere.age_ends(there.faces)
            found[name] = elsewhere.OtherPanel(there, low, high, here)
        return found

    @cached_property
    def against_home(self) -> dict[str, pd.DataFrame]:
        """Errors elsewhere and at home (``elsewhere.compare_with_home``), by data set."""
        found = {
            name: elsewhere.compare_with_home(other, self.interval_level)
            for name, other in self.elsewhere.items()
        }
        return elsewhere.adjusted(found, self.shown, self.families)

    @cached_property
    def standards(self) -> dict[str, standardisation.Standard]:
        """Standardisation weights of each pose breakdown that has known poses and age classes."""
        if "age_class" not in self.columns:
            return {}
        stratum = standardisation.strata(self.panel)
        out = {}
        for column in POSE_COLUMNS:
            if column in self.columns:
                pose = self.panel.faces[column]
                merged = standardisation.merged_strata(stratum, pose)
                standard = standardisation.standardise(merged, pose)
                if len(standard.bins) > 1:
                    out[column] = standard
        return out

    @cached_property
    def standardised(self) -> dict[str, pd.DataFrame]:
        """Age-standardised errors by pose."""
        return {c: breakdowns.standardised(self.panel, c, s) for c, s in self.standards.items()}

    @cached_property
    def age_assurance(self) -> pd.DataFrame:
        """NIST's questions (``age_assurance.age_assurance``)."""
        return age_assurance.age_assurance(self.panel)

    @cached_property
    def regressions(self) -> dict[str, pd.DataFrame]:
        """Regression checks of the pose effects, by pose column, all contenders stacked."""
        out = {}
        for column in self.standards:
            frames = [
                standardisation.regression_check(
                    self.panel, comparison.seed_mean(self.panel, c, "mae"), column
                ).assign(contender=c)
                for c in self.panel.contenders
            ]
            stacked = pd.concat(frames, ignore_index=True)
            if len(stacked):
                out[column] = stacked
        return out

    @cached_property
    def crossings(self) -> list[tuple[str, str]]:
        """Breakdowns that are crossed two by two, of those the faces have."""
        known = set(self.columns)
        return [(a, b) for a, b in CROSSED if a in known and b in known]

    def crossed(self, rows: str, columns: str) -> pd.DataFrame:
        """Return two crossed breakdowns (``breakdowns.crossed``)."""
        if (rows, columns) not in self._crossed:
            self._crossed[rows, columns] = breakdowns.crossed(self.panel, rows, columns)
        return self._crossed[rows, columns]

    @cached_property
    def _crossed(self) -> dict[tuple[str, str], pd.DataFrame]:
        """Crossed breakdowns so far; they live as long as the evaluation, and no longer."""
        return {}

    @cached_property
    def failures(self) -> list[Mapping[str, Any]]:
        """Failures of cells that have not finished since (a resumed run keeps its old ones)."""
        keys = ["protocol", "contender", "seed", "fold"]
        rows = self.run.predictions[keys].drop_duplicates().astype(str)
        finished = set(rows.itertuples(index=False, name=None))
        return [f for f in self.run.failures if _cell_key(f, keys) not in finished]

    @property
    def interval_level(self) -> float:
        """Level the age intervals promise."""
        return self.panel.level

    @cached_property
    def costs(self) -> pd.DataFrame:
        """Median cost of a cell by contender of this panel, index ``contender``."""
        parts = builds_on(self.run.provenance)
        return typical_costs(self.run.costs, self.panel.data_set, self.panel.protocol, parts)

    def value(self, contender: str, metric: str) -> float:
        """Return a headline number; NaN if the contender has none."""
        rows = self.headline
        found = rows[(rows["contender"] == contender) & (rows["metric"] == metric)]["value"]
        return float(found.iloc[0]) if len(found) else np.nan

    def family(self, contender: str) -> str:
        """Return a contender's family."""
        return family_of(contender, self.run.provenance)


def _cell_key(failure: Mapping[str, Any], keys: list[str]) -> tuple[str, ...]:
    cell = failure.get("cell")
    return tuple(str(cell.get(k)) for k in keys) if isinstance(cell, Mapping) else ()


def headline_of(panel: Panel, fixed: Collection[str]) -> pd.DataFrame:
    """Compute the headline of any panel."""
    values = breakdowns.mean_columns(panel, BOOTSTRAPPED)
    means = breakdowns.level_means(panel, [], values)["", "all"]
    return headline.headline(panel, means, fixed)
