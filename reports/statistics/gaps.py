"""Gaps between groups: the worst and the best group of each breakdown, and whether they differ.

``difference`` and ``ratio`` are those of fairlearn's ``MetricFrame``. The joint test asks whether
all groups of a breakdown are alike (``equal_levels``); its p values are adjusted over the page.
"""

from __future__ import annotations

from collections.abc import Mapping

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


def gaps(
    panel: Panel, tables: Mapping[str, pd.DataFrame], contenders: list[str], families: int = 1
) -> pd.DataFrame:
    """Return the gap of every breakdown, contender and target.

    Parameters
    ----------
    panel : Panel
    tables : mapping of str to DataFrame
        Breakdown column -> its numbers (``breakdowns.breakdown``).
    contenders : list of str
        Those to report.
    families : int
        Families of tests the page makes: adjusted p values are multiplied by it.

    Returns
    -------
    DataFrame
        ``worst``, ``best`` (levels of at least 30 faces) with their values and intervals,
        ``difference`` (never negative: years, or share), its interval (MOVER of the two levels),
        ``ratio`` (smaller over larger), ``p`` (all levels equal) and ``p_page``. Level
        ``unknown`` takes no part.
    """
    found = []
    for column, table in tables.items():
        for contender in contenders:
            for metric in TARGETS.values():
                gap = _gap(panel, column, table, contender, metric)
                if gap is not None:
                    found.append(gap)
    frame = pd.DataFrame([row for row, _ in found], columns=COLUMNS)
    frame["p"], p_page = _p_values(panel, found)
    frame["p_page"] = np.minimum(p_page * families, 1.0)
    return frame


def _gap(
    panel: Panel, column: str, table: pd.DataFrame, contender: str, metric: str
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


def equal_levels_p(panel: Panel, column: str, levels: list[str], values: Array) -> float:
    """Return the p value of *all these levels of a breakdown are alike*, of one test alone.

    Parameters
    ----------
    panel : Panel
    column : str
    levels : list of str
        At least two.
    values : ndarray of shape (F,)
        NaN where there is none.
    """
    known = np.isfinite(values)
    codes = _codes(panel, column, levels)[known]
    rng = generator("alike", column)
    return float(equal_levels([codes], values[known][:, None], panel.group[known], rng)[0][0, 0])


def _codes(panel: Panel, column: str, levels: list[str]) -> NDArray[np.int64]:
    """Return the place of each face's level in ``levels``; -1 where it is none of them."""
    names = [str(v) for v in panel.faces[column].cat.categories]
    place = np.array([levels.index(n) if n in levels else -1 for n in names] + [-1])
    return np.asarray(place[panel.faces[column].cat.codes.to_numpy()], np.int64)


def _p_values(panel: Panel, found: list[tuple[Row, list[str]]]) -> tuple[Array, Array]:
    """Return p and page p of each gap; gaps on the same faces are shuffled together."""
    p, p_page = np.full(len(found), np.nan), np.full(len(found), np.nan)
    asked: dict[bytes, list[int]] = {}
    for k, (row, _) in enumerate(found):
        known = np.isfinite(seed_mean(panel, str(row["contender"]), str(row["metric"])))
        asked.setdefault(known.tobytes(), []).append(k)
    for number, (mask, mine) in enumerate(asked.items()):
        known = np.frombuffer(mask, bool)
        columns = list(
            dict.fromkeys((r["contender"], r["metric"]) for r, _ in (found[k] for k in mine))
        )
        breakdowns = list(
            dict.fromkeys((found[k][0]["breakdown"], tuple(found[k][1])) for k in mine)
        )
        codes = [_codes(panel, str(b), list(levels))[known] for b, levels in breakdowns]
        values = np.stack([seed_mean(panel, str(c), str(m))[known] for c, m in columns], axis=1)
        alone, together = equal_levels(codes, values, panel.group[known], generator("gaps", number))
        for k in mine:
            row, levels = found[k]
            at = (breakdowns.index((row["breakdown"], tuple(levels))),
                  columns.index((row["contender"], row["metric"])))  # fmt: skip
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
