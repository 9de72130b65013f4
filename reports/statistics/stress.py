"""What changed pictures cost: error at each level, paired with the unchanged picture.

A contender *breaks* at the mildest level whose loss against the unchanged pictures of the same
faces is above ``BARS`` by more than chance, after adjustment for all tests of the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from data.tables import UNCHANGED
from reports.panel import Panel

from .intervals import Estimates, mean_interval
from .multiplicity import holm
from .pairs import ALPHA
from .quantiles import normal
from .resampling import generator
from .shares import share_difference, share_interval

Array = NDArray[np.float64]
BARS = {"age": 1.0, "gender": 0.05}  # years; share
TARGETS = ("age", "gender")
COLUMNS = [
    "condition", "title", "unit", "identity", "level", "place", "contender", "target", "n",
    "value", "value_low", "value_high", "loss", "loss_low", "loss_high", "p", "p_page",
]  # fmt: skip


def stress_table(
    panel: Panel, stress: pd.DataFrame, conditions: Mapping[str, Mapping[str, Any]]
) -> pd.DataFrame:
    """Return error and loss by condition, level, contender and target.

    ``panel`` gives faces and the order of contenders, ``stress`` (contract ``data.tables.STRESS``)
    the answers; ``conditions`` state ``title``, ``unit``, ``identity`` and ``levels``, and what is
    missing is made up from the table. ``place`` counts the levels of a condition from 1, mildest
    first. ``value`` is the mean age error in years or the share of right genders; ``loss``
    (positive is worse) is its change against the unchanged pictures of the same faces; ``p`` is
    that of a loss of at most ``BARS`` (one-sided), ``p_page`` is left to :func:`adjusted`. Seeds of
    a face are averaged first.
    """
    mine = (stress["data_set"] == panel.data_set) & (stress["protocol"] == panel.protocol)
    rows = stress[mine & stress["contender"].isin(panel.contenders)]
    faces = panel.faces.assign(code=panel.group, female=panel.female)
    rows = rows.merge(faces[["face_id", "age", "female", "code"]], on="face_id")
    rows["age_cost"] = (rows["age_pred"] - rows["age"]).abs().astype(float)
    rows["gender_cost"] = ((rows["p_female"] >= 0.5) != (rows["female"] == 1)).astype(float)
    order = _order(rows, conditions)
    found = []
    for contender in panel.contenders:
        part = rows[rows["contender"] == contender]
        for target in TARGETS if len(part) else ():
            found.append(_of_contender(part, target, order).assign(contender=contender))
    if not found:
        return pd.DataFrame(columns=COLUMNS)
    table = pd.concat(found, ignore_index=True)
    for word, missing in (("title", None), ("unit", ""), ("identity", np.nan)):
        named = [conditions.get(c, {}).get(word, missing) for c in table["condition"]]
        table[word] = [
            c if w is None else w for c, w in zip(table["condition"], named, strict=True)
        ]
    return table.reindex(columns=COLUMNS)


def _order(
    rows: pd.DataFrame, conditions: Mapping[str, Mapping[str, Any]]
) -> list[tuple[str, float, int]]:
    """Return condition, level and place of everything asked, in order of the page."""
    asked = rows.loc[rows["condition"] != UNCHANGED, ["condition", "level"]].drop_duplicates()
    names = [n for n in conditions if n in set(asked["condition"])]
    names += [n for n in dict.fromkeys(asked["condition"]) if n not in names]
    found = []
    for name in names:
        levels = asked.loc[asked["condition"] == name, "level"].tolist()
        stated = [float(v) for v in conditions.get(name, {}).get("levels", ())]
        ordered = [v for v in stated if v in levels] + [v for v in levels if v not in stated]
        found += [(name, level, place) for place, level in enumerate(ordered, 1)]
    return found


def _of_contender(
    rows: pd.DataFrame, target: str, order: list[tuple[str, float, int]]
) -> pd.DataFrame:
    """Return the numbers of one contender and target, all levels from one set of draws."""
    wide = rows.pivot_table(
        index=["face_id", "code"], columns=["condition", "level"], values=f"{target}_cost"
    )
    groups = wide.index.get_level_values("code").to_numpy()
    plain = wide[(UNCHANGED, 0.0)].to_numpy(float)[:, None]
    columns = [(UNCHANGED, 0.0), *((name, level) for name, level, _ in order)]
    costs = wide.reindex(columns=pd.MultiIndex.from_tuples(columns)).to_numpy(float)
    value, loss = _estimates(costs, costs - plain, groups, target)
    table = pd.DataFrame(
        {
            "condition": [name for name, _ in columns],
            "level": [level for _, level in columns],
            "place": [0, *(place for _, _, place in order)],
            "target": target,
            "n": loss.n,
        }
    )
    table[["value", "value_low", "value_high"]] = np.stack(
        [value.value, value.low, value.high], axis=1
    )
    table[["loss", "loss_low", "loss_high"]] = np.stack([loss.value, loss.low, loss.high], axis=1)
    table["p"] = _p_of_bar(loss, target, len(np.unique(groups)))
    plain_row = table["place"] == 0
    table.loc[plain_row, ["loss", "loss_low", "loss_high", "p"]] = 0.0, np.nan, np.nan, np.nan
    return table


def _estimates(
    costs: Array, losses: Array, groups: NDArray[np.int64], target: str
) -> tuple[Estimates, Estimates]:
    if target == "age":
        return (
            mean_interval(costs, groups, generator("stress", "value")),
            mean_interval(losses, groups, generator("stress", "loss")),
        )
    return share_interval(1 - costs, groups), share_difference(losses, groups)


def _p_of_bar(loss: Estimates, target: str, n_groups: int) -> Array:
    """Return the one-sided p of *the loss is at most the bar*, shape (K,).

    Years: Student's t. Shares: the centre and width of Bonett and Price's interval.
    """
    value, se = loss.value, loss.se
    if target == "gender":
        value = (loss.low + loss.high) / 2
        se = (loss.high - loss.low) / 2 / normal()
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(stats.t.sf((value - BARS[target]) / se, max(n_groups - 1, 1)))


def adjusted(table: pd.DataFrame, contenders: list[str], families: int) -> pd.DataFrame:
    """Return a :func:`stress_table` with ``p_page``: Holm over all levels of all conditions."""
    p = table["p"].where(table["contender"].isin(contenders)).to_numpy(float)
    return table.assign(p_page=np.minimum(holm(p) * families, 1.0))


def breaking_points(table: pd.DataFrame) -> pd.DataFrame:
    """Return where each contender breaks under each condition.

    Columns ``condition, title, unit, contender, target, level, place, loss, loss_low, loss_high``
    of the mildest level of the break; ``level`` and ``place`` are NaN and the loss is that of the
    worst level where none breaks it.
    """
    asked = table[table["place"] > 0]
    found = []
    keys = ["condition", "contender", "target"]
    for _, part in asked.groupby(keys, sort=False):
        beyond = part[part["p_page"] < ALPHA].sort_values("place")
        row = beyond.iloc[0] if len(beyond) else part.loc[part["loss"].idxmax()].copy()
        if not len(beyond):
            row["level"] = row["place"] = np.nan
        found.append(row)
    names = [*keys, "title", "unit", "level", "place", "loss", "loss_low", "loss_high"]
    return pd.DataFrame(found, columns=names).reset_index(drop=True)


def first_to_break(points: pd.DataFrame, contenders: list[str]) -> dict[str, list[str]]:
    """Return the conditions under which each contender breaks at the mildest level of all.

    ``points`` are of one target; two that break at the same level are both first.
    """
    first: dict[str, list[str]] = {name: [] for name in contenders}
    compared = points[points["contender"].isin(contenders)]
    for condition, part in compared.groupby("condition", sort=False):
        mildest = part["place"].min()
        for name in part.loc[part["place"] == mildest, "contender"]:
            first[name].append(str(condition))
    return first
