"""Features of a face and its mirror image, split into a symmetric and an antisymmetric part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.base import BaseEstimator, MetaEstimatorMixin, TransformerMixin, clone
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from pipelines.images.arrays import check_images
from pipelines.images.output import ImagesIn

from .threads import over_blocks

_BLOCK = 256  # images at once: their features (21 MB) are reused memory, not fresh pages


class MirrorPairs(ImagesIn, MetaEstimatorMixin, TransformerMixin, BaseEstimator):
    r"""Principal components of :math:`(\phi(x) \pm \phi(\bar x)) / 2`.

    :math:`\phi` is ``features`` and :math:`\bar x` the mirror image of ``x``. The even half is
    the same for both, the odd half changes its sign, exactly: a model that is even in the odd
    half gives a face and its mirror image one answer, and has seen both in training at the price
    of one.

    Parameters
    ----------
    features : transformer of images
        Such as ``HogTransformer()``; cloned.
    n_even, n_odd : int, default=600, 300
        Components kept of each half. Columns that the data cannot fill are zero, so that the
        width is always ``n_even + n_odd``.
    fit_samples : int or None, default=6000
        Learn the components on so many images drawn at random, so that memory does not grow with
        the training set; None: on all.
    margin : int or None, default=None
        Show ``features`` only the left half of each picture and so many columns beyond its
        middle; None: all of it. Of both pictures together that is the whole face, and of
        features that see a neighbourhood of their place (HOG, LBP) the other half holds the same
        numbers again in other columns: leaving it out halves the cost. The margin is what a
        feature at the middle sees of the right half.
    image_shape : tuple of int or None, default=None
        ``(rows, columns[, channels])`` when ``X`` holds flattened rows.
    n_jobs : int or None, default=None
        Threads over blocks of images; linear algebra keeps to one in each of them.
    random_state : int, RandomState or None, default=None
        Of that draw and of the randomised decomposition.

    Attributes
    ----------
    features_ : transformer
        Fitted.
    even_ : PCA
        Of the symmetric half.
    odd_ : TruncatedSVD
        Of the antisymmetric half; not centred: its mean is zero by construction.
    n_features_in_ : int
        Numbers in one image.

    Examples
    --------
    >>> import numpy as np
    >>> from pipelines import HogTransformer, MirrorPairs
    >>> faces = np.random.default_rng(0).integers(0, 256, (20, 32, 32), dtype=np.uint8)
    >>> pairs = MirrorPairs(HogTransformer(), n_even=4, n_odd=2, random_state=0).fit(faces)
    >>> odd = pairs.transform(faces)[:, 4:]
    >>> bool(np.allclose(pairs.transform(faces[:, :, ::-1])[:, 4:], -odd, atol=1e-5))
    True
    """

    __module__ = "pipelines"

    def __init__(
        self,
        features: Any,
        n_even: int = 600,
        n_odd: int = 300,
        *,
        fit_samples: int | None = 6000,
        margin: int | None = None,
        image_shape: Sequence[int] | None = None,
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.features = features
        self.n_even = n_even
        self.n_odd = n_odd
        self.fit_samples = fit_samples
        self.margin = margin
        self.image_shape = image_shape
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> MirrorPairs:
        """Learn the components.

        Parameters
        ----------
        X : array-like of shape (n, rows, columns[, channels])
            Images, on the scale 0-255 or floats from 0 to 1.
        y : ignored
            There for scikit-learn.

        Returns
        -------
        MirrorPairs
            Itself.

        Raises
        ------
        ValueError
            A negative ``margin``, no components, or pixels that are not on one of the scales.
        """
        images = self._images(X)
        for name in ("n_even", "n_odd"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.margin is not None and self.margin < 0:
            raise ValueError(f"margin must be None or at least 0 columns, got {self.margin}")
        rng = check_random_state(self.random_state)
        if self.fit_samples is not None and self.fit_samples < len(images):
            images = images[np.sort(rng.permutation(len(images))[: self.fit_samples])]
        # what the parts hand on here are arrays, whatever the caller's output is
        with config_context(transform_output="default"):
            self.features_ = clone(self.features).fit(self._seen(images))
            even, odd = self._all_halves(images)
        most = min(even.shape)
        seed = rng.randint(np.iinfo(np.int32).max)
        self.even_ = PCA(
            min(self.n_even, most), svd_solver="randomized", iterated_power=2, random_state=seed
        ).fit(even)
        self.odd_ = TruncatedSVD(min(self.n_odd, most), n_iter=2, random_state=seed).fit(odd)
        self.n_features_in_ = int(np.prod(images.shape[1:]))
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the components of images.

        Parameters
        ----------
        X : array-like of shape (n, rows, columns[, channels])
            Images, on the scale 0-255 or floats from 0 to 1.

        Returns
        -------
        ndarray of float32, shape (n, n_even + n_odd)
            The odd ones come last.
        """
        check_is_fitted(self, "odd_")
        images = self._images(X)
        out = np.zeros((len(images), self.n_even + self.n_odd), dtype=np.float32)
        with config_context(transform_output="default"):
            over_blocks(
                len(images),
                _BLOCK,
                lambda block: self._project(*self._halves(images[block]), out[block]),
                self.n_jobs,
            )
        return out

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the components.

        Parameters
        ----------
        input_features : ignored
            There for scikit-learn.

        Returns
        -------
        ndarray of str, shape (n_even + n_odd,)
            ``even0`` and so on, then ``odd0`` and so on.
        """
        names = [f"even{i}" for i in range(self.n_even)] + [f"odd{i}" for i in range(self.n_odd)]
        return np.array(names, dtype=object)

    def _images(self, X: Any) -> NDArray:
        return check_images(X, image_shape=self.image_shape, name="MirrorPairs")

    def _columns(self, images: NDArray) -> int:
        """Return how many columns from the left ``features`` sees."""
        columns = int(images.shape[2])
        return columns if self.margin is None else min(columns, columns // 2 + self.margin)

    def _seen(self, images: NDArray) -> NDArray:
        """Return what ``features`` sees of the images; one copy here, or one in every step."""
        return np.ascontiguousarray(images[:, :, : self._columns(images)])

    def _seen_mirrored(self, images: NDArray) -> NDArray:
        """Return what ``features`` sees of the mirror images."""
        seen = self._columns(images)
        turned = np.empty_like(images[:, :, :seen])
        for image, target in zip(images[:, :, images.shape[2] - seen :], turned, strict=True):
            # numpy takes 25 times as long to turn three bytes at a time
            flipped = cv2.flip(np.ascontiguousarray(image), 1)
            target[:] = flipped.reshape(target.shape)
        return turned

    def _halves(self, images: NDArray) -> tuple[NDArray, NDArray]:
        even = self._features_of(self._seen(images))
        odd = self._features_of(self._seen_mirrored(images))
        even += odd  # in place: the features of a data set are the largest arrays there are
        even *= even.dtype.type(0.5)
        odd -= even
        return even, odd

    def _features_of(self, seen: NDArray) -> NDArray:
        """Return features that may be written to: floating point, and nobody else's memory."""
        found = np.asarray(self.features_.transform(seen))
        if found.dtype.kind != "f":
            return found.astype(np.float32)
        shared = not found.flags.writeable or np.may_share_memory(found, seen)
        return found.copy() if shared else found

    def _all_halves(self, images: NDArray) -> tuple[NDArray, NDArray]:
        first = self._halves(images[:1])[0]
        even, odd = (np.empty((len(images), first.shape[1]), first.dtype) for _ in range(2))

        def fill(block: slice) -> None:
            even[block], odd[block] = self._halves(images[block])

        over_blocks(len(images), _BLOCK, fill, self.n_jobs)
        return even, odd

    def _project(self, even: NDArray, odd: NDArray, out: NDArray) -> None:
        """Write the components of both halves into ``out``."""
        out[:, : self.even_.n_components_] = self.even_.transform(even)
        left = self.odd_.components_.shape[0]
        out[:, self.n_even : self.n_even + left] = self.odd_.transform(odd)
