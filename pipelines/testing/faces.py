"""Made-up faces whose stripes tell age and gender."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

_SIDE = 48


def striped_faces(
    n: int = 32, seed: int = 0, colour: bool = True
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return pictures whose stripes tell both answers: their width the age, their slant the gender.

    Parameters
    ----------
    n : int
        Pictures.
    seed : int
        Of ages and noise.
    colour : bool
        Three equal channels, or none.

    Returns
    -------
    X : ndarray of uint8, shape (n, 48, 48, 3) or (n, 48, 48)
    Y : ndarray of float64, shape (n, 2)
        Age in years, gender 0 or 1.

    Examples
    --------
    >>> from pipelines.testing import striped_faces
    >>> X, Y = striped_faces(4)
    >>> X.shape, Y.shape
    ((4, 48, 48, 3), (4, 2))
    """
    rng = np.random.default_rng(seed)
    gender = np.arange(n) % 2
    age = rng.uniform(1, 90, n)
    across = np.arange(_SIDE, dtype=float)
    X = np.empty((n, _SIDE, _SIDE, 3))
    for i in range(n):
        slant = across[:, None] * (1 if gender[i] else -1)
        stripes = 30 * np.sin((across + slant) / (1 + age[i] / 20))
        X[i] = (110 + stripes + rng.normal(0, 6, (_SIDE, _SIDE)))[..., None]
    pictures = np.clip(X, 0, 255).astype(np.uint8)
    labels = np.column_stack([age, gender.astype(float)])
    return (pictures if colour else pictures[..., 0]), labels


def fitted(estimator: Any, seed: int = 0) -> tuple[Any, np.ndarray, np.ndarray]:
    """Return a fitted clone, and the faces and labels it was fitted on."""
    X, Y = striped_faces(seed=seed)
    return clone(estimator).fit(X, Y), X, Y
