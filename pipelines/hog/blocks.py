"""Normalisation of overlapping blocks of cells: the second stage of HOG, compiled too."""

from __future__ import annotations

import numpy as np

from pipelines.images.kernels import kernel

BLOCK_NORMS = ("L1", "L1-sqrt", "L2", "L2-Hys")
_EPSILON = 1e-5  # scikit-image's


@kernel
def _inverse_norms(sums, l1, out):  # type: ignore[no-untyped-def]
    for c in range(len(out)):
        out[c] = 1 / (sums[c] + _EPSILON) if l1 else 1 / np.sqrt(sums[c] + _EPSILON * _EPSILON)


@kernel
def _cell_sums(cells, scale, l1, sums):  # type: ignore[no-untyped-def]
    # The histogram is scaled to the mean over the cell here: it is read anyway.
    sums[:] = 0
    for o in range(cells.shape[0]):
        values = cells[o]
        for c in range(len(values)):
            values[c] *= scale
            sums[c] += values[c] if l1 else values[c] * values[c]


@kernel
def normalise_blocks(histograms, scale, n_columns, block_height, block_width, method, out):  # type: ignore[no-untyped-def]
    """Normalise every block of ``histograms``, which are scaled in place, into the rows ``out``.

    ``method`` is the position in ``BLOCK_NORMS``; a row of ``out`` is ordered as scikit-image
    orders it: block row, block column, cell row, cell column, orientation.
    """
    _, n_rows, n_bins, padded = histograms.shape
    orientations = n_bins - 1
    l1, hysteresis = method < 2, method == 3
    dtype = histograms.dtype.type
    sums = np.zeros((n_rows, padded + block_width), histograms.dtype)
    total = np.zeros(padded, histograms.dtype)
    factor = np.zeros(padded, histograms.dtype)
    block = np.zeros((block_height * block_width * orientations, padded), histograms.dtype)
    for k in range(len(histograms)):
        histogram = histograms[k]
        for r in range(n_rows):
            _cell_sums(histogram[r, :orientations], scale, l1, sums[r, :padded])
        position = 0
        for r in range(n_rows - block_height + 1):
            total[:] = 0
            for i in range(block_height):
                for j in range(block_width):
                    for c in range(padded):
                        total[c] += sums[r + i, c + j]
            _inverse_norms(total, l1, factor)
            total[:] = 0
            q = 0
            for i in range(block_height):
                for j in range(block_width):
                    for o in range(orientations):
                        values, target = histogram[r + i, o], block[q]
                        if hysteresis:
                            for c in range(padded - j):
                                value = min(values[c + j] * factor[c], dtype(0.2))
                                total[c] += value * value
                                target[c] = value
                        else:
                            for c in range(padded - j):
                                target[c] = values[c + j] * factor[c]
                        q += 1
            if hysteresis:
                _inverse_norms(total, False, factor)
            for c in range(n_columns - block_width + 1):
                _write_block(block, c, factor[c], method, out[k], position)
                position += len(block)


@kernel
def _write_block(block, c, factor, method, out, position):  # type: ignore[no-untyped-def]
    if method == 3:
        for q in range(len(block)):
            out[position + q] = block[q, c] * factor
    elif method == 1:
        for q in range(len(block)):
            out[position + q] = np.sqrt(block[q, c])
    else:
        for q in range(len(block)):
            out[position + q] = block[q, c]
