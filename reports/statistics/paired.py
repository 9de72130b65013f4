"""All paired tests of a page, adjusted together: of the pair, of the best, and on other data sets.

A page makes up to four families of tests, each of which gets an equal part of the 5%: paired
differences (here), gaps between groups (``gaps``), other data sets against home (``elsewhere``),
changed pictures (``stress``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import block_diag

from reports.panel import Panel

from . import headline, multiplicity
from . import pairs as comparison
from .elsewhere import SHARES, OtherPanel, per_face
from .intervals import mean_interval
from .resampling import generator, totals
from .shares import share_difference

Array = NDArray[np.float64]
POWER_80 = 0.8416  # standard normal quantile of 80%
Tested = tuple[pd.DataFrame, pd.DataFrame, dict[str, pd.DataFrame]]


def paired_tests(
    panel: Panel,
    pair: comparison.Pair | None,
    columns: list[str],
    means: Mapping[tuple[str, str], Mapping[Any, Any]],
    numbers: pd.DataFrame,
    others: Mapping[str, OtherPanel],
    families: int,
) -> Tested:
    """Test the pair, the best of each metric, and the pair on other data sets.

    Parameters
    ----------
    panel : Panel
    pair : Pair or None
    columns : list of str
        Breakdowns.
    means : mapping
        ``(breakdown, level)`` -> bootstrapped means, of which ``advantage`` is used.
    numbers : DataFrame
        The headline.
    others : mapping of str to OtherPanel
    families : int
        Families of tests the page makes: p values are multiplied by it.

    Returns
    -------
    tests : DataFrame
        ``pairs.COLUMNS``.
    best : DataFrame
        ``headline.best_by_metric`` with ``p``, ``p_page``, ``apart`` (winner and runner-up are told
        apart, over trainings too where there are three) and ``clear`` (that, on the same faces).
    away : dict of str to DataFrame
        ``elsewhere.pair_elsewhere`` with ``p_page`` and ``claim``.

    Notes
    -----
    Faces of other data sets are groups of their own: they flip by themselves, in the same max-T.
    """
    tests, sums = pd.DataFrame(columns=comparison.COLUMNS), np.zeros((panel.n_groups, 0))
    away: dict[str, pd.DataFrame] = {}
    apart: list[Array] = []
    if pair is not None:
        known = {key: found["advantage"] for key, found in means.items()}
        tests, sums = comparison.compare_by_level(panel, pair, columns, known)
        for name, other in others.items():
            away[name], more = pair_elsewhere(other, pair)
            apart.append(more)
    best, leads = headline.best_by_metric(panel, numbers)
    found = multiplicity.page_wide(
        block_diag(np.concatenate([sums, leads], axis=1), *apart),
        generator("page", pair),
        alpha=comparison.ALPHA / families,
    )
    p_page = np.minimum(found.p_page * families, 1.0)
    n, start = len(tests), len(tests) + len(best)
    best = best.assign(p=found.p[n:start], p_page=p_page[n:start])
    # with three trainings or more, what another training does must not turn the lead round
    open_ = (best["recipe_low"] <= 0) & (best["recipe_high"] >= 0)
    apart = (best["p_page"] < comparison.ALPHA) & ~open_
    best = best.assign(apart=apart, clear=best["same"].astype(bool) & apart)
    for name, rows in away.items():
        rows = rows.assign(p_page=p_page[start : start + len(rows)])
        away[name] = rows.assign(claim=[comparison.claim(t) for t in rows.to_dict("records")])
        start += len(rows)
    if n:
        tests = tests.assign(p=found.p[:n], p_page=p_page[:n])
        by_family = tests.groupby(["breakdown", "target"], observed=True, sort=False)["p"]
        tests["p_family"] = by_family.transform(lambda p: multiplicity.holm(p.to_numpy()))
        # a true difference this large is found in four of five such test parts
        # (no spread among the faces at hand says nothing of others: such a test has no answer)
        reach = (found.critical + POWER_80) * tests["se"].where(tests["se"] > 0)
        tests["detectable"] = reach.where((tests["target"] == "age") | (reach <= 1))
        tests["claim"] = [comparison.claim(t) for t in tests.to_dict("records")]
        tests = tests[comparison.COLUMNS]
    return tests, best, away


def pair_elsewhere(other: OtherPanel, pair: comparison.Pair) -> tuple[pd.DataFrame, Array]:
    """Return by how much the second of the tested pair is better elsewhere, paired by face.

    Returns
    -------
    rows : DataFrame
        ``target`` ('age', 'gender'), ``n``, ``first``, ``second`` (years of error, or outside the
        range where only ranges are known; shares), ``advantage``, ``low``, ``high``, and what
        ``pairs.claim`` asks for besides.
    sums : ndarray of shape (G, len(rows))
        The advantage summed by group of the other data set, for ``multiplicity.page_wide``.
    """
    panel, sums = other.panel, []
    if not {pair.first, pair.second} <= set(panel.contenders):
        return pd.DataFrame(), np.zeros((panel.n_groups, 0))
    one, two = (per_face(panel.answers[name], other) for name in (pair.first, pair.second))
    rows = []
    for target, metric, sign in (("age", "mae", 1), ("gender", "accuracy", -1)):
        if metric == "mae" and not np.isfinite(one["mae"]).any():
            metric = "outside_range"
        better = sign * (one[metric] - two[metric])
        shared = np.isfinite(better)
        if not shared.any():
            continue
        column, groups = better[shared].astype(float)[:, None], panel.group[shared]
        label = f"pair {panel.data_set} {target}"
        found = (
            share_difference(column, groups).only()
            if metric in SHARES
            else mean_interval(column, groups, generator(label)).only()
        )
        means = {s: float(v[metric][shared].mean()) for s, v in (("first", one), ("second", two))}
        rows.append(
            {"breakdown": "elsewhere", "target": target, "metric": metric, "n": found.n, **means,
             "advantage": found.value, "low": found.low, "high": found.high,
             "recipe_low": np.nan, "recipe_high": np.nan}
        )  # fmt: skip
        sums.append(totals(column, groups, panel.n_groups))
    return pd.DataFrame(rows), np.concatenate([np.zeros((panel.n_groups, 0)), *sums], axis=1)


def survives(home: float, away: str) -> str:
    """Return 'survives', 'turns round' or 'is open' for an advantage clear at home.

    Parameters
    ----------
    home : float
        The advantage at home; its sign says who wins there.
    away : str
        ``claim`` of the test elsewhere.
    """
    if away not in ("first", "second"):
        return "is open"
    return "survives" if away == ("second" if home >= 0 else "first") else "turns round"
