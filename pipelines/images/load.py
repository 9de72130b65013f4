"""From paths to pixels inside a pipeline."""

from __future__ import annotations

from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from basis.pictures import UnreadableImageError, read_square

from .output import ImagesOut


class LoadImages(ImagesOut, BaseEstimator):
    """Read image files into one array of square RGB images.

    By the one rule of :mod:`basis.pictures`, so that the pixels are those of ``Faces.images``:
    decoded at full size to upright 8-bit RGB, cropped to the central square, averaged over areas
    where the picture shrinks and bicubic where it grows.

    Parameters
    ----------
    size : int, default=128
        Side in pixels.
    folder : path or None, default=None
        Where relative paths begin, such as the names in a table beside the pictures; None: where
        Python was started.
    n_jobs : int or None, default=None
        Threads.

    Attributes
    ----------
    image_shape_out_ : tuple of int
        ``(size, size, 3)``.
    n_features_in_ : int
        1: a path.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from pipelines import HogTransformer, LoadImages
    >>> features = make_pipeline(LoadImages(128), HogTransformer())
    """

    __module__ = "pipelines"

    def __init__(
        self, size: int = 128, *, folder: str | Path | None = None, n_jobs: int | None = None
    ) -> None:
        self.size = size
        self.folder = folder
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None) -> LoadImages:
        """Check the parameters; nothing is learnt.

        Parameters
        ----------
        X : sequence or column of paths, length n
            Strings or paths.
        y : ignored
            There for scikit-learn.

        Returns
        -------
        LoadImages
            Itself.

        Raises
        ------
        TypeError
            Something that is no path; the row is named.
        ValueError
            ``size`` is no positive integer.
        """
        if not isinstance(self.size, Integral) or self.size < 1:
            raise ValueError(f"size must be a positive integer, got {self.size!r}")
        _paths(X)
        self.image_shape_out_ = (int(self.size), int(self.size), 3)
        self.n_features_in_ = 1
        return self

    def transform(self, X: Any) -> NDArray[np.uint8]:
        """Return the pictures of files.

        Parameters
        ----------
        X : sequence or column of paths, length n
            Strings or paths.

        Returns
        -------
        ndarray of uint8, shape (n, size, size, 3)
            RGB.

        Raises
        ------
        FileNotFoundError
            A path that does not exist; the message says where it was looked for.
        ValueError
            A file that is not a readable image, named in the message.
        """
        check_is_fitted(self, "image_shape_out_")
        folder = Path(self.folder) if self.folder is not None else Path()
        paths, size = [folder / path for path in _paths(X)], int(self.size)
        out = np.empty((len(paths), size, size, 3), dtype=np.uint8)

        def fill(part: slice) -> None:
            for image, path in zip(out[part], paths[part], strict=True):
                image[:] = _read(path, size)

        Parallel(n_jobs=self.n_jobs, prefer="threads")(
            delayed(fill)(slice(start, start + 64)) for start in range(0, len(paths), 64)
        )
        return out

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = False
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        return tags


def _read(path: Path, size: int) -> NDArray[np.uint8]:
    try:
        return read_square(path, size)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"no file {path} (looked for from {Path.cwd()}): give whole paths, or the folder that "
            "the names belong to as LoadImages(folder=...)"
        ) from None
    except UnreadableImageError as error:
        raise ValueError(f"{path} is not a readable image ({error})") from error


def _paths(X: Any) -> list[Path]:
    values = np.asarray(X, dtype=object)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise ValueError(f"LoadImages expects one path a row, got an array of shape {values.shape}")
    for position, value in enumerate(values):
        if not isinstance(value, str | Path):
            raise TypeError(
                f"LoadImages expects paths, got {type(value).__name__} in row {position}"
            )
    return [Path(value) for value in values]
