"""Compiled inner loops of the histogram of oriented gradients, each releasing the GIL.

The first of two stages, as in Dalal & Triggs: magnitudes voted into one orientation histogram per
cell (``blocks`` normalises overlapping blocks of cells). Histograms are ``(cell rows,
orientations + 1, padded cell columns)``: with the columns last, every step of the normalisation is
one vector operation over a row of blocks, whatever the parameters. The last orientation takes
gradients without a bin.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipelines.images.kernels import kernel

LANES = 16
"""Cell columns are padded to a multiple of this, so that no vector loop has a remainder."""

UNSURE = 255
"""Bin of a pixel that only the reference arithmetic can place (see ``colour_votes``)."""

_COPIES = 4
_IDENTITY = np.arange(256, dtype=np.uint8)


def orientation_bin(g_row: NDArray, g_col: NDArray, orientations: int, signed: bool) -> NDArray:
    """Return the orientation bin of gradients, ``orientations`` where scikit-image has none.

    Every floating-point operation is scikit-image's, in its order, because a gradient that lies
    exactly on the border of two bins must fall on the same side. An angle that rounds up to the
    full turn falls in no bin there, and so it does here.
    """
    turn = 360 if signed else 180
    angle = np.rad2deg(np.arctan2(g_row, g_col)) % turn
    edges = turn / orientations * np.arange(orientations + 1)
    return (np.searchsorted(edges, angle, side="right") - 1).astype(np.uint8)


@lru_cache(maxsize=16)
def bin_table(orientations: int, signed: bool) -> NDArray[np.uint8]:
    """Return the bin of every gradient of 8-bit images at ``511 * (g_row + 255) + g_col + 255``."""
    steps = np.arange(-255, 256, dtype=np.float64)
    g_row, g_col = np.meshgrid(steps, steps, indexing="ij")
    table = orientation_bin(g_row, g_col, orientations, signed).ravel()
    table.flags.writeable = False
    return table


@kernel
def _vote(codes, table, magnitude, cell_width, n_cells, slots, copies):  # type: ignore[no-untyped-def]
    # Neighbouring pixels often share a bin, and adding to one address twice in a row waits for
    # the first store, so four copies of the histogram take turns: ``copies`` is (cells, 4,
    # slots), flat. Unsigned indices spare Python's test for negative ones.
    one, slots = np.uint64(1), np.uint64(slots)
    two, three, four = np.uint64(2), np.uint64(3), np.uint64(4)
    x = np.uint64(0)
    for cell in range(n_cells):
        base = np.uint64(cell) * four * slots
        end = x + np.uint64(cell_width)
        while x + three < end:
            copies[base + table[np.uint64(codes[x])]] += magnitude[x]
            copies[base + slots + table[np.uint64(codes[x + one])]] += magnitude[x + one]
            copies[base + two * slots + table[np.uint64(codes[x + two])]] += magnitude[x + two]
            copies[base + three * slots + table[np.uint64(codes[x + three])]] += magnitude[
                x + three
            ]
            x += four
        while x < end:
            copies[base + table[np.uint64(codes[x])]] += magnitude[x]
            x += one


@kernel
def _collect(copies, n_cells, slots, histogram):  # type: ignore[no-untyped-def]
    for cell in range(n_cells):
        at = cell * _COPIES * slots
        for o in range(histogram.shape[0]):
            first = copies[at + o] + copies[at + slots + o]
            second = copies[at + 2 * slots + o] + copies[at + 3 * slots + o]
            histogram[o, cell] = first + second


@kernel
def _slots(n_bins):  # type: ignore[no-untyped-def]
    return (n_bins + 15) // 16 * 16


@kernel
def _gradient_row(image, y, codes, magnitude):  # type: ignore[no-untyped-def]
    height, width = image.shape
    row = image[y]
    inner = 0 < y < height - 1
    above = image[y - 1] if inner else row
    below = image[y + 1] if inner else row
    for x in range(1, width - 1):
        g_col = np.int32(row[x + 1]) - np.int32(row[x - 1])
        g_row = np.int32(below[x]) - np.int32(above[x])
        codes[x] = np.uint32(511 * (g_row + 255) + g_col + 255)
        magnitude[x] = np.sqrt(np.float32(g_col * g_col + g_row * g_row))
    for x in (0, width - 1):
        g_row = np.int32(below[x]) - np.int32(above[x])
        codes[x] = np.uint32(511 * (g_row + 255) + 255)
        magnitude[x] = np.float32(abs(g_row))


@kernel
def grey_histograms(images, cell_height, cell_width, table, histograms):  # type: ignore[no-untyped-def]
    """Fill ``histograms`` (n, cell rows, bins, padded columns) from uint8 images (n, rows, cols).

    The bin of a gradient comes from ``bin_table``.
    """
    width = images.shape[2]
    codes = np.zeros(width, np.uint32)
    magnitude = np.zeros(width, np.float32)
    n_cells = width // cell_width
    slots = _slots(histograms.shape[2])
    copies = np.empty(n_cells * _COPIES * slots, np.float32)
    histograms[:] = 0
    for k in range(len(images)):
        for r in range(histograms.shape[1]):
            copies[:] = 0
            for y in range(r * cell_height, (r + 1) * cell_height):
                _gradient_row(images[k], y, codes, magnitude)
                _vote(codes, table, magnitude, cell_width, n_cells, slots, copies)
            _collect(copies, n_cells, slots, histograms[k, r])


@kernel
def vote_histogram(bins, magnitude, cell_height, cell_width, histogram):  # type: ignore[no-untyped-def]
    """Fill ``histogram`` (cell rows, bins, padded columns) from bins and magnitudes of pixels."""
    n_cells = bins.shape[1] // cell_width
    slots = _slots(histogram.shape[1])
    copies = np.empty(n_cells * _COPIES * slots, magnitude.dtype)
    histogram[:] = 0
    for r in range(histogram.shape[0]):
        copies[:] = 0
        for y in range(r * cell_height, (r + 1) * cell_height):
            _vote(bins[y], _IDENTITY, magnitude[y], cell_width, n_cells, slots, copies)
        _collect(copies, n_cells, slots, histogram[r])


@kernel
def _row_gradients(image, y, g_row, g_col):  # type: ignore[no-untyped-def]
    # Differences in the type of ``g_row``: of pixels as they are, so that float32 images round
    # as scikit-image's do.
    height, width = image.shape
    dtype = g_row.dtype.type
    inner = 0 < y < height - 1
    above, below = (y - 1, y + 1) if inner else (y, y)
    for x in range(width):
        g_row[x] = dtype(image[below, x]) - dtype(image[above, x])
    for x in range(1, width - 1):
        g_col[x] = dtype(image[y, x + 1]) - dtype(image[y, x - 1])
    g_col[0] = g_col[width - 1] = 0


@kernel
def _strongest(g_row, g_col, slack, best, best_row, best_col, tie):  # type: ignore[no-untyped-def]
    # ``tie`` marks pixels whose winner hangs on the last bits of the reference's ``hypot``.
    square_of = best.dtype.type
    for x in range(len(best)):
        r, c = square_of(g_row[x]), square_of(g_col[x])
        square = r * r + c * c
        high, low = best[x] + best[x] * slack, best[x] - best[x] * slack
        # Components that are equal up to order and sign have equal magnitudes, whatever the
        # rounding of ``square`` (a fused multiply-add is not symmetric): the first channel stays.
        ar, ac = abs(r), abs(c)
        br, bc = abs(square_of(best_row[x])), abs(square_of(best_col[x]))
        same = (max(ar, ac) == max(br, bc)) & (min(ar, ac) == min(br, bc)) & (best[x] >= 0)
        near = (square >= low) & (square <= high)
        tie[x] = (tie[x] & (square <= high)) | (near & (not same))
        if (square > best[x]) & (not same):
            best[x] = square
            best_row[x] = g_row[x]
            best_col[x] = g_col[x]


@kernel
def colour_votes(planes, table, bins, magnitude):  # type: ignore[no-untyped-def]
    """Fill bins and magnitudes (rows, columns) from uint8 planes (channels, rows, columns).

    The channel with the largest magnitude votes. Where two channels tie with different gradients
    the bin is left ``UNSURE``.
    """
    channels, height, width = planes.shape
    g_row, g_col = np.zeros(width, np.int32), np.zeros(width, np.int32)
    best_row, best_col = np.zeros(width, np.int32), np.zeros(width, np.int32)
    best = np.zeros(width, np.int32)
    tie = np.zeros(width, np.bool_)
    for y in range(height):
        best[:] = -1
        tie[:] = False
        for channel in range(channels):
            _row_gradients(planes[channel], y, g_row, g_col)
            _strongest(g_row, g_col, 0, best, best_row, best_col, tie)
        for x in range(width):
            code = np.uint32(511 * (best_row[x] + 255) + best_col[x] + 255)
            bins[y, x] = np.uint8(UNSURE) if tie[x] else table[np.uint64(code)]
            magnitude[y, x] = np.sqrt(np.float32(best[x]))


@kernel
def _row_bins(g_row, g_col, orientations, signed, bins):  # type: ignore[no-untyped-def]
    # Angle in bins within 1e-5 turns (polynomial 4.4.49 of Abramowitz & Stegun), in single
    # precision and without branches; what it cannot place, NaN included, is unsure.
    one = np.float32(1)
    per_turn = np.float32(orientations if signed else 2 * orientations)
    guard = np.float32(2e-5) * per_turn
    for x in range(len(bins)):
        r, c = np.float32(g_row[x]), np.float32(g_col[x])
        a, b = abs(r), abs(c)
        t = min(a, b) / max(max(a, b), np.float32(1e-30))
        s = t * t
        turn = np.float32(0.0208351) * s - np.float32(0.085133)
        turn = turn * s + np.float32(0.180141)
        turn = turn * s - np.float32(0.3302995)
        turn = (turn * s + np.float32(0.999866)) * t * np.float32(0.15915494)
        turn = np.float32(0.25) - turn if a > b else turn
        turn = np.float32(0.5) - turn if c < 0 else turn
        turn = one - turn if r < 0 else turn
        position = turn * per_turn
        nearest = np.rint(position)
        placed = (abs(position - nearest) >= guard) & (max(a, b) > np.float32(1e-30))
        whole = np.int32(position)
        whole = whole - orientations if whole >= orientations else whole
        flat = (g_row[x] == 0) & ((not signed) | (g_col[x] >= 0))
        bins[x] = np.uint8(0) if flat else (np.uint8(whole) if placed else np.uint8(UNSURE))


@kernel
def float_votes(planes, orientations, signed, bins, magnitude):  # type: ignore[no-untyped-def]
    """Fill bins and magnitudes from float32 or float64 planes (channels, rows, columns).

    A gradient too close to the border of two bins for the fast angle, and a near tie of two
    channels, is left ``UNSURE``.
    """
    channels, height, width = planes.shape
    g_row, g_col = np.zeros(width, planes.dtype), np.zeros(width, planes.dtype)
    best_row, best_col = np.zeros(width, planes.dtype), np.zeros(width, planes.dtype)
    best = np.zeros(width, np.float64)
    tie = np.zeros(width, np.bool_)
    for y in range(height):
        if channels == 1:
            _row_gradients(planes[0], y, best_row, best_col)
            for x in range(width):
                r, c = np.float64(best_row[x]), np.float64(best_col[x])
                best[x] = r * r + c * c
        else:
            best[:] = -1
            tie[:] = False
            for channel in range(channels):
                _row_gradients(planes[channel], y, g_row, g_col)
                _strongest(g_row, g_col, 4e-6, best, best_row, best_col, tie)
        _row_bins(best_row, best_col, orientations, signed, bins[y])
        for x in range(width):
            if tie[x]:
                bins[y, x] = UNSURE
            magnitude[y, x] = np.sqrt(best[x])
