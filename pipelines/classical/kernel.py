r"""The Gaussian kernel that is even under mirroring, and what is solved with it.

Rows are :math:`(s, a)` with :math:`a` the last ``n_odd`` columns, in units of the kernel's width,
and :math:`k(x, x') = g(|s-s'|^2 + |a-a'|^2) + g(|s-s'|^2 + |a+a'|^2)` with
:math:`g(d) = e^{-d / 2}`: the sum over a face and its mirror image. Both distances come from one
matrix product each for the even and the odd part. Everything keeps the dtype of its input and
works in tiles that stay in the cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from .threads import blocks, over_blocks

_BLOCK = 256
_TILE = 2048


def _split(X: NDArray, n_odd: int) -> tuple[NDArray, NDArray]:
    even = X.shape[1] - n_odd
    return X[:, :even], X[:, even:]


def kernel_pair(A: NDArray, B: NDArray, n_odd: int) -> tuple[NDArray, NDArray]:
    """Return the kernel of rows ``A`` with ``B`` and with the mirror images of ``B``."""
    (a_even, a_odd), (b_even, b_odd) = _split(A, n_odd), _split(B, n_odd)
    direct = a_even @ b_even.T
    direct -= np.einsum("ij,ij->i", A, A)[:, None] / 2
    direct -= np.einsum("ij,ij->i", B, B) / 2
    cross = a_odd @ b_odd.T
    mirrored = direct - cross
    direct += cross
    for exponent in (direct, mirrored):
        np.minimum(exponent, 0, out=exponent)  # rounding, where the norms are large
        np.exp(exponent, out=exponent)
    return direct, mirrored


def gram(X: NDArray, n_odd: int) -> NDArray:
    """Return the kernel matrix (n, n) of the rows of ``X``."""
    out = np.empty((len(X), len(X)), dtype=X.dtype)
    for rows in blocks(len(X), _BLOCK):
        for columns in blocks(rows.stop, _TILE):  # only the lower triangle is read
            np.add(*kernel_pair(X[rows], X[columns], n_odd), out=out[rows, columns])
    return out


def kernel_ridge(lower: NDArray, target: NDArray, alpha: float) -> NDArray:
    """Solve ``(K + alpha I) c = target``; the lower triangle ``lower`` is overwritten."""
    lower.flat[:: len(lower) + 1] += lower.dtype.type(alpha)
    try:
        # The transposed view is column-major, so LAPACK works in place.
        factor = cho_factor(lower.T, lower=False, overwrite_a=True, check_finite=False)
    except LinAlgError as error:
        raise ValueError(
            f"alpha={alpha:g} is too small for {lower.dtype} kernels: centre and scale the "
            "features, give them as float64, or raise alpha"
        ) from error
    return cho_solve(factor, target, check_finite=False)


def median_distance(X: NDArray, rng: Any, n_pairs: int = 20_000) -> float:
    """Return the median distance of random pairs of rows, 1 where all rows are equal."""
    first, second = rng.randint(len(X), size=(2, n_pairs))
    apart = first != second
    squares = [
        np.square(X[first[rows]] - X[second[rows]]).sum(axis=1)[apart[rows]]
        for rows in blocks(n_pairs, _BLOCK)
    ]
    together = np.concatenate(squares)
    return float(np.sqrt(np.median(together))) or 1.0 if len(together) else 1.0


def metric_factors(X: NDArray, dual: NDArray, n_odd: int, floor: float) -> tuple[NDArray, NDArray]:
    """Return square roots of the even and odd block of the average gradient outer product.

    The gradients are those of the kernel machine with coefficients ``dual`` at its own points,
    up to a factor; the mean eigenvalue of the product is scaled to 1 and ``floor`` added to all.
    Between even and odd directions the product vanishes by symmetry.
    """
    even, odd = _split(X, n_odd)
    products = [np.zeros((part.shape[1],) * 2, dtype=np.float64) for part in (even, odd)]
    for rows in blocks(len(X), _BLOCK):
        direct, mirrored = kernel_pair(X[rows], X, n_odd)
        direct *= dual
        mirrored *= dual
        total = direct + mirrored
        weight = total.sum(axis=1)[:, None]
        gradients = (total @ even - weight * even[rows],
                     (direct - mirrored) @ odd - weight * odd[rows])  # fmt: skip
        for product, gradient in zip(products, gradients, strict=True):
            product += gradient.T @ gradient
    mean = sum(np.trace(product) for product in products) / X.shape[1]
    return _root(products[0], mean, floor, X.dtype), _root(products[1], mean, floor, X.dtype)


def _root(product: NDArray, mean: float, floor: float, dtype: Any) -> NDArray:
    if mean <= 0:  # a constant target has no directions
        return np.eye(len(product), dtype=dtype)
    values, vectors = np.linalg.eigh(product / mean)
    root = (vectors * np.sqrt(np.maximum(values, 0) + floor)) @ vectors.T
    return root.astype(dtype)


def predict_blocks(
    X: NDArray, X_fit: NDArray, n_odd: int, dual: NDArray, n_jobs: int | None = None
) -> NDArray:
    """Return the kernel machine's answers (n,) for the rows of ``X``."""
    out = np.zeros(len(X), dtype=X_fit.dtype)

    def answer(rows: slice) -> None:
        for columns in blocks(len(X_fit), _TILE):
            direct, mirrored = kernel_pair(X[rows], X_fit[columns], n_odd)
            direct += mirrored
            out[rows] += direct @ dual[columns]

    over_blocks(len(X), _BLOCK, answer, n_jobs)
    return out
