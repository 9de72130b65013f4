"""HOG of a face as it stands and of the same face turned to the front, with the mesh's shape."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from basis.levels import as_bytes
from basis.squares import to_square
from pipelines.images.arrays import check_images
from pipelines.images.output import ImagesIn

from .mesh_warp import Mesh, MeshWarp, neutral_shapes, shape_halves, stand_in, warp_all
from .pipelines import hog_pairs

_FOUND = 0.5  # presence from which a mesh is believed


class MeshPairs(ImagesIn, TransformerMixin, BaseEstimator):
    """Mirror pairs of the picture, of its warp to the neutral mesh, and of the mesh itself.

    Three descriptions of one face, each split into a part that its mirror image shares and one
    whose sign the mirror changes (see :class:`pipelines.MirrorPairs`):

    - HOG of the chip, in the pose it has;
    - HOG of the face warped piecewise affinely to the neutral frontal mesh, whose hidden half is
      filled from the half that is seen;
    - principal components of the landmarks, turned to the front by a similarity: proportions,
      without pose.

    Parameters
    ----------
    mesh : callable
        ``mesh(images, n_jobs) -> (points, presence)``: landmarks ``(n, k, 3)``, x right and y
        down in px of the picture, z into the scene, and the probability that there is a face;
        with ``mesh.canonical``, the neutral face ``(k, 3)``. :class:`data.FaceLandmarks` is one.
        Estimators know nothing of where landmarks come from, whoever builds them does.
    size : int, default=128
        Side of both pictures in pixels.
    n_even, n_odd : int, default=400, 200
        Components of each picture.
    n_shape : int, default=40
        Even components of the mesh; half as many odd ones. 0 leaves the mesh out.
    shape_weight : float, default=1.0
        Spread of the mesh's components as a share of that of one picture's.
    warped_weight : float, default=1.0
        Factor of the warped picture's components.
    n_jobs : int or None, default=None
        Threads.
    random_state : int, RandomState or None, default=None
        For the components of the pictures.

    Attributes
    ----------
    chip_, warped_ : MirrorPairs
        What was learnt of HOG of the chip and of the warped face.
    stand_in_ : ndarray of shape (k, 3)
        Median landmarks of the training faces, in units of the picture's width: used where no
        face is found.

    Examples
    --------
    >>> import data
    >>> from pipelines import MeshPairs
    >>> X = data.load("embedded").images(128)[:60]                          # doctest: +SKIP
    >>> pairs = MeshPairs(data.FaceLandmarks(), n_even=20, n_odd=10, n_shape=6)
    >>> pairs.fit_transform(X).shape                                        # doctest: +SKIP
    (60, 69)
    >>> pairs.n_odd_columns
    23
    """

    __module__ = "pipelines"

    def __init__(
        self,
        mesh: Mesh | None = None,
        *,
        size: int = 128,
        n_even: int = 400,
        n_odd: int = 200,
        n_shape: int = 40,
        shape_weight: float = 1.0,
        warped_weight: float = 1.0,
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.mesh = mesh
        self.size = size
        self.n_even = n_even
        self.n_odd = n_odd
        self.n_shape = n_shape
        self.shape_weight = shape_weight
        self.warped_weight = warped_weight
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> MeshPairs:
        """Learn the components of all three.

        Parameters
        ----------
        X : array-like of shape (n, rows, columns) or (n, rows, columns, 3)
            Pictures of one face each, pixels in 0 to 255 or in 0 to 1.
        y : object, optional
            Not used.

        Returns
        -------
        MeshPairs
            Itself.

        Raises
        ------
        ValueError
            No ``mesh`` was given, or ``X`` are no pictures with such pixels.
        """
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Any, y: Any = None, **_: Any) -> NDArray[np.float32]:
        """Fit and return the features; the mesh is asked once.

        Parameters
        ----------
        X : array-like of shape (n, rows, columns) or (n, rows, columns, 3)
            Pictures of one face each, pixels in 0 to 255 or in 0 to 1.
        y : object, optional
            Not used.
        **_ : dict
            Not used.

        Returns
        -------
        ndarray of float32, shape (n, n_features)
            As from :meth:`transform`.

        Raises
        ------
        ValueError
            No ``mesh`` was given, or ``X`` are no pictures with such pixels.
        """
        if self.mesh is None:
            raise ValueError(
                "MeshPairs needs landmarks: give mesh=data.FaceLandmarks(), or a callable like it"
            )
        images = self._images(X)
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        points, presence = self.mesh(images, self.n_jobs)
        place = stand_in(points, presence, images.shape[1:3], self.mesh.canonical)
        self.stand_in_ = place / images.shape[2]
        self.n_features_in_ = int(np.prod(images.shape[1:]))
        chips, warped, shapes = self._described(images, points, presence)
        pairs: dict[str, Any] = {"random_state": seed, "n_jobs": self.n_jobs}
        self.chip_ = hog_pairs(self.n_even, self.n_odd, **pairs).fit(chips)
        self.warped_ = hog_pairs(self.n_even, self.n_odd, **pairs).fit(warped)
        found = [self.chip_.transform(chips), self.warped_.transform(warped)]
        self.shape_scale_ = 0.0
        if self.n_shape:
            even, odd = shape_halves(self.mesh.canonical, shapes)
            most = min(self.n_shape, *even.shape)
            with np.errstate(invalid="ignore"):  # equal shapes have no variance to be shares of
                self.shape_even_ = PCA(most, svd_solver="full").fit(even)
                self.shape_odd_ = PCA(most // 2, svd_solver="full").fit(odd)
            spread = float(np.sqrt(found[0].var(0).sum()))
            own = float(np.sqrt(even.var(0).sum() + odd.var(0).sum()))
            # where no face was found, all shapes are the stand-in's and differ by rounding alone
            self.shape_scale_ = self.shape_weight * spread / own if own > 1e-6 else 0.0
        return self._joined(found[0], found[1], shapes)

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the features of pictures.

        Parameters
        ----------
        X : array-like of shape (n, rows, columns) or (n, rows, columns, 3)
            Pictures of one face each, pixels in 0 to 255 or in 0 to 1.

        Returns
        -------
        ndarray of float32, shape (n, n_features)
            The last ``n_odd_columns`` are those whose sign the mirror changes.

        Raises
        ------
        NotFittedError
            Before ``fit``.
        ValueError
            ``X`` are no pictures with such pixels.
        """
        check_is_fitted(self, "warped_")
        images = self._images(X)
        assert self.mesh is not None
        points, presence = self.mesh(images, self.n_jobs)
        chips, warped, shapes = self._described(images, points, presence)
        return self._joined(self.chip_.transform(chips), self.warped_.transform(warped), shapes)

    @property
    def n_odd_columns(self) -> int:
        """Number of last columns whose sign changes in the mirror."""
        return 2 * self.n_odd + self.n_shape // 2

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "warped_")

    def detach_tensors(self) -> tuple[MeshPairs, dict[str, NDArray]]:
        """Return the copy that is saved, and no arrays: it remembers nothing of what it sees.

        A study remembers the landmarks of its data set; a model that answers people's photographs
        leaves nothing of them behind.

        Returns
        -------
        copy : MeshPairs
            Fitted as this one.
        arrays : dict
            Empty.
        """
        light = copy.copy(self)
        if self.mesh is not None and hasattr(self.mesh, "without_memory"):
            light.mesh = self.mesh.without_memory()
        return light, {}

    def pictures(self, X: Any) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return what HOG sees of pictures, to look at.

        Parameters
        ----------
        X : array-like of shape (n, rows, columns) or (n, rows, columns, 3)
            Pictures of one face each, pixels in 0 to 255 or in 0 to 1.

        Returns
        -------
        chips : ndarray of uint8, shape (n, size, size, 3)
            The pictures, resized.
        warped : ndarray of uint8, shape (n, size, size, 3)
            The faces turned to the front.

        Raises
        ------
        NotFittedError
            Before ``fit``.
        ValueError
            ``X`` are no pictures with such pixels.
        """
        check_is_fitted(self, "warped_")
        images = self._images(X)
        assert self.mesh is not None
        points, presence = self.mesh(images, self.n_jobs)
        return self._described(images, points, presence)[:2]

    def _images(self, X: Any) -> NDArray[np.uint8]:
        images = as_bytes(check_images(X, name="MeshPairs"))
        planes = images[..., None] if images.ndim == 3 else images
        return np.repeat(planes, 3, axis=-1) if planes.shape[-1] == 1 else planes

    def _described(
        self, images: NDArray, points: NDArray, presence: NDArray
    ) -> tuple[NDArray, NDArray, NDArray]:
        """Return chips, warped faces and shapes."""
        assert self.mesh is not None
        points = np.array(points, dtype=np.float64)
        points[presence < _FOUND] = self.stand_in_ * images.shape[2]
        chips = np.stack([to_square(image, self.size) for image in images])
        warped = warp_all(MeshWarp(self.mesh.canonical, self.size), images, points)
        return chips, warped, neutral_shapes(points, self.mesh.canonical)

    def _joined(self, chip: NDArray, warped: NDArray, shapes: NDArray) -> NDArray[np.float32]:
        described = (chip, warped * np.float32(self.warped_weight))
        even = [columns[:, : self.n_even] for columns in described]
        odd = [columns[:, self.n_even :] for columns in described]
        if self.n_shape:
            assert self.mesh is not None
            halves = shape_halves(self.mesh.canonical, shapes)
            # not centred: the mean of a face and its mirror image has no odd part
            turned = halves[1] @ self.shape_odd_.components_.T
            for parts, found, width in (
                (even, self.shape_even_.transform(halves[0]), self.n_shape),
                (odd, turned, self.n_shape // 2),
            ):
                # columns that the data cannot fill are zero, so that the width is always the same
                column = np.zeros((len(shapes), width))
                column[:, : found.shape[1]] = found * self.shape_scale_
                parts.append(column)
        return np.hstack([*even, *odd]).astype(np.float32)
