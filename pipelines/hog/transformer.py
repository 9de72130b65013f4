"""Histograms of oriented gradients for batches of images, equal to scikit-image's and faster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import DTypeLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from pipelines.images.arrays import channels_last, check_images, grey_images
from pipelines.images.output import ImagesIn

from .extraction import HogGeometry, cell_histograms, extract
from .picture import draw_histograms

_BATCH_BYTES = 1_048_576
"""Pixels handed to a thread at once; with the grey copy it stays inside the last-level cache."""


class HogTransformer(ImagesIn, TransformerMixin, BaseEstimator):
    r"""Histogram of oriented gradients (Dalal & Triggs) of every image of a batch.

    Of grey images, and of RGB ones with ``grey=False``, the output equals
    ``skimage.feature.hog(image, channel_axis=...)`` within 1e-5, in its order, for images on the
    scale 0-255; RGB images become grey first by default (BT.601), where scikit-image takes the
    strongest channel at each pixel. Floats from 0 to 1 are multiplied by 255, and 8-bit pictures
    give the same features in every type.

    Per pixel the gradient :math:`(I(x+1) - I(x-1),\ I(y+1) - I(y-1))` votes with its magnitude
    into the orientation bin of its cell; overlapping blocks of cells are normalised.

    Parameters
    ----------
    orientations : int, default=9
        Orientation bins, 1 to 250.
    cell_size : int or (int, int), default=8
        Rows and columns of a cell in pixels. Pixels beyond the last whole cell are ignored, as in
        scikit-image.
    block_size : int or (int, int), default=2
        Rows and columns of a block in cells.
    channel_axis : int or None, default=None
        Axis of the channels within one image, as in scikit-image. None means the last one when
        images have three dimensions.
    block_norm : {'L1', 'L1-sqrt', 'L2', 'L2-Hys'}, default='L2-Hys'
        How a block is scaled; ``L2-Hys`` cuts values at .2 and scales again.
    transform_sqrt : bool, default=False
        Take the square root of the pixels first (gamma compression).
    grey : bool, default=True
        Convert RGB to grey with BT.601 (in integers for uint8: Pillow's ``convert("L")``). If
        False, at each pixel the channel of largest magnitude votes.
    image_shape : tuple of int or None, default=None
        ``(rows, columns[, channels])`` when ``X`` holds flattened rows.
    signed : bool, default=False
        Spread the bins over 360 degrees instead of 180.
    n_jobs : int or None, default=None
        Threads (the compiled code releases the GIL).
    dtype : {'float32', 'float16'} or dtype, default='float32'
        Of the features.

    Attributes
    ----------
    image_shape_ : tuple of int
        Shape of one image seen in ``fit``.
    n_features_in_ : int
        Numbers in one image.

    References
    ----------
    N. Dalal, B. Triggs, Histograms of oriented gradients for human detection, CVPR 2005.

    Examples
    --------
    >>> import numpy as np
    >>> from pipelines import HogTransformer
    >>> faces = np.random.default_rng(0).integers(0, 256, (3, 128, 128), dtype=np.uint8)
    >>> HogTransformer().fit_transform(faces).shape
    (3, 8100)
    """

    __module__ = "pipelines"

    def __init__(
        self,
        orientations: int = 9,
        cell_size: int | tuple[int, int] = 8,
        block_size: int | tuple[int, int] = 2,
        channel_axis: int | None = None,
        block_norm: str = "L2-Hys",
        transform_sqrt: bool = False,
        grey: bool = True,
        image_shape: tuple[int, ...] | None = None,
        *,
        signed: bool = False,
        n_jobs: int | None = None,
        dtype: DTypeLike = "float32",
    ) -> None:
        self.orientations = orientations
        self.cell_size = cell_size
        self.block_size = block_size
        self.channel_axis = channel_axis
        self.block_norm = block_norm
        self.transform_sqrt = transform_sqrt
        self.grey = grey
        self.image_shape = image_shape
        self.signed = signed
        self.n_jobs = n_jobs
        self.dtype = dtype

    def fit(self, X: Any, y: Any = None) -> HogTransformer:
        """Check the parameters against the images; nothing is learnt.

        Parameters
        ----------
        X : array-like of shape (n, rows, columns[, channels])
            Images, on the scale 0-255 or floats from 0 to 1.
        y : ignored
            There for scikit-learn.

        Returns
        -------
        HogTransformer
            Itself.

        Raises
        ------
        ValueError
            A parameter out of range, or images smaller than one block.
        """
        images = self._checked(X)
        self.image_shape_ = images.shape[1:]
        self.n_features_in_ = int(np.prod(self.image_shape_))
        self._n_features_out = self._geometry().n_features
        self._dtype()
        return self

    def transform(self, X: Any) -> NDArray:
        """Return the features of images.

        Parameters
        ----------
        X : array-like of shape (n, rows, columns[, channels])
            Images, on the scale 0-255 or floats from 0 to 1.

        Returns
        -------
        ndarray of shape (n, n_features)
            In the type ``dtype``.

        Raises
        ------
        ValueError
            Images of another shape than those of ``fit``, or pixels on neither scale.
        """
        images = self._as_in_fit(X)
        geometry = self._geometry()
        out = np.empty((len(images), geometry.n_features), dtype=self._dtype())

        def fill(part: slice) -> None:
            rows = out[part]
            target = rows if rows.dtype == np.float32 else np.empty(rows.shape, np.float32)
            extract(self._planes(images[part]), geometry, target)
            if target is not rows:
                rows[:] = target

        Parallel(n_jobs=self.n_jobs, prefer="threads")(
            delayed(fill)(part) for part in _batches(images)
        )
        return out

    def histograms(self, X: Any) -> NDArray:
        """Return the cell histograms before normalisation.

        Parameters
        ----------
        X : array-like of shape (n, rows, columns[, channels])
            Images, on the scale 0-255 or floats from 0 to 1.

        Returns
        -------
        ndarray of float32, shape (n, cell rows, cell columns, orientations)
            Mean gradient magnitude per pixel of the cell and bin.

        Raises
        ------
        ValueError
            As for :meth:`transform`.
        """
        return cell_histograms(self._planes(self._as_in_fit(X)), self._geometry())

    def visualize(self, image: Any) -> NDArray:
        """Draw what the histograms hold of one image, as ``skimage.feature.hog`` does.

        Parameters
        ----------
        image : array-like of shape (rows, columns[, channels])
            Of any size that holds a block; ``fit`` is not needed.

        Returns
        -------
        ndarray of float32, shape (rows, columns)
            Per cell one line per orientation bin, along the edge (perpendicular to the gradient),
            as bright as the bin's mean magnitude.
        """
        images = self._checked(np.asarray(image)[None])
        histograms = HogTransformer(**self.get_params()).fit(images).histograms(images)[0]
        geometry = self._geometry(images.shape[1:])
        return draw_histograms(histograms, geometry.image_shape, geometry.cell, signed=self.signed)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the features.

        Parameters
        ----------
        input_features : ignored
            There for scikit-learn.

        Returns
        -------
        ndarray of str, shape (n_features,)
            ``hog_<block row>_<block column>_<cell row>_<cell column>_<bin>``.
        """
        check_is_fitted(self, "image_shape_")
        grid = np.ndindex(*self._geometry().feature_grid)
        return np.array(["hog_" + "_".join(map(str, index)) for index in grid], dtype=object)

    def _checked(self, X: Any) -> NDArray:
        images = check_images(X, image_shape=self.image_shape, name="HogTransformer")
        if self.channel_axis is not None and images.ndim != 4:
            raise ValueError(
                f"channel_axis={self.channel_axis} needs images with channels, got X of shape "
                f"{images.shape}"
            )
        return images

    def _as_in_fit(self, X: Any) -> NDArray:
        """Return images of the shape seen in ``fit``: the compiled loops check no bounds."""
        check_is_fitted(self, "image_shape_")
        images = self._checked(X)
        if images.shape[1:] != self.image_shape_:
            raise ValueError(
                f"X has images of shape {images.shape[1:]}, but HogTransformer is expecting "
                f"{self.image_shape_}."
            )
        return images

    def _dtype(self) -> np.dtype:
        try:
            dtype = np.dtype(self.dtype)
        except TypeError:
            dtype = np.dtype(object)
        if dtype not in (np.float32, np.float16):
            raise ValueError(f"dtype must be 'float32' or 'float16', got {self.dtype!r}")
        return dtype

    def _geometry(self, image_shape: tuple[int, ...] | None = None) -> HogGeometry:
        shape = self.image_shape_ if image_shape is None else image_shape
        return HogGeometry.of(self, shape)

    def _planes(self, images: NDArray) -> NDArray:
        """Return grey planes (n, rows, columns) or colour images (n, rows, columns, channels)."""
        if images.ndim == 4:
            axis = -1 if self.channel_axis is None else self.channel_axis
            images = grey_images(images, axis) if self.grey else channels_last(images, axis)
        return np.sqrt(images, dtype=_float_type(images)) if self.transform_sqrt else images


def _float_type(images: NDArray) -> type:
    return np.float32 if images.dtype == np.float32 else np.float64


def _batches(images: NDArray) -> Iterator[slice]:
    step = max(1, _BATCH_BYTES // max(1, images[0].nbytes))
    return (slice(start, start + step) for start in range(0, len(images), step))
