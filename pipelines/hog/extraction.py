"""Images to rows of HOG features: the geometry, and the choice of the compiled path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import blocks, kernels


def as_pair(value: Any, name: str) -> tuple[int, int]:
    """Return a positive integer, or two of them, as ``(rows, columns)``."""
    pair = (
        tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,) * 2
    )
    if len(pair) != 2 or not all(isinstance(v, Integral) and int(v) > 0 for v in pair):
        raise ValueError(f"{name} must be a positive integer or two of them, got {value!r}")
    return int(pair[0]), int(pair[1])


@dataclass(frozen=True)
class HogGeometry:
    """Sizes that follow from the parameters of a ``HogTransformer`` and the shape of an image.

    Rows before columns: image and ``cell`` in pixels, ``block`` in cells, ``cells`` their number;
    ``method`` is the position of the block normalisation in ``BLOCK_NORMS``.
    """

    image_shape: tuple[int, int]
    cell: tuple[int, int]
    block: tuple[int, int]
    cells: tuple[int, int]
    orientations: int
    signed: bool
    method: int

    @classmethod
    def of(cls, hog: Any, shape: tuple[int, ...]) -> HogGeometry:
        """Return the geometry of the parameters of ``hog`` on images of ``shape``, both checked."""
        cell, block = as_pair(hog.cell_size, "cell_size"), as_pair(hog.block_size, "block_size")
        if not isinstance(hog.orientations, Integral) or not 1 <= int(hog.orientations) <= 250:
            raise ValueError(f"orientations must be an integer in 1..250, got {hog.orientations!r}")
        if hog.block_norm not in blocks.BLOCK_NORMS:
            known = ", ".join(blocks.BLOCK_NORMS)
            raise ValueError(f"block_norm must be one of {known}, got {hog.block_norm!r}")
        rows, columns = _spatial(shape, hog.channel_axis)
        cells = (rows // cell[0], columns // cell[1])
        if cells[0] < block[0] or cells[1] < block[1]:
            first = len(shape) == 3 and shape[0] in (1, 3) and rows == shape[0]
            raise ValueError(
                f"The input image is too small given the values of cell_size and block_size. It "
                f"should have at least: {block[0] * cell[0]} rows and {block[1] * cell[1]} cols, "
                f"got {rows} rows and {columns} cols."
                + (" Channels stand first? Give channel_axis=0." if first else "")
            )
        method = blocks.BLOCK_NORMS.index(hog.block_norm)
        return cls((rows, columns), cell, block, cells, int(hog.orientations), hog.signed, method)

    @property
    def feature_grid(self) -> tuple[int, int, int, int, int]:
        """Block rows, block columns, cells of a block (rows, columns), orientations."""
        grid = (self.cells[0] - self.block[0] + 1, self.cells[1] - self.block[1] + 1)
        return (*grid, *self.block, self.orientations)

    @property
    def pixels_per_cell(self) -> int:
        """Pixels that vote into one histogram."""
        return self.cell[0] * self.cell[1]

    @property
    def n_features(self) -> int:
        """Length of the feature row."""
        return int(np.prod(self.feature_grid))


def _spatial(shape: tuple[int, ...], channel_axis: int | None) -> tuple[int, int]:
    if len(shape) == 3:
        axis = -1 if channel_axis is None else channel_axis
        if not -3 <= axis < 3:
            raise ValueError(f"channel_axis must lie in -3..2 for images, got {axis}")
        shape = tuple(np.delete(shape, axis))
    return int(shape[0]), int(shape[1])


def extract(images: NDArray, geometry: HogGeometry, out: NDArray[np.float32]) -> None:
    """Fill ``out`` (n, n_features) with the features of images ``(n, rows, columns[, C])``."""
    histograms = _voted(images, geometry)
    scale = histograms.dtype.type(1 / geometry.pixels_per_cell)
    blocks.normalise_blocks(
        histograms, scale, geometry.cells[1], *geometry.block, geometry.method, out
    )


def cell_histograms(images: NDArray, geometry: HogGeometry) -> NDArray[np.float32]:
    """Return mean magnitudes (n, cell rows, cell columns, orientations) before normalisation."""
    voted = _voted(images, geometry)[:, :, : geometry.orientations, : geometry.cells[1]]
    return (voted / geometry.pixels_per_cell).transpose(0, 1, 3, 2).astype(np.float32)


def _voted(images: NDArray, geometry: HogGeometry) -> NDArray:
    """Return sums of magnitudes (n, cell rows, orientations + 1, padded cell columns)."""
    lanes = kernels.LANES
    padded = -(-geometry.cells[1] // lanes) * lanes
    shape = (len(images), geometry.cells[0], geometry.orientations + 1, padded)
    is_byte = images.dtype == np.uint8
    histograms = np.empty(shape, np.float32 if is_byte else np.float64)
    images = np.ascontiguousarray(images)
    if is_byte and images.ndim == 3:
        table = kernels.bin_table(geometry.orientations, geometry.signed)
        kernels.grey_histograms(images, *geometry.cell, table, histograms)
        return histograms
    bins = np.empty(geometry.image_shape, np.uint8)
    magnitude = np.empty(geometry.image_shape, histograms.dtype)
    colour = images if images.ndim == 4 else images[..., None]
    for image, histogram in zip(colour, histograms, strict=True):
        _pixel_votes(image, geometry, bins, magnitude)
        kernels.vote_histogram(bins, magnitude, *geometry.cell, histogram)
    return histograms


def _pixel_votes(image: NDArray, geometry: HogGeometry, bins: NDArray, magnitude: NDArray) -> None:
    planes = np.ascontiguousarray(image.transpose(2, 0, 1))
    if image.dtype == np.uint8:
        table = kernels.bin_table(geometry.orientations, geometry.signed)
        kernels.colour_votes(planes, table, bins, magnitude)
    else:
        kernels.float_votes(planes, geometry.orientations, geometry.signed, bins, magnitude)
    _settle_unsure(image, geometry, bins)


def _settle_unsure(image: NDArray, geometry: HogGeometry, bins: NDArray) -> None:
    """Place the few pixels that the fast arithmetic could not, with scikit-image's own."""
    rows, columns = np.nonzero(bins == kernels.UNSURE)
    if len(rows) == 0:
        return
    working = image if image.dtype.kind == "f" else image.astype(np.float64)
    g_row, g_col = (np.zeros((len(rows), image.shape[2]), working.dtype) for _ in range(2))
    inner = (rows > 0) & (rows < image.shape[0] - 1)
    r, c = rows[inner], columns[inner]
    g_row[inner] = working[r + 1, c] - working[r - 1, c]
    inner = (columns > 0) & (columns < image.shape[1] - 1)
    r, c = rows[inner], columns[inner]
    g_col[inner] = working[r, c + 1] - working[r, c - 1]
    strongest = np.hypot(g_row, g_col).argmax(axis=1)[:, None]
    g_row, g_col = (np.take_along_axis(g, strongest, 1)[:, 0] for g in (g_row, g_col))
    bins[rows, columns] = kernels.orientation_bin(
        g_row.astype(np.float64), g_col.astype(np.float64), geometry.orientations, geometry.signed
    )
