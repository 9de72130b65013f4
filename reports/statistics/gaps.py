"""Gaps between groups: the worst and the best group of each breakdown, and whether they differ.

``difference`` and ``ratio`` are those of fairlearn's ``MetricFrame``. The joint test asks whether
all groups of a breakdown are alike (``equal_levels``); its p values are adjusted over the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.panel import Panel

from .equal_levels import equal_levels
from .pairs import TARGETS, seed_mean
from .resampling import generator

Array = NDArray[np.float64]
Row = dict[str, object]
MIN_FACES = 30
COLUMNS = [
    "breakdown", "contender", "metric", "worst", "worst_value", "worst_low", "worst_high",
    "best", "best_value", "best_low", "best_high", "difference", "difference_low",
    "difference_high", "ratio", "p", "p_page",
]  # fmt: skip
CHANGES = ["breakdown", "target", "p", "p_page"]


class Asked(NamedTuple):
    """One question *are these levels alike*: its row, the levels, whose values, the values."""

    row: Row
    levels: list[str]
    key: tuple[str, str]
    values: Array


def gaps(
    panel: Panel,
    tables: Mapping[str, pd.DataFrame],
    contenders: list[str],
    families: int = 1,
    advantages: Mapping[str, Array] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the gap of every breakdown, contender and target, and where the pair's lead changes.

    Parameters
    ----------
    panel : Panel
    tables : mapping of str to DataFrame
        Breakdown column -> its numbers (``breakdowns.breakdown``).
    contenders : list of str
        Those to report.
    families : int
        Families of tests the page makes: adjusted p values are multiplied by it.
    advantages : mapping of str to ndarray of shape (F,), optional
        Target -> by how much the second of the tested pair is better (``pairs.advantages``).

    Returns
    -------
    gaps : DataFrame
        ``worst``, ``best`` (levels of at least 30 faces) with their values and intervals,
        ``difference`` (never negative: years, or share), its interval (MOVER of the two levels),
        ``ratio`` (smaller over larger), ``p`` (all levels equal) and ``p_page``. Level
        ``unknown`` takes no part.
    changes : DataFrame
        ``breakdown, target, p, p_page``: the advantage is the same in all groups. Tested and
        adjusted together with the gaps.
    """
    found: list[Asked] = []
    for column, table in tables.items():
        for contender in contenders:
            for metric in TARGETS.values():
                gap = _gap(column, table, contender, metric)
                if gap is not None:
                    key, values = (contender, metric), seed_mean(panel, contender, metric)
                    found.append(Asked(*gap, key, values))
    n = len(found)
    for target, values in (advantages or {}).items():
        for column in tables:
            names = _filled(panel, column, values)
            if len(names) > 1:
                row: Row = {"breakdown": column, "target": target}
                found.append(Asked(row, names, ("advantage", target), values))
    p, p_page = _p_values(panel, found)
    p_page = np.minimum(p_page * families, 1.0)
    frames = []
    for part, names in ((slice(n), COLUMNS), (slice(n, None), CHANGES)):
        frame = pd.DataFrame([a.row for a in found[part]], columns=names)
        frames.append(frame.assign(p=p[part], p_page=p_page[part]))
    return frames[0], frames[1]


def _filled(panel: Panel, column: str, values: Array) -> list[str]:
    """Return the levels of a breakdown with at least 30 faces that have a value."""
    sizes = panel.faces.loc[np.isfinite(values), column].astype(str).value_counts(sort=False)
    filled = sizes[sizes >= MIN_FACES].index
    found = [str(c) for c in panel.faces[column].cat.categories if str(c) in filled]
    return [level for level in found if level != "unknown"]


def _gap(
    column: str, table: pd.DataFrame, contender: str, metric: str
) -> tuple[Row, list[str]] | None:
    mine = table[(table["contender"] == contender) & (table["n"] >= MIN_FACES)]
    mine = mine[(mine["level"] != "unknown") & mine[metric].notna()]
    if len(mine) < 2:
        return None
    by_value = mine.sort_values(metric, kind="stable")
    low, high = by_value.iloc[0], by_value.iloc[-1]
    worst, best = (high, low) if metric == "mae" else (low, high)
    ends = [f"{metric}{end}" for end in ("", "_low", "_high")]
    found: Row = {"breakdown": column, "contender": contender, "metric": metric}
    for name, side in (("worst", worst), ("best", best)):
        found[name] = side["level"]
        found |= {
            f"{name}_{end}": side[e] for end, e in zip(("value", "low", "high"), ends, strict=True)
        }
    difference = float(high[metric] - low[metric])
    below = float(np.hypot(high[metric] - high[ends[1]], low[ends[2]] - low[metric]))
    above = float(np.hypot(high[ends[2]] - high[metric], low[metric] - low[ends[1]]))
    return found | {
        "difference": difference,
        "difference_low": difference - below,
        "difference_high": difference + above,
        "ratio": float(low[metric] / high[metric]) if high[metric] else np.nan,
    }, [str(level) for level in mine["level"]]


def _codes(panel: Panel, column: str, levels: list[str]) -> NDArray[np.int64]:
    """Return the place of each face's level in ``levels``; -1 where it is none of them."""
    names = [str(v) for v in panel.faces[column].cat.categories]
    place = np.array([levels.index(n) if n in levels else -1 for n in names] + [-1])
    return np.asarray(place[panel.faces[column].cat.codes.to_numpy()], np.int64)


def _p_values(panel: Panel, found: list[Asked]) -> tuple[Array, Array]:
    """Return p and page p of each question; those about the same faces are shuffled together."""
    p, p_page = np.full(len(found), np.nan), np.full(len(found), np.nan)
    asked: dict[bytes, list[int]] = {}
    for k, one in enumerate(found):
        asked.setdefault(np.isfinite(one.values).tobytes(), []).append(k)
    for number, (mask, mine) in enumerate(asked.items()):
        known = np.frombuffer(mask, bool)
        columns = {found[k].key: found[k].values[known] for k in mine}
        asked_of = dict.fromkeys((str(found[k].row["breakdown"]), *found[k].levels) for k in mine)
        breakdowns = list(asked_of)
        codes = [_codes(panel, b, list(levels))[known] for b, *levels in breakdowns]
        values = np.stack(list(columns.values()), axis=1)
        alone, together = equal_levels(codes, values, panel.group[known], generator("gaps", number))
        place = {key: k for k, key in enumerate(columns)}
        for k in mine:
            one = found[k]
            at = breakdowns.index((str(one.row["breakdown"]), *one.levels)), place[one.key]
            p[k], p_page[k] = alone[at], together[at]
    return p, np.minimum(p_page * len(asked), 1.0)


def worst_cell(table: pd.DataFrame, contender: str, metric: str) -> pd.Series | None:
    """Return the worst cell of two crossed breakdowns with at least 30 faces, or None."""
    mine = table[(table["contender"] == contender) & (table["n"] >= MIN_FACES)]
    mine = mine[(mine["row"].astype(str) != "unknown") & (mine["column"].astype(str) != "unknown")]
    if mine.empty or mine[metric].isna().all():
        return None
    at = mine[metric].idxmax() if metric == "mae" else mine[metric].idxmin()
    return mine.loc[at]
