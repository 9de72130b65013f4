"""From paths to pixels inside a pipeline."""

from __future__ import annotations

from numbers import Integral
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import simplejpeg
from joblib import Parallel, delayed
from numpy.typing import NDArray
from PIL import Image, ImageOps
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted


class LoadImages(TransformerMixin, BaseEstimator):
    """Read image files into one array of square RGB images.

    JPEGs are decoded with libjpeg-turbo, everything else with Pillow; EXIF rotation is applied,
    grey, palette, CMYK and 16-bit pictures become 8-bit RGB, transparent ones stand on black.
    Pictures are squeezed to the square, not cropped: face chips are square already.

    Parameters
    ----------
    size : int, default=128
        Side in pixels.
    n_jobs : int or None, default=None
        Threads.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from pipelines import HogTransformer, LoadImages
    >>> features = make_pipeline(LoadImages(128), HogTransformer())
    """

    def __init__(self, size: int = 128, *, n_jobs: int | None = None) -> None:
        self.size = size
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None) -> LoadImages:
        """Check the parameters; nothing is learnt."""
        if not isinstance(self.size, Integral) or self.size < 1:
            raise ValueError(f"size must be a positive integer, got {self.size!r}")
        _paths(X)
        self.image_shape_ = (int(self.size), int(self.size), 3)
        return self

    def transform(self, X: Any) -> NDArray[np.uint8]:
        """Return images ``(n, size, size, 3)`` uint8 of ``X``, a sequence or column of paths.

        Raises
        ------
        FileNotFoundError
            A path that does not exist.
        ValueError
            A file that is not a readable image, named in the message.
        """
        check_is_fitted(self, "image_shape_")
        paths, size = _paths(X), int(self.size)
        out = np.empty((len(paths), size, size, 3), dtype=np.uint8)

        def fill(part: slice) -> None:
            for image, path in zip(out[part], paths[part], strict=True):
                image[:] = _resized(read_rgb(path), size)

        Parallel(n_jobs=self.n_jobs, prefer="threads")(
            delayed(fill)(slice(start, start + 64)) for start in range(0, len(paths), 64)
        )
        return out

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        return tags


def read_rgb(path: str | Path) -> NDArray[np.uint8]:
    """Return one image file as uint8 RGB ``(rows, columns, 3)``, upright."""
    data = Path(path).read_bytes()
    if data[:3] == b"\xff\xd8\xff" and b"Exif" not in data[:64]:
        try:
            return simplejpeg.decode_jpeg(data, "RGB")
        except ValueError:
            pass  # CMYK, or damaged: Pillow knows which
    try:
        with Image.open(path) as picture:
            upright = ImageOps.exif_transpose(picture)
            if upright.mode.startswith("I"):  # 16 bit; convert("RGB") would clip at 255
                upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
            return np.asarray(upright.convert("RGB"))
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path} is not a readable image ({error})") from error


def _resized(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    if image.shape[:2] == (size, size):
        return image
    shrinks = max(image.shape[:2]) > size
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (size, size), interpolation=interpolation), dtype=np.uint8)


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
