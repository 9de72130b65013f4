"""Error against the level of each change of the pictures, small multiples."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.drawing import figures
from reports.drawing import labels as labels_of

from ..evaluation import Evaluation

TITLE = "{variant} on changed pictures"
SECTION = "stress"
ORDER = 105
NOTE = (
    "Each panel is one change: the unchanged picture (–) and its levels, each with its 95% "
    "interval. A line that leaves its panel goes on beyond it. The numbers hold the paired loss "
    "against the unchanged pictures."
)
MOST = 0.95  # of the points, whose range decides the axis: one contender may fail by far more
WORDS = {"age": ("Age error", "MAE (years)"), "gender": ("Gender", "right genders (%)")}
UNITS = {"value": "", "loss": ""}
_COLUMNS = 4


def variants(evaluation: Evaluation) -> list[tuple[str, str]]:
    """One chart a target."""
    return [(target, words[0]) for target, words in WORDS.items()] if len(evaluation.stress) else []


def frame(evaluation: Evaluation, variant: str = "age") -> pd.DataFrame:
    """Return ``condition, title, unit, level, place, contender, n, value, loss`` with intervals.

    Values and losses of gender are in percent and points. The unchanged pictures stand at place 0
    of every condition.
    """
    table = evaluation.stress
    table = table[(table["target"] == variant) & table["contender"].isin(evaluation.shown)]
    table = table.drop(columns="target")
    asked = table[table["place"] > 0]
    if asked.empty:  # only contenders that are not drawn were measured
        return asked
    plain = table[table["place"] == 0].drop(columns=["condition", "title", "unit", "identity"])
    heads = asked[["condition", "title", "unit", "identity"]].drop_duplicates()
    whole = pd.concat([heads.merge(plain, how="cross"), asked], ignore_index=True)
    order = {name: k for k, name in enumerate(heads["condition"])}
    whole = whole.assign(order=whole["condition"].map(order))
    whole = whole.sort_values(["order", "place"], kind="stable").drop(columns="order")
    parts = [_steps(part) for _, part in whole.groupby("condition", sort=False)]
    whole["x"] = pd.concat(parts)
    if variant == "gender":
        numbers = [c for c in whole.columns if c.startswith(("value", "loss"))]
        whole[numbers] *= 100
    return whole.reset_index(drop=True)


def _steps(rows: pd.DataFrame) -> pd.Series:
    """Place levels at equal steps: mildest first, or either side of the unchanged picture."""
    plain = rows["identity"].iloc[-1]
    levels = np.unique(rows.loc[rows["place"] > 0, "level"])
    below, above = levels[levels < plain], levels[levels > plain]
    if not (len(below) and len(above)):
        return rows["place"].astype(float)
    steps = [*range(-len(below), 0), *range(1, len(above) + 1)]
    position = dict(zip(levels, steps, strict=True))
    return rows["level"].map(position).where(rows["place"] > 0, 0).astype(float)


def plot(frame: pd.DataFrame, looks: figures.Looks, variant: str = "age") -> Figure:
    """Draw one panel a condition, levels at equal steps, mildest first."""
    conditions = list(dict.fromkeys(frame["condition"]))
    columns = min(_COLUMNS, len(conditions))
    rows = -(-len(conditions) // columns)
    margins = figures.Margins(top=0.3, bottom=0.5, between=0.18, lines=0.85)
    figure, axes = figures.axes(
        0.8 + 1.35 * rows + 0.85 * (rows - 1),
        rows=rows,
        columns=columns,
        width=0.8 + 2.15 * columns,
        margins=margins,
        sharey=True,
    )
    for ax, condition in zip(axes, conditions, strict=False):
        _panel(ax, frame[frame["condition"] == condition], looks)
    for ax in axes[len(conditions) :]:
        ax.set_visible(False)
    for row in range(rows):
        axes[row * columns].set_ylabel(WORDS[variant][1])
    axes[0].set_ylim(_ends(frame))
    return figure


def _ends(frame: pd.DataFrame) -> tuple[float, float]:
    """Return the ends of the common axis: of all points, but for a few that lie far away."""
    low, high = float(frame["value_low"].min()), float(frame["value_high"].max())
    near_low, near_high = np.nanquantile(frame["value"], [1 - MOST, MOST])
    room = near_high - near_low
    low, high = max(low, near_low - room), min(high, near_high + room)
    pad = 0.04 * (high - low) or 0.5
    return low - pad, high + pad


def _panel(ax: Axes, rows: pd.DataFrame, looks: figures.Looks) -> None:
    names = figures.contenders_of(rows)
    for k, name in enumerate(names):
        mine = rows[rows["contender"] == name].sort_values("x")
        x = mine["x"].to_numpy(float) + 0.07 * (k - (len(names) - 1) / 2)
        with figures.contender(ax, name, looks):
            ax.vlines(x, mine["value_low"], mine["value_high"], color=looks[name].colour, lw=1.1)
            ax.plot(x, mine["value"], color=looks[name].colour, marker=looks[name].marker, ms=3.6)
    ticks = rows.drop_duplicates("place").sort_values("x")
    labels = [
        "–" if p == 0 else _level(v) for p, v in zip(ticks["place"], ticks["level"], strict=True)
    ]
    ax.set_xticks(ticks["x"], labels)
    ax.set_title(str(rows["title"].iloc[0]))
    ax.set_xlabel(labels_of.short(str(rows["unit"].iloc[0]).split(" (")[0], 34))


def _level(level: float) -> str:
    return f"{level:g}".replace("-", "−")


def describe(frame: pd.DataFrame, variant: str = "age") -> str:
    """Say what the picture shows."""
    worst = frame.loc[frame["loss"].idxmax()]
    unit = "years" if variant == "age" else "points"
    return (
        f"{NOTE} Largest loss: {worst['contender']}, {str(worst['title']).lower()} at "
        f"{_level(worst['level'])} {worst['unit']}, {worst['loss']:.3g} {unit}."
    )
