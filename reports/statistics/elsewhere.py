"""Other people's photos: errors there, what they have grown by, and whether the winner is the same.

Home and elsewhere are different faces, so their difference takes both intervals (MOVER, Zou and
Donner 2008). Ages differ too: *same ages* weighs the home faces so that each age bin and gender has
the share it has elsewhere; what is left of the growth is not due to who is in the pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from reports.panel import Panel, SeedAnswers

from .intervals import Estimate, group_sums, mean_interval
from .multiplicity import holm
from .resampling import generator
from .shares import effective_n, share_interval, wilson

Array = NDArray[np.float64]
METRICS = ("mae", "outside_range", "inside_range", "bias", "accuracy", "coverage")
SHARES = ("inside_range", "accuracy", "coverage")
COMPARED = ("mae", "accuracy", "coverage")  # those that a home set of exact ages has too
COLUMNS = [
    "contender", "metric", "n", "value", "value_low", "value_high", "home", "home_low", "home_high",
    "growth", "growth_low", "growth_high", "same_ages", "same_ages_low", "same_ages_high",
    "shared", "p", "p_page",
]  # fmt: skip
MIN_SHARED = 0.7
AGE_STARTS = (13, 18, 25, 35, 45, 55, 65)


@dataclass(frozen=True)
class OtherPanel:
    """Contenders on the faces of another data set, beside the home panel of the same cells.

    ``panel.age`` is NaN where only a range or nothing is known; ``low`` and ``high`` are the ends
    of the age each face may have, equal where it is known.
    """

    panel: Panel
    low: Array
    high: Array
    home: Panel


def age_ends(faces: pd.DataFrame) -> tuple[Array, Array]:
    """Return youngest and oldest age each label allows, shape (F,) each; NaN where none does."""
    age = faces["age"].astype("float64")
    if "age_low" not in faces:
        return age.to_numpy(float), age.to_numpy(float)
    low, high = (age.fillna(faces[end]).to_numpy(float) for end in ("age_low", "age_high"))
    return low, high


def per_face(answers: SeedAnswers, other: OtherPanel) -> dict[str, Array]:
    """Return every metric of one contender by face, shape (F,); NaN where it is not defined."""
    panel = other.panel
    age, p = answers.age[0], answers.p_female[0]
    ranged = np.isnan(panel.age) & np.isfinite(other.low) & np.isfinite(age)
    outside = np.maximum(np.maximum(other.low - age, age - other.high), 0)
    known = np.isfinite(panel.female) & np.isfinite(p)
    held = (panel.age >= answers.low[0]) & (panel.age <= answers.high[0])
    stated = np.isfinite(panel.age) & np.isfinite(answers.low[0]) & np.isfinite(answers.high[0])
    return {
        "mae": np.abs(age - panel.age),
        "outside_range": np.where(ranged, outside, np.nan),
        "inside_range": np.where(ranged, outside == 0, np.nan),
        "bias": age - panel.age,
        "accuracy": np.where(known, (p >= 0.5) == (panel.female == 1), np.nan),
        "coverage": np.where(stated, held, np.nan),
    }


def compare_with_home(other: OtherPanel, level: float = 0.9) -> pd.DataFrame:
    """Return every metric elsewhere, at home, and the growth between them.

    ``growth`` is elsewhere minus home. ``same_ages`` is the same against home faces weighed to the
    ages and genders of the other data set; NaN where the strata that home holds cover less than 70%
    of its faces (``shared``). ``p``: of age error, that it is as large as at home; of coverage,
    that it is the ``level`` that was promised (one-sided). ``p_page`` is left to :func:`adjusted`.
    """
    home = OtherPanel(other.home, other.home.age, other.home.age, other.home)
    rows = []
    for contender in other.panel.contenders:
        there = per_face(other.panel.answers[contender], other)
        here = per_face(other.home.answers[contender], home)
        for metric in METRICS:
            if not np.isfinite(there[metric]).any():
                continue
            label = f"{other.panel.data_set} {contender} {metric}"
            found = _estimate(metric, there[metric], other.panel.group, label)
            row: dict[str, Any] = {"contender": contender, "metric": metric, "n": found.n}
            row |= _spread("value", found)
            if metric in COMPARED:
                row |= _against_home(metric, found, there[metric], here[metric], other, label)
            if metric == "mae":
                row["p"] = _equal_p(row["growth"], row["growth_se"], found.n, other)
            if metric == "coverage":
                row["p"] = _short_p(there[metric], other.panel.group, level)
            rows.append(row)
    return pd.DataFrame(rows).reindex(columns=COLUMNS)


def _against_home(
    metric: str, found: Estimate, there: Array, here: Array, other: OtherPanel, label: str
) -> dict[str, float]:
    home = _estimate(metric, here, other.home.group, f"home {label}")
    growth = independent_difference(found, home)
    row = _spread("home", home) | _spread("growth", growth) | {"growth_se": growth.se}
    weights, shared = _weights(np.isfinite(there), other)
    row["shared"] = shared
    if shared >= MIN_SHARED:
        inside = weights > 0
        same = _estimate(
            metric, here[inside], other.home.group[inside], f"weighed {label}", weights[inside]
        )
        row |= _spread("same_ages", independent_difference(found, same))
    return row


def _equal_p(growth: float, se: float, n: int, other: OtherPanel) -> float:
    """Return the two-sided p of no growth (Welch's t with the fewer faces' freedom)."""
    if not se > 0:
        return np.nan
    freedom = max(min(n, len(other.home.age)) - 1, 1)
    return float(2 * stats.t.sf(abs(growth) / se, freedom))


def _short_p(held: Array, groups: NDArray[np.int64], level: float) -> float:
    """Return the one-sided p of intervals that hold what they promise.

    The binomial tail of the misses among the effective number of faces: that of a normal
    distribution is too thin there, and told of a shortfall three times as often as it should.
    """
    sums = group_sums(held.astype(float)[:, None], groups)
    n = effective_n(sums.value, sums).item()
    missed = n * (1 - sums.value.item())
    return float(stats.beta.cdf(1 - level, missed, n - missed + 1)) if missed > 0 else 1.0


def adjusted(
    tables: dict[str, pd.DataFrame], contenders: list[str], families: int
) -> dict[str, pd.DataFrame]:
    """Return the tables of :func:`compare_with_home` with ``p_page``, Holm over all of them.

    The page speaks of ``contenders``; the others are not tested. It makes so many ``families`` of
    tests.
    """
    asked = [t["p"].where(t["contender"].isin(contenders)).to_numpy(float) for t in tables.values()]
    p = np.minimum(holm(np.concatenate([*asked, np.zeros(0)])) * families, 1.0)
    parts = np.split(p, np.cumsum([len(a) for a in asked]))
    return {k: t.assign(p_page=q) for (k, t), q in zip(tables.items(), parts, strict=False)}


def _estimate(
    metric: str,
    values: Array,
    groups: NDArray[np.int64],
    label: str,
    weights: Array | None = None,
) -> Estimate:
    column = values.astype(float)[:, None]
    if metric in SHARES:
        return share_interval(column, groups, weights).only()
    return mean_interval(column, groups, generator("elsewhere", label), weights).only()


def independent_difference(one: Estimate, two: Estimate) -> Estimate:
    """Return one minus two of different faces, with the MOVER interval."""
    value = one.value - two.value
    low = value - float(np.hypot(one.value - one.low, two.high - two.value))
    high = value + float(np.hypot(one.high - one.value, two.value - two.low))
    return Estimate(value, low, high, float(np.hypot(one.se, two.se)), one.n)


def _spread(name: str, found: Estimate) -> dict[str, float]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _strata(panel: Panel, low: Array, high: Array) -> pd.Series:
    """Return a number for the age bin (middle of the range) and gender of each face, or NaN."""
    middle = (low + high) / 2
    ages = np.searchsorted(AGE_STARTS, middle, side="right")
    return pd.Series(2.0 * ages + (panel.female == 1)).where(np.isfinite(middle))


def _weights(asked: NDArray[np.bool_], other: OtherPanel) -> tuple[Array, float]:
    """Return weights of the home faces, and the share of the others that home has strata for."""
    there = _strata(other.panel, other.low, other.high)[asked]
    here = _strata(other.home, other.home.age, other.home.age)
    wanted, held = there.value_counts(), here.value_counts()
    held = held[held >= 5]
    common = wanted.index.intersection(held.index)
    ratio = wanted[common] / held[common]
    weights = here.map(ratio).fillna(0.0).to_numpy(float)
    return weights, float(wanted[common].sum() / max(len(there), 1))


def recalibration_table(trials: pd.DataFrame) -> pd.DataFrame:
    """Return coverage and width after a recalibration on k faces, over the draws.

    Columns ``contender, k, draws``, then ``coverage`` and ``width`` (years): mean, and the 5% and
    95% quantiles over the draws as ``_low`` and ``_high``; for k = 0, which draws nothing, the 95%
    interval of the coverage.
    """
    rows = []
    for (contender, k), part in trials.groupby(["contender", "k"], sort=False):
        row = {"contender": contender, "k": int(k), "draws": len(part) if k else 0}
        for name in ("coverage", "width"):
            ends = part[name].quantile([0.05, 0.95]).tolist() if k else [np.nan, np.nan]
            if not k and name == "coverage" and "n" in part:
                ends = [end.item() for end in wilson(part[name].to_numpy(), part["n"].to_numpy())]
            row |= {name: part[name].mean(), f"{name}_low": ends[0], f"{name}_high": ends[1]}
        rows.append(row)
    return pd.DataFrame(rows)
