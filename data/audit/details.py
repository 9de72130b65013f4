"""Correlation of fine detail: whether two images with similar hashes are really the same photo.

Aligned faces resemble each other, so brightness alone does not tell. Compared are the details:
grey images of 64 x 64 without their coarse shading, whose correlation is near 1 for copies of one
photo (re-compressed, resized, brightened, cropped a little differently) and near 0.3 for two
photos of similar faces.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from basis.pictures import UnreadableImageError, decode
from data.cache import Progress, no_progress
from data.errors import DataError
from data.threads import in_threads

SIDE = 64
_SHIFT = 3


def detail_image(pixels: np.ndarray) -> np.ndarray:
    """Return grey detail of an RGB image: 64 x 64 float32, coarse shading removed."""
    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    smooth = cv2.GaussianBlur(small, (0, 0), 1.0)
    return smooth - cv2.GaussianBlur(small, (0, 0), 6.0)


def detail_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return the correlation of two detail images at the best shift; 0 if one of them is flat."""
    inner = first[_SHIFT:-_SHIFT, _SHIFT:-_SHIFT]
    if inner.std() < 1e-3 or second.std() < 1e-3:
        return 0.0
    return float(cv2.matchTemplate(second, inner, cv2.TM_CCOEFF_NORMED).max())


def pair_similarity(
    paths: Sequence[Path | np.ndarray],
    pairs: np.ndarray,
    mirrored: np.ndarray,
    *,
    n_jobs: int | None = None,
    progress: Progress = no_progress,
) -> np.ndarray:
    """Return the detail correlation of every pair.

    ``paths`` are files or RGB pictures. ``pairs`` ``(m, 2)`` are row numbers into them, of which
    only those in a pair are read; a
    ``mirrored`` pair is compared with the mirror image of the second. ``DataError`` where a file
    has become unreadable: a pair without an answer would be remembered as none.
    """
    rows = np.unique(pairs).tolist()
    images: dict[int, np.ndarray] = {}

    def load(part: list[int]) -> list[np.ndarray]:
        return [_load(paths[row]) for row in part]

    for details in in_threads(load, rows, n_jobs):
        images |= dict(zip(rows[len(images) : len(images) + len(details)], details, strict=True))
        progress("compare pixels", len(images), len(rows))
    out = np.empty(len(pairs), np.float32)
    for number, (i, j) in enumerate(pairs.tolist()):
        second = images[j]
        turned = np.ascontiguousarray(second[:, ::-1]) if mirrored[number] else second
        out[number] = detail_correlation(images[i], turned)
    return out


def _load(path: Path | np.ndarray) -> np.ndarray:
    if isinstance(path, np.ndarray):
        return detail_image(path)
    try:
        return detail_image(decode(path.read_bytes()).pixels)
    except (OSError, UnreadableImageError) as error:
        raise DataError(
            f"{path} was readable when the data set was checked and is not now ({error}): "
            "restore the file and load again"
        ) from error
