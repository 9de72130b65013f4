"""Batches of images as arrays: checks with scikit-learn's messages, grey conversion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis.levels import on_byte_scale

from .kernels import rgb_to_grey


def check_images(
    X: Any, *, image_shape: Sequence[int] | None = None, name: str = "this estimator"
) -> NDArray:
    """Return ``X`` as an array of images on the scale 0-255.

    ``X`` holds images ``(n, rows, columns[, channels])``, an array or a list of equally large ones,
    or with ``image_shape`` flattened rows. Levels follow :func:`basis.levels.on_byte_scale`; arrays
    and memory maps of uint8 are not copied. Paths and masks are a ``TypeError``, everything else
    that is no batch of images a ``ValueError`` that says ``name``.
    """
    images = _stacked(X, name)
    if images.dtype.kind not in "uifb":
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


def _stacked(X: Any, name: str) -> NDArray:
    if hasattr(X, "toarray"):
        raise TypeError(f"Sparse data was passed to {name}, but dense data is required.")
    if isinstance(X, np.ndarray) or hasattr(X, "iloc") or hasattr(X, "__array__"):
        array = np.asarray(X) if not isinstance(X, np.ndarray) else X
        of_arrays = array.dtype == object and array.ndim == 1 and len(array)
        if not of_arrays or np.ndim(array[0]) < 2:
            return array
        X = list(array)  # a column of pictures
    rows = [np.asarray(_in_rgb(row)) for row in X]
    shapes = {row.shape for row in rows}
    if len(shapes) > 1:
        first = sorted(shapes)[:2]
        raise ValueError(
            f"{name} expects images of one shape, got {first[0]} and {first[1]}; "
            "LoadImages(size) or a resize brings them to one size"
        )
    return np.stack(rows) if rows else np.empty((0, 0, 0))


def _in_rgb(row: Any) -> Any:
    """Return a picture of Pillow whose numbers are no grey levels or RGB as RGB."""
    if getattr(row, "mode", None) in ("P", "PA", "CMYK", "YCbCr", "LAB", "HSV"):
        return row.convert("RGBA" if row.mode == "PA" else "RGB")
    return row


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
    ``on_byte_scale`` has left in floating point, take .299, .587 and .114 without rounding. One
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
