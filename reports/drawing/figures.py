"""What charts share: looks of contenders, margins, dots with intervals.

Charts draw with stand-in colours; on export (``svg``) each becomes a CSS variable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .labels import distinct

INK, SOFT, GRID, GROUND = "#010101", "#020202", "#030303", "#040404"
_PALETTE = [f"#05{slot:02x}05" for slot in range(10)]
VARIABLES = {INK: "--ink", SOFT: "--soft", GRID: "--grid", GROUND: "--ground"} | {
    colour: f"--c{slot}" for slot, colour in enumerate(_PALETTE)
}
_MARKERS = "osD^vPX<>d"
_SYMBOLS = "●■◆▲▼✚✖◀▶⬧"
_SLOTS = {"baseline": (0,), "classical": (1, 2, 3), "off-the-shelf": (4, 5), "cnn": (6, 7, 8)}
DENSITY = "#3f7fd0"  # pixels of density pictures, by opacity; readable on light and dark
SMALL_N = 30
WIDTH = 5.0

RC: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "age-gender-study",
    "text.parse_math": False,  # labels are data: a dollar sign is a dollar sign
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "axes.titley": 1.0,  # where it stands anyway: else everything below it is measured
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
}


@dataclass(frozen=True)
class Look:
    """How one contender is drawn everywhere: colour slot and marker.

    ``turn`` tells contenders apart that must share a colour: their markers differ.
    """

    slot: int
    turn: int = 0

    @property
    def colour(self) -> str:
        """Stand-in colour, a CSS variable after export."""
        return _PALETTE[self.slot]

    @property
    def marker(self) -> str:
        """Matplotlib marker: colour is never the only difference."""
        return _MARKERS[(self.slot + self.turn) % len(_MARKERS)]

    @property
    def symbol(self) -> str:
        """The marker as a character, for legends in text."""
        return _SYMBOLS[(self.slot + self.turn) % len(_SYMBOLS)]


Looks = Mapping[str, Look]


def looks(families: Mapping[str, str]) -> dict[str, Look]:
    """Give each contender a look by its family and its place in it, not by order of calls.

    Contenders beyond the colours of their family take those that no family here needs, and only
    beyond ten of them do two share a colour.
    """
    out: dict[str, Look] = {}
    waiting = []
    free = [*range(1, len(_PALETTE)), 0]  # the grey of baselines last
    for name, family in families.items():
        slot = next((slot for slot in _SLOTS.get(family, (9,)) if slot in free), None)
        if slot is None:
            waiting.append(name)
        else:
            free.remove(slot)
            out[name] = Look(slot)
    for place, name in enumerate(waiting):
        turn, slot = divmod(place - len(free), len(_PALETTE))
        out[name] = Look(free[place]) if place < len(free) else Look(slot, turn + 1)
    return {name: out[name] for name in families}


@dataclass(frozen=True)
class Margins:
    """Room around and between panels, inches; a layout engine would draw each figure twice."""

    left: float = 0.62
    right: float = 0.14
    top: float = 0.1
    bottom: float = 0.46
    between: float = 0.15
    lines: float = 0.55


def axes(
    height: float,
    *,
    rows: int = 1,
    columns: int = 1,
    width: float = WIDTH,
    margins: Margins | None = None,
    **share: Any,
) -> tuple[Figure, np.ndarray]:
    """Return a figure of ``width`` x ``height`` inches and its axes as a flat array.

    Call it under ``style()``.
    """
    m = margins or Margins()
    figure = Figure(figsize=(width, height))
    grid = figure.subplots(rows, columns, squeeze=False, **share)
    inner_width = (width - m.left - m.right - m.between * (columns - 1)) / columns
    inner_height = (height - m.top - m.bottom - m.lines * (rows - 1)) / rows
    figure.subplots_adjust(
        left=m.left / width,
        right=1 - m.right / width,
        top=1 - m.top / height,
        bottom=m.bottom / height,
        wspace=m.between / inner_width,
        hspace=m.lines / inner_height,
    )
    return figure, grid.ravel()


def room_for(labels: Sequence[str]) -> float:
    """Return the inches that row labels take to the left of a panel."""
    return 0.2 + 0.068 * max((min(len(label), 34) for label in labels), default=0)


def make_room(ax: Axes, labels: Sequence[str]) -> None:
    """Move the left side of a single panel to where its row labels end."""
    figure = ax.get_figure(root=True)
    assert isinstance(figure, Figure)
    figure.subplots_adjust(left=room_for(labels) / figure.get_figwidth())


def contenders_of(frame: pd.DataFrame) -> list[str]:
    """Return the contenders of a frame in the order they appear."""
    return list(dict.fromkeys(frame["contender"])) if "contender" in frame else []


def dots(
    ax: Axes,
    frame: pd.DataFrame,
    styles: Looks,
    value: str,
    *,
    labels: Sequence[str] | None = None,
    hollow: bool = False,
    shift: float = 0.0,
    dodge: bool = True,
) -> None:
    """Draw a dot and its interval for each level (rows) and contender (dodged).

    ``frame`` has ``level``, ``contender``, ``n``, ``value``, ``value_low``, ``value_high``; levels
    with fewer than 30 faces are faint.
    """
    levels = list(dict.fromkeys(frame["level"]))
    names = contenders_of(frame)
    step = 0.8 / max(len(names), 1)
    for k, name in enumerate(names):
        rows = frame[frame["contender"] == name]
        y = np.array([levels.index(v) for v in rows["level"]], float)
        y += dodge * (k - (len(names) - 1) / 2) * step
        with contender(ax, name, styles):
            for faint in (False, True):
                part = (rows["n"] < SMALL_N).to_numpy() == faint
                if part.any():
                    _dots(ax, rows[part], y[part] + shift, styles[name], value, faint, hollow)
    fit_values(ax, frame, styles, value)
    labels = list(labels or distinct(levels))
    ax.set_yticks(range(len(levels)), labels)
    make_room(ax, labels)
    ax.set_ylim(len(levels) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    for row in range(1, len(levels)):
        ax.axhline(row - 0.5, color=GRID, lw=0.6, zorder=0)


def fit_values(ax: Axes, frame: pd.DataFrame, styles: Looks, value: str) -> None:
    """Scale the value axis to what matters: no baselines, no groups of fewer than 30 faces."""
    baseline = np.array([styles[c].slot == 0 for c in frame["contender"]])
    small = (frame["n"] < SMALL_N).to_numpy()
    matter = next((m for m in (~baseline & ~small, ~small, ~baseline) if m.any()), ~(small & False))
    ends = frame.loc[matter, [value, f"{value}_low", f"{value}_high"]].to_numpy(float)
    if not np.isfinite(ends).any():
        return
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    pad = 0.06 * (high - low) or 0.5
    ax.set_xlim(low - pad, high + pad)


def _dots(
    ax: Axes,
    rows: pd.DataFrame,
    y: np.ndarray,
    look: Look,
    value: str,
    faint: bool,
    hollow: bool,
) -> None:
    alpha = 0.35 if faint else 1.0
    ax.hlines(
        y, rows[f"{value}_low"], rows[f"{value}_high"], color=look.colour, lw=1.5, alpha=alpha
    )
    ax.plot(
        rows[value],
        y,
        ls="",
        marker=look.marker,
        ms=4.8,
        mec=look.colour,
        mfc=GROUND if hollow else look.colour,
        alpha=alpha,
    )


class contender:  # noqa: N801 - reads as a statement: with contender(ax, name, styles)
    """Tag everything drawn inside with a contender, so that the page can hide it."""

    def __init__(self, ax: Axes, name: str, styles: Looks) -> None:
        self.ax, self.index = ax, list(styles).index(name)

    def __enter__(self) -> None:
        self.before = set(map(id, self.ax.get_children()))

    def __exit__(self, *error: object) -> None:
        new = [a for a in self.ax.get_children() if id(a) not in self.before]
        for order, artist in enumerate(new):
            artist.set_gid(f"contender-{self.index}-{order}")


def whole_panel(ax: Axes, name: str, styles: Looks) -> None:
    """Tag a panel that is about one contender, so that the page can hide it."""
    ax.set_gid(f"contender-{list(styles).index(name)}-0")


def band(
    ax: Axes, x: Sequence[float], rows: pd.DataFrame, look: Look, value: str = "value"
) -> None:
    """Draw the interval around a line, if there is one."""
    low, high = rows[f"{value}_low"].to_numpy(float), rows[f"{value}_high"].to_numpy(float)
    if np.isfinite(low).any():
        ax.fill_between(x, low, high, color=look.colour, alpha=0.18, lw=0)


def draw_floor(ax: Axes, frame: pd.DataFrame) -> None:
    """Draw the floor of label noise, a dotted line, if the frame holds one."""
    if "noise_floor" in frame:
        ax.axvline(frame["noise_floor"].iloc[0], color=SOFT, lw=1.2, ls=":")


def style() -> Any:
    """Return the context in which figures are drawn and exported."""
    return mpl.rc_context(RC)
