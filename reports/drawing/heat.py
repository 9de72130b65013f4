"""Heat maps that work on light and dark pages: one colour by opacity, numbers in the text's colour.

The fill never covers more than about half of the ground, so numbers keep a contrast of at least
4.5 on either theme.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from .figures import DENSITY, GRID, INK, SOFT

OTHER = "#d0743f"  # for the other sign
STRONGEST = 0.5  # opacity


def heat_map(
    ax: Axes,
    values: np.ndarray,
    texts: Sequence[Sequence[str]],
    rows: Sequence[str],
    columns: Sequence[str],
    strength: np.ndarray,
    faint: np.ndarray | None = None,
) -> None:
    """Draw a matrix of numbers ``(R, C)``; NaN leaves a cell empty.

    ``strength``, -1 to 1, says how strong the colour of a cell is, and its sign which of the two;
    ``faint`` cells stand on few faces: soft numbers, no fill.
    """
    faint = np.zeros(values.shape, bool) if faint is None else faint
    for r, c in np.argwhere(np.isfinite(values)):
        power = float(np.clip(strength[r, c], -1, 1))
        ax.add_artist(  # the limits are set below: a patch would be measured for them
            Rectangle(
                (c + 0.03, r + 0.04), 0.94, 0.92, lw=0,
                facecolor=GRID if faint[r, c] else DENSITY if power >= 0 else OTHER,
                alpha=0.35 if faint[r, c] else STRONGEST * abs(power),
            )
        )  # fmt: skip
        ax.text(c + 0.5, r + 0.5, texts[r][c], ha="center", va="center",
                color=SOFT if faint[r, c] else INK,
                style="italic" if faint[r, c] else "normal")  # fmt: skip
    ax.set_xlim(0, len(columns))
    ax.set_ylim(len(rows), 0)
    ax.set_xticks(np.arange(len(columns)) + 0.5, columns)
    ax.set_yticks(np.arange(len(rows)) + 0.5, rows)
    ax.grid(visible=False)
    for side in ax.spines.values():
        side.set_visible(False)
