"""One colour-difference channel of RGB images."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from .arrays import check_images

#: Weights of red, green and blue in ITU-R BT.601's Cr and Cb.
WEIGHTS = {"red": (0.5, -0.418688, -0.081312), "blue": (-0.168736, -0.331264, 0.5)}


class Chroma(TransformerMixin, BaseEstimator):
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
    """

    __module__ = "pipelines"

    def __init__(self, channel: str = "red", gain: float = 3.0) -> None:
        self.channel = channel
        self.gain = gain

    def fit(self, X: Any, y: Any = None) -> Chroma:
        """Check the parameters; nothing is learnt."""
        if self.channel not in WEIGHTS:
            raise ValueError(f"channel must be one of {list(WEIGHTS)}, got {self.channel!r}")
        return self

    def transform(self, X: Any) -> NDArray[np.uint8]:
        """Return images ``(n, rows, columns)`` of uint8 for images with values 0 to 255."""
        self.fit(X)
        images = check_images(X, name="Chroma")
        out = np.full(images.shape[:3], 128, dtype=np.uint8)
        if images.ndim == 3:
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
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.requires_fit = False
        return tags
