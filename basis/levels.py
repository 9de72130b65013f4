"""What a number in a picture means: the one rule for every array of pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import assert_all_finite


def on_byte_scale(images: NDArray[Any], name: str = "this estimator") -> NDArray[Any]:
    """Return pictures on the scale 0-255.

    Whole numbers are levels of that scale. Floating-point numbers are too, unless the largest of
    all of ``images`` is at most 1 (or a thousandth more, by rounding, which is cut off): then they
    are shares of white and are multiplied by 255. Where
    every value then is a whole level but for rounding, the pictures are 8-bit ones in another type
    and become uint8, so that a picture gives the same answer in every type. Other floating-point
    pictures keep their precision.

    Parameters
    ----------
    images : ndarray of shape (n, ...)
        Of numbers.
    name : str
        Who asks, for messages.

    Returns
    -------
    ndarray of shape (n, ...)
        uint8, float32 or float64. uint8 is returned as it is.

    Raises
    ------
    TypeError
        Booleans, a mask being no picture, and what is no number.
    ValueError
        NaN, infinity, values below 0 or above 255, and fractions of which the largest lies above 1
        and below 2: shares of white that overshot, or pictures darker than any.

    Examples
    --------
    >>> import numpy as np
    >>> from basis.levels import on_byte_scale
    >>> on_byte_scale(np.array([[0.0, 0.2, 1.0]]))
    array([[  0,  51, 255]], dtype=uint8)
    """
    if images.dtype == np.uint8:
        return images
    if images.dtype == bool:
        raise TypeError(
            f"{name} expects grey levels, got booleans: a mask is no picture. If it is meant, give "
            "X * np.uint8(255)"
        )
    if images.dtype.kind not in "uif":
        raise TypeError(f"{name} expects images as numbers, got dtype {images.dtype}")
    if images.dtype.kind == "f":
        assert_all_finite(images, input_name="X", estimator_name=name)
    low, high = images.min(), images.max()
    if low < 0 or high > 255:
        raise ValueError(
            f"{name} expects pixels in 0 to 255, or in 0 to 1 as floats; X has dtype "
            f"{images.dtype} and values from {low:g} to {high:g}: undo its normalisation, and "
            "divide 16-bit pictures by 257"
        )
    if images.dtype.kind != "f":
        return images.astype(np.uint8)
    # half precision resolves an eighth of a level at most
    tolerance = 0.13 if images.dtype == np.float16 else 1e-3
    exact = images.astype(np.float32) if images.dtype == np.float16 else images
    shares = high <= 1.001
    if shares and high > 1:
        exact = np.minimum(exact, 1)
    elif 1 < high < 2:
        raise ValueError(
            f"{name} expects pixels in 0 to 255, or in 0 to 1 as floats; the largest of X is "
            f"{high:g}: if they are shares of white, give np.clip(X, 0, 1)"
        )
    factor = exact.dtype.type(255 if shares else 1)
    levels = np.empty(images.shape, dtype=np.uint8)
    for image, target in zip(exact, levels, strict=True):
        scaled = image * factor
        whole = np.rint(scaled)
        if np.abs(scaled - whole).max(initial=0) > tolerance:
            return exact * factor if factor != 1 else exact
        target[...] = whole
    return levels


def as_bytes(images: NDArray[Any]) -> NDArray[np.uint8]:
    """Return images on the scale 0-255 as uint8, rounded.

    Parameters
    ----------
    images : ndarray
        What :func:`on_byte_scale` returned.

    Returns
    -------
    ndarray of uint8
        Of the same shape.

    Examples
    --------
    >>> import numpy as np
    >>> from basis.levels import as_bytes
    >>> as_bytes(np.array([0.4, 254.6]))
    array([  0, 255], dtype=uint8)
    """
    return images if images.dtype == np.uint8 else np.rint(images).astype(np.uint8)
