"""Curves the run holds: learning and training."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from reports.drawing import figures

from ..evaluation import Evaluation

TITLE = "{variant}"
SECTION = "curves"
ORDER = 110
NOTE = "Line: mean over seeds; band: its 95% interval over seeds, where there are two or more."
WORDS = {"learning": ("Learning curve", "training faces"), "training": ("Training", "epoch")}


def variants(evaluation: Evaluation) -> list[tuple[str, str]]:
    """One chart a curve, metric and protocol: a mean over protocols would be of nothing."""
    table = evaluation.run.curves
    if table is None or table.empty:
        return []
    keys = _keys(table).drop_duplicates()
    several = len(set(keys["protocol"])) > 1
    return [
        (
            f"{k.protocol}:{k.curve}:{k.metric}",
            f"{WORDS.get(k.curve, (k.curve,))[0]}: {k.metric}"
            + (f", protocol {k.protocol}" if several else ""),
        )
        for k in keys.itertuples()
    ]


def _keys(table: pd.DataFrame) -> pd.DataFrame:
    keys = table[["curve", "metric"]].astype(str)
    return keys.assign(protocol=table["protocol"].astype(str) if "protocol" in table else "")


def frame(evaluation: Evaluation, variant: str = ":learning:mae") -> pd.DataFrame:
    """Return ``contender, x, value, value_low, value_high, seeds``; one seed has no interval."""
    table = evaluation.run.curves
    assert table is not None
    chosen = _keys(table).apply(lambda k: f"{k['protocol']}:{k['curve']}:{k['metric']}", axis=1)
    rows = table[(chosen == variant) & table["contender"].isin(evaluation.panel.contenders)]
    means = rows.groupby(["contender", "x"], sort=True, observed=True)["value"]
    out = means.agg(value="mean", sd="std", seeds="count").reset_index()
    arm = stats.t.ppf(0.975, (out["seeds"] - 1).clip(lower=1)) * out["sd"] / out["seeds"] ** 0.5
    out["value_low"], out["value_high"] = out["value"] - arm, out["value"] + arm
    return out[["contender", "x", "value", "value_low", "value_high", "seeds"]]


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = ":learning:mae") -> Figure:
    """Draw one line a contender."""
    _, curve, metric = variant.split(":")
    figure, (ax,) = figures.axes(2.8)
    for name, rows in frame.groupby("contender", sort=False):
        with figures.contender(ax, name, looks):
            figures.band(ax, rows["x"], rows, looks[name])
            ax.plot(rows["x"], rows["value"], color=looks[name].colour,
                    marker=looks[name].marker, ms=4)  # fmt: skip
    ax.set(xlabel=WORDS.get(curve, ("", curve))[1], ylabel=metric)
    return figure
