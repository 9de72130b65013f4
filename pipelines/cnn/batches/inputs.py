"""What a CNN estimator accepts: image arrays, targets and the parts of the data, checked."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from basis.levels import as_bytes
from pipelines.holdout import cut_part
from pipelines.images.arrays import check_images

Pair = tuple[Any, Any]

#: Below so many groups nothing is held back: there is nothing to choose or calibrate with.
FEWEST_GROUPS = 4


class Parts(NamedTuple):
    """Rows to learn from and the two pairs that decide when to stop and how to calibrate."""

    rows: np.ndarray
    select: Pair
    calibrate: Pair


def check_faces(X: Any, image_shape: tuple[int, ...] | None = None) -> np.ndarray:
    """Return uint8 images ``(n, H, W, 3)`` or ``(n, H, W)`` without copying a memory map."""
    images = check_images(X, image_shape=image_shape, name="the CNN")
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim == 4 and images.shape[-1] != 3:
        raise ValueError(
            f"the CNN takes RGB or grey images, got {images.shape[-1]} channels in the last "
            f"axis of shape {images.shape}: drop alpha, and put the channels last"
        )
    return as_bytes(images)


def check_length(n: int, **columns: ArrayLike | None) -> None:
    """``ValueError`` unless every given column has ``n`` rows."""
    for name, column in columns.items():
        if column is not None and len(np.asarray(column)) != n:
            raise ValueError(f"{name} has {len(np.asarray(column))} rows for {n} images")


def check_weights(sample_weight: ArrayLike | None, rows: np.ndarray, n: int) -> np.ndarray:
    """Return the weights of ``rows`` with mean 1."""
    if sample_weight is None:
        return np.ones(len(rows))
    weight = np.asarray(sample_weight, dtype=float)
    if weight.shape != (n,):
        raise ValueError(f"sample_weight must have shape ({n},), not {weight.shape}")
    bad = ~(np.isfinite(weight) & (weight >= 0))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(f"sample_weight must be 0 or more, found {weight[row]:g} in row {row}")
    chosen = weight[rows]
    if not chosen.any():
        raise ValueError("every sample_weight of the training faces is 0: nothing to learn from")
    return chosen / chosen.mean()


def cut_parts(
    images: np.ndarray,
    targets: np.ndarray,
    groups: ArrayLike | None,
    select: Pair | None,
    calibrate: Pair | None,
    seed: int,
    size: float = 0.1,
) -> Parts:
    """Cut the missing ones of *select* and *calibrate* from the data; no group is split.

    Given pairs are used as they are; each missing one receives ``size`` of the groups, at least
    one. Below ``FEWEST_GROUPS`` groups nothing is held back and training rows stand in, with a
    warning.
    """
    rows = np.arange(len(images))
    labels = rows if groups is None else np.asarray(groups)
    n_groups = len(np.unique(labels))
    enough = n_groups >= FEWEST_GROUPS
    if not enough and (select is None or calibrate is None):
        warnings.warn(
            f"only {n_groups} groups: nothing is held back, the faces trained on choose the epoch "
            f"and calibrate too, and intervals and probabilities will be too sure; give "
            f"select= and calibrate=",
            stacklevel=2,
        )
    cut: list[Pair] = []
    for given in (select, calibrate):
        if given is not None:
            cut.append(given)
            continue
        held = rows
        if enough:
            keep, held = cut_part(len(rows), size, groups=labels[rows], random_state=seed)
            held, rows = rows[held], rows[keep]
        cut.append((images[held], targets[held]))
    return Parts(rows, cut[0], cut[1])
