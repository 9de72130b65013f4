"""The panel: who answered what about which face, as aligned arrays.

All later work (metrics, breakdowns, tests) is arithmetic on these arrays; strings and keys are
dealt with here, once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .tables import RunTables

Array = NDArray[np.float64]
FAMILIES = ("baseline", "classical", "off-the-shelf", "cnn")
PROTOCOL_ORDER = ("full", "adult", "raw")


@dataclass(frozen=True)
class SeedAnswers:
    """One contender's answers; rows are seeds, columns faces, NaN where it gave none.

    Rows are labelled by seed; ``1.0`` means fold 0 of seed 1 where folds overlap.
    """

    seeds: tuple[str, ...]
    age: Array
    low: Array
    high: Array
    p_female: Array

    @cached_property
    def complete(self) -> NDArray[np.bool_]:
        """Whether each face was answered at least once, shape (n_faces,)."""
        return np.asarray(np.isfinite(self.age).any(axis=0))

    @cached_property
    def uneven(self) -> dict[str, int]:
        """Faces answered by each seed where these are not the same for all; else empty."""
        known = np.isfinite(self.age) | np.isfinite(self.p_female)
        if (known == known[0]).all():
            return {}
        return dict(zip(self.seeds, known.sum(axis=1).tolist(), strict=True))


@dataclass(frozen=True)
class Panel:
    """All contenders on the F test faces of one data set and protocol, in order of ``face_id``.

    ``age`` is NaN where only a range is known (``age_range``); ``female`` is 1.0 or 0.0, as
    annotated; ``group`` codes the resampling groups 0 ... G-1; ``answers`` are in display order:
    families first, then the order of the plan; ``level`` is what age intervals promise.
    """

    data_set: str
    protocol: str
    faces: pd.DataFrame
    age: Array
    female: Array
    group: NDArray[np.int64]
    answers: dict[str, SeedAnswers]
    level: float = 0.9
    cache: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def age_range(self) -> Array:
        """Ends of the range the true age lies in where only that is known, shape (F, 2); or NaN."""
        ends = [
            self.faces[c].to_numpy(float) if c in self.faces else np.full(len(self.age), np.nan)
            for c in ("age_low", "age_high")
        ]
        return np.where(np.isfinite(self.age)[:, None], np.nan, np.stack(ends, axis=1))

    @property
    def n_groups(self) -> int:
        """How many resampling groups there are."""
        return int(self.group.max(initial=-1)) + 1

    @property
    def contenders(self) -> list[str]:
        """Names in display order."""
        return list(self.answers)

    @property
    def name(self) -> str:
        """Data set and protocol in words."""
        return f"{self.data_set}, protocol {self.protocol}"


def family_of(contender: str, provenance: dict[str, Any]) -> str:
    """Return a contender's family as the provenance states it, else ``'other'``."""
    facts = provenance.get("contenders", {}).get(contender, {})
    return str(facts.get("family", "other"))


def builds_on(provenance: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return whose answers a contender needs, for those that need any."""
    planned = provenance.get("contenders", {})
    return {name: facts["builds_on"] for name, facts in planned.items() if facts.get("builds_on")}


def untrained(provenance: Mapping[str, Any]) -> set[str]:
    """Return contenders that were made elsewhere: the same model under every seed."""
    planned = provenance.get("contenders", {})
    return {name for name, facts in planned.items() if not facts.get("trained", True)}


def display_order(contenders: set[str], provenance: dict[str, Any]) -> list[str]:
    """Order contenders by family, then as the plan lists them, then by name."""
    planned = list(provenance.get("contenders", {}))

    def rank(name: str) -> tuple[int, int, str]:
        family = family_of(name, provenance)
        family_rank = FAMILIES.index(family) if family in FAMILIES else len(FAMILIES)
        return family_rank, planned.index(name) if name in planned else len(planned), name

    return sorted(contenders, key=rank)


def panels(run: RunTables) -> list[Panel]:
    """Return one panel per data set and protocol; the first is the one the page is about.

    Protocol ``full`` comes first, ``raw`` (descriptive only) last; among equals, the panel with
    more predictions.
    """
    parts: list[tuple[Any, pd.DataFrame]] = list(
        run.predictions.groupby(["data_set", "protocol"], sort=True)
    )

    def rank(item: tuple[Any, pd.DataFrame]) -> tuple[int, int]:
        protocol = item[0][1]
        order = PROTOCOL_ORDER.index(protocol) if protocol in PROTOCOL_ORDER else 1
        return order, -len(item[1])

    return [
        panel_of(run.faces, rows, run.provenance, *map(str, key))
        for key, rows in sorted(parts, key=rank)
    ]


def panel_of(
    table: pd.DataFrame,
    rows: pd.DataFrame,
    provenance: dict[str, Any],
    data_set: str,
    protocol: str,
) -> Panel:
    """Return the panel of some predictions, whatever faces table they belong to.

    ``table`` and ``rows`` obey the contracts ``FACES`` and ``PREDICTIONS``, the latter of one data
    set and protocol; ``provenance`` tells families and the order of the plan.
    """
    ids = pd.Index(rows["face_id"].unique()).sort_values()
    faces = table.set_index("face_id", drop=False).loc[ids].reset_index(drop=True)
    keys = _replicate_keys(rows)
    position = ids.get_indexer(rows["face_id"])
    answers = {}
    for name in display_order(set(rows["contender"]), provenance):
        mine = (rows["contender"] == name).to_numpy()
        answers[name] = _answers(rows[mine], position[mine], keys, len(ids))
    return Panel(
        data_set=data_set,
        protocol=protocol,
        faces=faces,
        age=faces["age"].to_numpy(float),
        female=(faces["gender"] == "female").to_numpy(float),
        group=np.unique(faces["group"].to_numpy(), return_inverse=True)[1].astype(np.int64),
        answers=answers,
        level=float(provenance.get("interval_level", 0.9)),
    )


def _replicate_keys(rows: pd.DataFrame) -> list[str]:
    """Say what tells replicates apart: the seed; folds that partition the faces belong to one."""
    overlapping = rows.duplicated(["contender", "seed", "face_id"]).any()
    return ["seed", "fold"] if overlapping else ["seed"]


def _answers(
    rows: pd.DataFrame, position: NDArray[np.int64], keys: list[str], n_faces: int
) -> SeedAnswers:
    replicates = rows.groupby(keys)
    row_of = replicates.ngroup().to_numpy()
    named = replicates.size().index.to_frame().astype(str)
    labels = [".".join(key) for key in named.itertuples(index=False, name=None)]

    def grid(column: str) -> Array:
        values = np.full((len(labels), n_faces), np.nan)
        values[row_of, position] = rows[column].to_numpy(float)
        return values

    return SeedAnswers(
        seeds=tuple(labels),
        age=grid("age_pred"),
        low=grid("age_low"),
        high=grid("age_high"),
        p_female=grid("p_female"),
    )
