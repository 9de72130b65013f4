"""Smaller images by averaging whole blocks of pixels."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .arrays import check_images
from .output import ImagesOut


class Shrink(ImagesOut, BaseEstimator):
    """Divide the sides of images by ``factor``; each pixel is the mean of a block.

    Gradients of the smaller image answer to coarser structure than those of the original ones
    summed over a larger cell.

    Parameters
    ----------
    factor : int, default=2
        Rows and columns of a block.

    Attributes
    ----------
    image_shape_, image_shape_out_ : tuple of int
        Shape of one image before and after.
    n_features_in_ : int
        Numbers in one image.

    Examples
    --------
    >>> import numpy as np
    >>> from pipelines import Shrink
    >>> Shrink(2).fit_transform(np.zeros((1, 8, 6, 3), np.uint8)).shape
    (1, 4, 3, 3)
    """

    __module__ = "pipelines"

    def __init__(self, factor: int = 2) -> None:
        self.factor = factor

    def fit(self, X: Any, y: Any = None) -> Shrink:
        """Check that the images can be divided; nothing is learnt.

        Parameters
        ----------
        X : array-like of shape (n, rows, columns[, channels])
            Images, on the scale 0-255 or floats from 0 to 1.
        y : ignored
            There for scikit-learn.

        Returns
        -------
        Shrink
            Itself.

        Raises
        ------
        ValueError
            A ``factor`` that is no positive integer or larger than the images.
        """
        images = check_images(X, name="Shrink")
        if not isinstance(self.factor, Integral) or self.factor < 1:
            raise ValueError(f"factor must be a positive integer, got {self.factor!r}")
        if min(images.shape[1:3]) < self.factor:
            raise ValueError(
                f"images of shape {images.shape[1:3]} cannot be divided by {self.factor}"
            )
        self.image_shape_ = images.shape[1:]
        rows, columns = (side // self.factor for side in self.image_shape_[:2])
        self.image_shape_out_ = (rows, columns, *self.image_shape_[2:])
        self.n_features_in_ = int(np.prod(self.image_shape_))
        return self

    def transform(self, X: Any) -> NDArray:
        """Return smaller images.

        Parameters
        ----------
        X : array-like of shape (n, rows, columns[, channels])
            Images, on the scale 0-255 or floats from 0 to 1.

        Returns
        -------
        ndarray of shape (n, rows // factor, columns // factor[, channels])
            uint8 where ``X`` is 8 bit, floating point otherwise, on the scale 0-255.
        """
        check_is_fitted(self, "image_shape_")
        images = check_images(X, name="Shrink")
        rows, columns = (side // self.factor for side in images.shape[1:3])
        out = np.empty((len(images), rows, columns, *images.shape[3:]), dtype=images.dtype)
        for image, target in zip(images, out, strict=True):
            whole = np.ascontiguousarray(image[: rows * self.factor, : columns * self.factor])
            small = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
            target[:] = small.reshape(target.shape)
        return out
