"""How every kernel of ours is compiled, and the one that several rooms share."""

from __future__ import annotations

import numba
import numpy as np

from basis.compiled import KEPT

kernel = numba.njit(nogil=True, cache=KEPT, error_model="numpy", fastmath={"contract", "reassoc"})
"""Compiled without the GIL, so that joblib's threads run it side by side."""


@kernel
def rgb_to_grey(images, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (n, rows, columns) from C-contiguous RGB ``images``, integer BT.601."""
    flat, target = images.reshape(-1, 3), out.reshape(-1)
    for i in range(len(target)):
        total = np.uint32(19595) * flat[i, 0] + np.uint32(38470) * flat[i, 1]
        target[i] = np.uint32(total + np.uint32(7471) * flat[i, 2] + np.uint32(32768)) >> 16
