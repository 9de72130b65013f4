"""Local binary patterns of images, histogrammed over a grid of cells."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from skimage.feature import local_binary_pattern
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from basis.levels import as_bytes
from pipelines.images.arrays import check_images, grey_images
from pipelines.images.output import ImagesIn


class LbpTransformer(ImagesIn, TransformerMixin, BaseEstimator):
    """Histograms of uniform local binary patterns (Ahonen et al.), cell by cell.

    Parameters
    ----------
    n_points, radius : int, default=8, 1
        Neighbours compared with each pixel, and their distance in pixels.
    grid : int, default=8
        The image is cut into ``grid`` x ``grid`` cells.
    image_shape : tuple of int or None, default=None
        ``(rows, columns[, channels])`` when ``X`` holds flattened rows.
    n_jobs : int or None, default=None
        Threads.

    Attributes
    ----------
    image_shape_ : tuple of int
        Shape of one image seen in ``fit``.
    n_features_in_ : int
        Numbers in one image.

    References
    ----------
    T. Ahonen, A. Hadid, M. Pietikäinen, Face description with local binary patterns, TPAMI 2006.

    Examples
    --------
    >>> import numpy as np
    >>> from pipelines import LbpTransformer
    >>> faces = np.random.default_rng(0).integers(0, 256, (3, 64, 64), dtype=np.uint8)
    >>> LbpTransformer(grid=4).fit_transform(faces).shape
    (3, 160)
    """

    __module__ = "pipelines"

    def __init__(
        self,
        n_points: int = 8,
        radius: int = 1,
        grid: int = 8,
        image_shape: tuple[int, ...] | None = None,
        *,
        n_jobs: int | None = None,
    ) -> None:
        self.n_points = n_points
        self.radius = radius
        self.grid = grid
        self.image_shape = image_shape
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None) -> LbpTransformer:
        """Check that the images hold the grid; nothing is learnt.

        Parameters
        ----------
        X : array-like of shape (n, rows, columns[, channels])
            Images, on the scale 0-255 or floats from 0 to 1.
        y : ignored
            There for scikit-learn.

        Returns
        -------
        LbpTransformer
            Itself.

        Raises
        ------
        ValueError
            A parameter out of range, images without the cells of the grid, or pixels that are not
            on one of the scales.
        """
        for name in ("n_points", "grid"):
            value = getattr(self, name)
            if not isinstance(value, Integral) or value < 1:
                raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")
        if not isinstance(self.radius, int | float | np.number) or not self.radius > 0:
            raise ValueError(f"radius must be positive, got {self.radius!r}")
        images = check_images(X, image_shape=self.image_shape, name="LbpTransformer")
        if min(images.shape[1:3]) < self.grid:
            raise ValueError(
                f"images of shape {images.shape[1:3]} hold no {self.grid} cells a side"
            )
        self.image_shape_ = images.shape[1:]
        self.n_features_in_ = int(np.prod(self.image_shape_))
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return square roots of cell histograms.

        Parameters
        ----------
        X : array-like of shape (n, rows, columns[, channels])
            Images, on the scale 0-255 or floats from 0 to 1.

        Returns
        -------
        ndarray of float32, shape (n, grid**2 * (n_points + 2))

        Raises
        ------
        ValueError
            Images of another shape than those of ``fit``, or pixels on neither scale.
        """
        check_is_fitted(self, "image_shape_")
        images = check_images(X, image_shape=self.image_shape, name="LbpTransformer")
        if images.shape[1:] != self.image_shape_:
            raise ValueError(
                f"X has images of shape {images.shape[1:]}, but LbpTransformer is expecting "
                f"{self.image_shape_}."
            )
        rows = Parallel(n_jobs=self.n_jobs, prefer="threads")(
            delayed(self._histograms)(image[None]) for image in images
        )
        return np.stack(rows)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the features.

        Parameters
        ----------
        input_features : ignored
            There for scikit-learn.

        Returns
        -------
        ndarray of str
            ``lbp_<cell row>_<cell column>_<pattern>``.
        """
        check_is_fitted(self, "image_shape_")
        places = np.ndindex(self.grid, self.grid, self.n_points + 2)
        return np.array(["lbp_" + "_".join(map(str, place)) for place in places], dtype=object)

    def _histograms(self, image: NDArray) -> NDArray[np.float32]:
        grey = (grey_images(image) if image.ndim == 4 else image)[0]
        if grey.dtype != np.uint8:
            grey = as_bytes(grey)  # patterns of floats hang on rounding
        codes = local_binary_pattern(grey, self.n_points, self.radius, method="uniform").astype(int)
        rows = np.arange(grey.shape[0]) * self.grid // grey.shape[0]
        columns = np.arange(grey.shape[1]) * self.grid // grey.shape[1]
        cells = rows[:, None] * self.grid + columns
        n_bins = self.n_points + 2
        counts = np.bincount((cells * n_bins + codes).ravel(), minlength=self.grid**2 * n_bins)
        counts = counts.reshape(-1, n_bins)
        return np.sqrt(counts / counts.sum(axis=1, keepdims=True)).ravel().astype(np.float32)
