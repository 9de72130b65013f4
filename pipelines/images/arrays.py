"""Batches of images as arrays: checks with scikit-learn's messages, grey conversion, mirroring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import assert_all_finite

from .kernels import rgb_to_grey

_NUMERIC = "uif"


def check_images(
    X: Any, *, image_shape: Sequence[int] | None = None, name: str = "this estimator"
) -> NDArray:
    """Return ``X`` as an array of images, without copying an array or a memory map.

    Parameters
    ----------
    X : array-like
        Images ``(n, rows, columns)`` or ``(n, rows, columns, channels)``, a list of equally
        large images, or with ``image_shape`` flattened rows ``(n, rows * columns [* channels])``.
    image_shape : sequence of int, optional
        Shape of one image when ``X`` holds flattened rows.
    name : str
        Estimator named in messages.

    Returns
    -------
    ndarray of shape (n, rows, columns) or (n, rows, columns, channels)
        Unsigned 8-bit images keep their type, floats keep theirs (half becomes single), other
        integers become float64, as in scikit-image.

    Raises
    ------
    ValueError
        Empty input, mixed shapes, a wrong number of dimensions, NaN or infinity.
    TypeError
        Values that are not numbers, such as paths.
    """
    images = _stacked(X, name)
    if images.dtype.kind not in _NUMERIC:
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
    if images.shape[0] == 0:
        raise ValueError(
            f"Found array with 0 sample(s) (shape={images.shape}) while a minimum of 1 is "
            f"required by {name}."
        )
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind == "f":
        if images.dtype == np.float16:
            images = images.astype(np.float32)
        assert_all_finite(images, input_name="X", estimator_name=name)
        return images
    return images.astype(np.float64)


def _stacked(X: Any, name: str) -> NDArray:
    if isinstance(X, np.ndarray):
        return X
    if hasattr(X, "toarray"):
        raise TypeError(f"Sparse data was passed to {name}, but dense data is required.")
    if hasattr(X, "iloc") or hasattr(X, "__array__"):
        return np.asarray(X)
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
    (Pillow's ``convert("L")``, bit for bit), others with .299, .587 and .114. One channel is
    taken as it is.

    Parameters
    ----------
    images : ndarray of shape (n, rows, columns, channels)
        Or with the channels at ``channel_axis`` of one image.
    channel_axis : int
        Axis of the channels within one image.

    Raises
    ------
    ValueError
        Neither one nor three channels.
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


def mirrored(images: NDArray) -> NDArray:
    """Return images ``(n, rows, columns[, channels])`` with left and right exchanged, as a view."""
    return images[:, :, ::-1]
