"""Smaller images by averaging whole blocks of pixels."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from .arrays import check_images


class Shrink(TransformerMixin, BaseEstimator):
    """Divide the sides of images by ``factor``; each pixel is the mean of a block.

    Gradients of the smaller image answer to coarser structure than those of the original ones
    summed over a larger cell.

    Parameters
    ----------
    factor : int, default=2
    """

    __module__ = "pipelines"

    def __init__(self, factor: int = 2) -> None:
        self.factor = factor

    def fit(self, X: Any, y: Any = None) -> Shrink:
        """Check that the images can be divided; nothing is learnt."""
        images = check_images(X, name="Shrink")
        if self.factor < 1 or min(images.shape[1:3]) < self.factor:
            raise ValueError(
                f"images of shape {images.shape[1:3]} cannot be divided by {self.factor}"
            )
        self.image_shape_ = images.shape[1:]
        return self

    def transform(self, X: Any) -> NDArray:
        """Return images ``(n, rows // factor, columns // factor[, channels])`` of the same type."""
        check_is_fitted(self, "image_shape_")
        images = check_images(X, name="Shrink")
        rows, columns = (side // self.factor for side in images.shape[1:3])
        out = np.empty((len(images), rows, columns, *images.shape[3:]), dtype=images.dtype)
        for image, target in zip(images, out, strict=True):
            whole = np.ascontiguousarray(image[: rows * self.factor, : columns * self.factor])
            small = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
            target[:] = small.reshape(target.shape)
        return out

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags
