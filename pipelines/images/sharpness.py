"""Sharpness of pictures: measured, and brought down to that of the pictures one has learnt from."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .arrays import check_images, grey_images
from .output import ImagesOut

#: Widths of the Gaussians that are tried, as a share of the image's width: each twice as strong.
_WIDTHS = 0.0025 * 2.0 ** (np.arange(13) / 3)


def sharpness(X: Any) -> NDArray[np.float64]:
    """Return the variance of the Laplacian of every picture, grey levels squared.

    The usual measure of focus. Of a face it also knows wrinkles and hair, and it falls with the
    picture's size: compare pictures of one size.

    Parameters
    ----------
    X : array-like of shape (n, rows, columns) or (n, rows, columns, 3)
        Grey or RGB pictures; pixels in 0 to 1 are read as those in 0 to 255.

    Returns
    -------
    ndarray of float64, shape (n,)
        On the scale of bytes, whatever the scale of ``X``; 0 for a picture of one colour.

    Raises
    ------
    ValueError
        No pictures, or pixels neither in 0 to 1 nor in 0 to 255.
    TypeError
        Values that are no grey levels, such as paths or masks.

    References
    ----------
    J. Pech-Pacheco, G. Cristobal, J. Chamorro-Martinez, J. Fernandez-Valdivia, Diatom
    autofocusing in brightfield microscopy: a comparative study, ICPR 2000.

    Examples
    --------
    >>> import numpy as np
    >>> from pipelines import sharpness
    >>> board = np.indices((1, 32, 32)).sum(0).astype(np.uint8) % 2 * 255
    >>> soft = np.full((1, 32, 32), 128, dtype=np.uint8)
    >>> bool(sharpness(board)[0] > sharpness(soft)[0] == 0)
    True
    """
    return np.array([_laplacian_variance(grey) for grey in _grey(check_images(X))])


def _grey(images: NDArray) -> NDArray:
    grey = grey_images(images) if images.ndim == 4 else images
    return grey.astype(np.float32) if grey.dtype == np.float64 else grey  # OpenCV's filters


def _laplacian_variance(grey: NDArray) -> float:
    return float(cv2.Laplacian(np.ascontiguousarray(grey), cv2.CV_32F).var(dtype=np.float64))


class MatchSharpness(ImagesOut, BaseEstimator):
    """Soften pictures that are sharper than those seen in ``fit``; leave the others alone.

    A model trained on soft pictures reads fine grain that it never saw as wrinkles. Every picture
    above the ``quantile`` of the training pictures' sharpness is passed through the narrowest
    Gaussian that brings it down there.

    Parameters
    ----------
    quantile : float, default=0.5
        Of the training pictures' sharpness. 1 softens only what is sharper than all of them.

    Attributes
    ----------
    limit_ : float
        Variance of the Laplacian that no answer exceeds, at ``side_`` pixels.
    range_ : ndarray of shape (2,)
        The 1% and 99% quantiles of the training pictures, to tell when a picture lies outside.
    side_ : int
        Columns of the training pictures; others are measured at this width.
    image_shape_out_ : tuple of int
        Shape of one training picture.
    n_features_in_ : int
        Numbers in one of them.

    Examples
    --------
    >>> import numpy as np
    >>> from pipelines import MatchSharpness, sharpness
    >>> rng = np.random.default_rng(0)
    >>> soft = rng.integers(118, 138, (20, 64, 64), dtype=np.uint8)
    >>> sharp = rng.integers(0, 256, (4, 64, 64), dtype=np.uint8)
    >>> match = MatchSharpness().fit(soft)
    >>> bool((sharpness(match.transform(sharp)) < 1.1 * match.limit_).all())
    True
    """

    __module__ = "pipelines"

    def __init__(self, quantile: float = 0.5) -> None:
        self.quantile = quantile

    def fit(self, X: Any, y: Any = None) -> MatchSharpness:
        """Measure pictures.

        Parameters
        ----------
        X : array-like of shape (n, rows, columns) or (n, rows, columns, 3)
            Training pictures.
        y : object, optional
            Not used.

        Returns
        -------
        MatchSharpness
            Itself.

        Raises
        ------
        ValueError
            ``quantile`` outside 0 to 1, or pixels neither in 0 to 1 nor in 0 to 255.
        """
        if not 0 <= self.quantile <= 1:
            raise ValueError(f"quantile must lie in 0 to 1, got {self.quantile!r}")
        images = check_images(X, name="MatchSharpness")
        measured = sharpness(images)
        self.image_shape_out_ = images.shape[1:]
        self.n_features_in_ = int(np.prod(images.shape[1:]))
        self.side_ = int(images.shape[2])
        self.limit_ = float(np.quantile(measured, self.quantile))
        self.range_ = np.quantile(measured, [0.01, 0.99])
        return self

    def measure(self, X: Any) -> NDArray[np.float64]:
        """Return the sharpness of pictures of any size, at the training pictures' width.

        Parameters
        ----------
        X : array-like of shape (n, rows, columns) or (n, rows, columns, 3)
            Pictures.

        Returns
        -------
        ndarray of float64, shape (n,)
            Variance of the Laplacian, to compare with ``limit_`` and ``range_``.

        Raises
        ------
        NotFittedError
            Before ``fit``.
        ValueError
            Pixels neither in 0 to 1 nor in 0 to 255.
        """
        check_is_fitted(self, "limit_")
        return np.array([_laplacian_variance(grey) for grey in self._sized(check_images(X))])

    def transform(self, X: Any) -> NDArray:
        """Return the pictures, none sharper than ``limit_`` (within a tenth).

        Parameters
        ----------
        X : array-like of shape (n, rows, columns) or (n, rows, columns, 3)
            Pictures, of any size.

        Returns
        -------
        ndarray of the shape of ``X``
            On the scale 0 to 255; an array of uint8 none of which is too sharp is not copied.

        Raises
        ------
        NotFittedError
            Before ``fit``.
        ValueError
            Pixels neither in 0 to 1 nor in 0 to 255.
        """
        check_is_fitted(self, "limit_")
        images = check_images(X, name="MatchSharpness")
        grey = self._sized(images)
        out = images
        for row, small in enumerate(grey):
            width = self._width(small)
            if width == 0:
                continue
            if out is images:
                out = np.array(images)  # most often nothing changes, and a memory map stays one
            sigma = width * images.shape[2]
            soft = cv2.GaussianBlur(out[row], (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
            out[row] = soft.reshape(out[row].shape)
        return out

    def to_dict(self) -> dict[str, Any]:
        """Return what was measured as plain values.

        Returns
        -------
        dict
            ``quantile``, ``limit``, ``range`` (a list of two) and ``side`` (px): what JSON holds.

        Raises
        ------
        NotFittedError
            Before ``fit``.
        """
        check_is_fitted(self, "limit_")
        return {
            "quantile": self.quantile,
            "limit": self.limit_,
            "range": [float(value) for value in self.range_],
            "side": self.side_,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> MatchSharpness:
        """Return what :meth:`to_dict` took apart.

        Parameters
        ----------
        values : dict
            As from :meth:`to_dict`.

        Returns
        -------
        MatchSharpness
            Fitted.
        """
        match = cls(values["quantile"])
        match.limit_, match.side_ = float(values["limit"]), int(values["side"])
        match.range_ = np.asarray(values["range"], dtype=np.float64)
        return match

    def _sized(self, images: NDArray) -> NDArray[np.uint8]:
        grey = _grey(images)
        if grey.shape[2] == self.side_:
            return grey
        rows = round(grey.shape[1] * self.side_ / grey.shape[2])
        smaller = grey.shape[2] > self.side_
        how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
        size = (self.side_, max(rows, 1))
        return np.stack(
            [cv2.resize(np.ascontiguousarray(g), size, interpolation=how) for g in grey]
        )

    def _width(self, grey: NDArray) -> float:
        """Return the standard deviation of the Gaussian to apply, as a share of the width."""
        before = _laplacian_variance(grey)
        if before <= self.limit_:
            return 0.0
        target, last = np.log(max(self.limit_, 1e-6)), (0.0, np.log(before))
        for share in _WIDTHS:
            soft = cv2.GaussianBlur(
                grey, (0, 0), share * self.side_, borderType=cv2.BORDER_REPLICATE
            )
            now = float(np.log(max(_laplacian_variance(soft), 1e-9)))
            if now <= target:
                # between two widths the logarithm of the variance is close to a line
                gone = (last[1] - target) / (last[1] - now)
                return float(last[0] + gone * (share - last[0]))
            last = (float(share), now)
        return last[0]
