"""Gaps between groups: the worst and the best group of each breakdown, and whether they differ.

``difference`` and ``ratio`` are those of fairlearn's ``MetricFrame``. The joint test asks whether
all groups of a breakdown are equal, with group-robust covariance; its p values are adjusted over
the page (Holm).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from reports.panel import Panel

from .intervals import MIN_GROUPS, group_sums
from .multiplicity import holm
from .pairs import TARGETS, seed_mean

Array = NDArray[np.float64]
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
        Families of tests the page makes: p values are multiplied by it after Holm.

    Returns
    -------
    DataFrame
        ``worst``, ``best`` (levels of at least 30 faces) with their values and intervals,
        ``difference`` (never negative: years, or share), its interval (MOVER of the two levels),
        ``ratio`` (smaller over larger), ``p`` (all levels equal) and ``p_page``. Level
        ``unknown`` takes no part.
    """
    rows = []
    for column, table in tables.items():
        for contender in contenders:
            for metric in TARGETS.values():
                row = _gap(panel, column, table, contender, metric)
                if row is not None:
                    rows.append(row)
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["p_page"] = np.minimum(holm(frame["p"].to_numpy(float)) * families, 1.0)
    return frame


def _gap(
    panel: Panel, column: str, table: pd.DataFrame, contender: str, metric: str
) -> dict[str, object] | None:
    mine = table[(table["contender"] == contender) & (table["n"] >= MIN_FACES)]
    mine = mine[(mine["level"] != "unknown") & mine[metric].notna()]
    if len(mine) < 2:
        return None
    by_value = mine.sort_values(metric, kind="stable")
    low, high = by_value.iloc[0], by_value.iloc[-1]
    worst, best = (high, low) if metric == "mae" else (low, high)
    ends = [f"{metric}{end}" for end in ("", "_low", "_high")]
    found: dict[str, object] = {"breakdown": column, "contender": contender, "metric": metric}
    for name, side in (("worst", worst), ("best", best)):
        found[name] = side["level"]
        found |= {
            f"{name}_{end}": side[e] for end, e in zip(("value", "low", "high"), ends, strict=True)
        }
    difference = float(high[metric] - low[metric])
    below = float(np.hypot(high[metric] - high[ends[1]], low[ends[2]] - low[metric]))
    above = float(np.hypot(high[ends[2]] - high[metric], low[metric] - low[ends[1]]))
    values = seed_mean(panel, contender, metric)
    return found | {
        "difference": difference,
        "difference_low": difference - below,
        "difference_high": difference + above,
        "ratio": float(low[metric] / high[metric]) if high[metric] else np.nan,
        "p": equal_levels_p(panel, column, list(mine["level"]), values),
    }


def equal_levels_p(panel: Panel, column: str, levels: list[str], values: Array) -> float:
    """Return the p value of *all levels of a breakdown have one mean* (group-robust Wald test).

    Parameters
    ----------
    panel : Panel
    column : str
    levels : list of str
        At least two.
    values : ndarray of shape (F,)
        NaN where there is none.

    Notes
    -----
    ``d' V^-1 d / (L - 1)`` against F(L - 1, G - L), where d are the differences to the first
    level and V is their covariance from the groups' residuals: a group with faces in several
    levels counts in all of them.
    """
    known = np.isfinite(values)
    names = [str(v) for v in panel.faces[column].cat.categories]
    codes = panel.faces[column].cat.codes.to_numpy()
    members = [known & (codes == names.index(level)) for level in levels]
    table = np.where(np.stack(members, axis=1), values[:, None], np.nan)
    sums = group_sums(table, panel.group, compress=False)
    n_groups, k = int((sums.weight.sum(axis=1) > 0).sum()), len(levels)
    if n_groups - k < MIN_GROUPS:
        return np.nan
    scaled = sums.residual / sums.weight.sum(axis=0)
    covariance = scaled.T @ scaled * n_groups / (n_groups - 1)
    # a level without any spread (all right) still varies: as if one more face were wrong
    bare = np.flatnonzero(np.diag(covariance) < 1e-12)
    covariance[bare, bare] = 1 / (sums.n[bare] + 2.0) ** 2
    contrast = np.concatenate([-np.ones((k - 1, 1)), np.eye(k - 1)], axis=1)
    d, v = contrast @ sums.value, contrast @ covariance @ contrast.T
    statistic = float(d @ np.linalg.pinv(v) @ d) / (k - 1)
    return float(stats.f.sf(statistic * (n_groups - k) / (n_groups - 1), k - 1, n_groups - k))


def worst_cell(table: pd.DataFrame, contender: str, metric: str) -> pd.Series | None:
    """Return the worst cell of two crossed breakdowns with at least 30 faces, or None."""
    mine = table[(table["contender"] == contender) & (table["n"] >= MIN_FACES)]
    mine = mine[(mine["row"].astype(str) != "unknown") & (mine["column"].astype(str) != "unknown")]
    if mine.empty or mine[metric].isna().all():
        return None
    at = mine[metric].idxmax() if metric == "mae" else mine[metric].idxmin()
    return mine.loc[at]
