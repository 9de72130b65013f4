"""What estimators have in common whose input or output is images."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted


class ImagesIn:
    """Estimators of images tell scikit-learn so: stacks, or rows where these have a shape."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.two_d_array = getattr(self, "image_shape", None) is not None
        tags.input_tags.three_d_array = True
        return tags


class ImagesOut(ImagesIn, TransformerMixin):
    """Transformers from images (or paths) to images.

    Images fit into no data frame, so the output stays an array whatever ``set_output`` or
    scikit-learn's configuration asks; the steps after them obey.
    """

    image_shape_out_: tuple[int, ...]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(auto_wrap_output_keys=None, **kwargs)

    def set_output(self, *, transform: str | None = None) -> Self:
        """Do nothing: images remain an array.

        Parameters
        ----------
        transform : {'default', 'pandas', 'polars'} or None
            What the steps after this one are asked for.

        Returns
        -------
        estimator
            Itself.
        """
        return self

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return a name for every number of one image.

        Parameters
        ----------
        input_features : ignored
            There for scikit-learn.

        Returns
        -------
        ndarray of str
            ``pixel_<row>_<column>`` or ``pixel_<row>_<column>_<channel>``.
        """
        check_is_fitted(self, "image_shape_out_")
        places = np.ndindex(*self.image_shape_out_)
        return np.array(["pixel_" + "_".join(map(str, place)) for place in places], dtype=object)
