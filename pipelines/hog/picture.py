"""A picture of cell histograms: one line per orientation bin and cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def draw_histograms(
    histograms: NDArray, image_shape: tuple[int, int], cell: tuple[int, int], *, signed: bool
) -> NDArray[np.float32]:
    """Draw histograms as ``skimage.feature.hog(visualize=True)`` does.

    Histograms are ``(cell rows, cell columns, orientations)``. Lines lie along the edge,
    perpendicular to the middle of the bin, with the histogram's value as intensity; lines that
    cross are added. Of bins over the full turn half a line shows on which side the image is darker.
    """
    from skimage import draw  # only pictures need it

    picture = np.zeros(image_shape, dtype=np.float32)
    radius = min(cell) // 2 - 1
    orientations = histograms.shape[2]
    turn = 2 * np.pi if signed else np.pi
    middles = turn * (np.arange(orientations) + 0.5) / orientations
    d_row, d_col = radius * np.sin(middles), radius * np.cos(middles)
    for r, c, o in np.ndindex(*histograms.shape):
        row, column = r * cell[0] + cell[0] // 2, c * cell[1] + cell[1] // 2
        start = (int(row - d_col[o]), int(column + d_row[o]))
        end = (row, column) if signed else (int(row + d_col[o]), int(column - d_row[o]))
        picture[draw.line(*start, *end)] += histograms[r, c, o]
    return picture
