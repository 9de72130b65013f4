"""Batches of images as arrays: checks with scikit-learn's messages, grey conversion, mirroring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import assert_all_finite

from .kernels import rgb_to_grey


def check_images(
    X: Any, *, image_shape: Sequence[int] | None = None, name: str = "this estimator"
) -> NDArray:
    """Return ``X`` as an array of images on the scale 0-255.

    ``X`` holds images ``(n, rows, columns[, channels])``, an array or a list of equally large ones,
    or with ``image_shape`` flattened rows. Levels follow :func:`on_byte_scale`; arrays and memory
    maps of uint8 are not copied. Paths and masks are a ``TypeError``, everything else that is no
    batch of images a ``ValueError`` that says ``name``.
    """
    images = _stacked(X, name)
    if images.dtype == bool:
        raise TypeError(
            f"{name} expects grey levels, got booleans: a mask is no picture. If it is meant, give "
            "X * np.uint8(255)"
        )
    if images.dtype.kind not in "uif":
        raise TypeError(
            f"{name} expects images as numbers, got dtype {images.dtype}; "
            "paths become images with LoadImages"
        )
    if image_shape is not None and images.ndim == 2:
        images = _unflattened(images, tuple(image_shape), name)
    if images.ndim not in (3, 4):
        raise ValueError(
            f"{name} expects images (n, rows, columns[, channels]), got an array of shape "
            f"{images.shape}. Give image_shape for flattened rows, and X[None] for one image."
        )
    if images.ndim == 3 and images.shape[2] in (3, 4) and min(images.shape[:2]) > 4:
        raise ValueError(
            f"{name} expects images (n, rows, columns[, channels]); an array of shape "
            f"{images.shape} looks like one picture: give X[None]"
        )
    if images.shape[0] == 0:
        raise ValueError(
            f"Found array with 0 sample(s) (shape={images.shape}) while a minimum of 1 is "
            f"required by {name}."
        )
    return on_byte_scale(images, name)


def on_byte_scale(images: NDArray, name: str = "this estimator") -> NDArray:
    """Return pictures on the scale 0-255, the one rule for every estimator.

    Whole numbers are levels of that scale. Floating-point numbers are too, unless the largest of
    all of ``images`` is at most 1: then they are shares of white and are multiplied by 255. Where
    every value then is a whole level but for rounding, the pictures are 8-bit ones in another type
    and become uint8, so that a picture gives the same answer in every type. Other floating-point
    pictures keep their precision. NaN and values outside the scale are a ``ValueError``.
    """
    if images.dtype == np.uint8:
        return images
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
    factor = exact.dtype.type(255 if high <= 1 else 1)
    levels = np.empty(images.shape, dtype=np.uint8)
    for image, target in zip(exact, levels, strict=True):
        scaled = image * factor
        whole = np.rint(scaled)
        if np.abs(scaled - whole).max(initial=0) > tolerance:
            return exact * factor if factor != 1 else exact
        target[...] = whole
    return levels


def as_bytes(images: NDArray) -> NDArray[np.uint8]:
    """Return images on the scale 0-255 as uint8, rounded."""
    return images if images.dtype == np.uint8 else np.rint(images).astype(np.uint8)


def _stacked(X: Any, name: str) -> NDArray:
    if hasattr(X, "toarray"):
        raise TypeError(f"Sparse data was passed to {name}, but dense data is required.")
    if isinstance(X, np.ndarray) or hasattr(X, "iloc") or hasattr(X, "__array__"):
        array = np.asarray(X) if not isinstance(X, np.ndarray) else X
        of_arrays = array.dtype == object and array.ndim == 1 and len(array)
        if not of_arrays or np.ndim(array[0]) < 2:
            return array
        X = list(array)  # a column of pictures
    rows = [np.asarray(row) for row in X]
    shapes = {row.shape for row in rows}
    if len(shapes) > 1:
        first = sorted(shapes)[:2]
        raise ValueError(
            f"{name} expects images of one shape, got {first[0]} and {first[1]}; "
            "LoadImages(size) or a resize brings them to one size"
        )
    return np.stack(rows) if rows else np.empty((0, 0, 0))


def _unflattened(images: NDArray, image_shape: tuple[int, ...], name: str) -> NDArray:
    if len(image_shape) not in (2, 3):
        raise ValueError(f"image_shape must be (rows, columns[, channels]), got {image_shape}")
    if images.shape[1] != int(np.prod(image_shape)):
        raise ValueError(
            f"X has {images.shape[1]} features, but {name} is expecting "
            f"{int(np.prod(image_shape))} features as input: image_shape is {image_shape}."
        )
    return images.reshape(len(images), *image_shape)


def grey_images(images: NDArray, channel_axis: int = -1) -> NDArray:
    """Convert RGB images ``(n, ...)`` to grey with the weights of ITU-R BT.601.

    Unsigned 8-bit images are converted in integers, ``(19595 R + 38470 G + 7471 B + 32768) >> 16``
    (Pillow's ``convert("L")``, bit for bit). Pictures of other precision, which
    :func:`on_byte_scale` has left in floating point, take .299, .587 and .114 without rounding. One
    channel is taken as it is. Channels stand at ``channel_axis`` of one image.
    """
    images = channels_last(images, channel_axis)
    channels = images.shape[-1]
    if channels == 1:
        return images[..., 0]
    if channels != 3:
        raise ValueError(
            f"grey=True needs RGB images with 3 channels, got {channels}; "
            "drop the alpha channel or set grey=False"
        )
    if images.dtype == np.uint8:
        grey = np.empty(images.shape[:-1], np.uint8)
        rgb_to_grey(np.ascontiguousarray(images), grey)
        return grey
    weights = np.array([0.299, 0.587, 0.114], dtype=images.dtype)
    return sum(images[..., c] * weights[c] for c in range(3))


def channels_last(images: NDArray, channel_axis: int) -> NDArray:
    """Return ``(n, ...)`` images with the axis ``channel_axis`` of one image moved to the end."""
    axis = channel_axis + 1 if channel_axis >= 0 else channel_axis
    return np.moveaxis(images, axis, -1)
