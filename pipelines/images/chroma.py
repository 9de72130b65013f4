"""One colour-difference channel of RGB images."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from .arrays import check_images
from .output import ImagesOut

#: Weights of red, green and blue in ITU-R BT.601's Cr and Cb.
WEIGHTS = {"red": (0.5, -0.418688, -0.081312), "blue": (-0.168736, -0.331264, 0.5)}


class Chroma(ImagesOut, BaseEstimator):
    """Turn RGB images into 8-bit pictures of their redness or blueness.

    Lips, cheeks, beards and the borders of hair and skin have edges in colour that brightness
    hardly shows. HOG of these pictures adds a point of gender accuracy on UTKFace. A grey image
    has no colour: it becomes flat.

    Parameters
    ----------
    channel : {'red', 'blue'}, default='red'
        Cr or Cb of ITU-R BT.601.
    gain : float, default=3
        Contrast around the neutral 128; skin uses a small part of the range.

    Attributes
    ----------
    image_shape_out_ : tuple of int
        Rows and columns of one picture.
    n_features_in_ : int
        Numbers in one image.

    Examples
    --------
    >>> import numpy as np
    >>> from pipelines import Chroma
    >>> red = np.full((1, 2, 2, 3), [200, 100, 100], np.uint8)
    >>> int(Chroma("red").fit_transform(red)[0, 0, 0])
    255
    """

    __module__ = "pipelines"

    def __init__(self, channel: str = "red", gain: float = 3.0) -> None:
        self.channel = channel
        self.gain = gain

    def fit(self, X: Any, y: Any = None) -> Chroma:
        """Check the parameters; nothing is learnt.

        Parameters
        ----------
        X : array-like of shape (n, rows, columns[, channels])
            Images, on the scale 0-255 or floats from 0 to 1.
        y : ignored
            There for scikit-learn.

        Returns
        -------
        Chroma
            Itself.
        """
        self._checked(X)
        return self

    def _checked(self, X: Any) -> NDArray:
        if self.channel not in WEIGHTS:
            raise ValueError(f"channel must be one of {list(WEIGHTS)}, got {self.channel!r}")
        images = check_images(X, name="Chroma")
        if images.ndim == 4 and images.shape[3] not in (1, 3):
            raise ValueError(
                f"Chroma takes RGB or grey images, got {images.shape[3]} channels: drop the alpha "
                "channel"
            )
        self.image_shape_out_ = images.shape[1:3]
        self.n_features_in_ = int(np.prod(images.shape[1:]))
        return images

    def transform(self, X: Any) -> NDArray[np.uint8]:
        """Return pictures of the colour difference.

        Parameters
        ----------
        X : array-like of shape (n, rows, columns[, channels])
            Images, on the scale 0-255 or floats from 0 to 1.

        Returns
        -------
        ndarray of uint8, shape (n, rows, columns)
            128 where there is no colour.
        """
        images = self._checked(X)
        out = np.full(images.shape[:3], 128, dtype=np.uint8)
        if images.ndim == 3 or images.shape[3] == 1:
            return out
        matrix = np.array(
            [[*(self.gain * w for w in WEIGHTS[self.channel]), 128]], dtype=np.float32
        )
        for image, target in zip(images, out, strict=True):
            found = cv2.transform(np.ascontiguousarray(image), matrix)
            # of 8-bit images it is rounded and saturated already
            target[:] = found if found.dtype == np.uint8 else np.clip(np.rint(found), 0, 255)
        return out

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags
