"""One estimator for both questions: any regressor of age beside any classifier of gender."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logit
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.utils import _safe_indexing, assert_all_finite, check_consistent_length
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from pipelines.images.arrays import check_images, mirrored
from pipelines.intervals.band import OLDEST, ConformalBand
from pipelines.intervals.probability import PlattScaling

from .holdout import cut_part


class AgeGender(MetaEstimatorMixin, BaseEstimator):
    """Age and gender of faces from two ordinary estimators that share their features.

    Parameters
    ----------
    age : regressor
        Fitted on years. Receives ``select=(X, y)`` if its ``fit`` takes it.
    gender : classifier
        Fitted on 0 male, 1 female; needs ``decision_function`` or ``predict_proba``.
    features : transformer or None, default=None
        From ``X`` to what the two take; fitted and applied once for both.
    mirror : bool, default=False
        Train on each face and its mirror image, and average over both when predicting. Needs
        images (or ``image_shape``).
    image_shape : tuple of int or None, default=None
        ``(rows, columns[, channels])`` when ``X`` holds flattened rows and ``mirror`` is on.
    select_size, calibrate_size : float, default=0.1
        Share of the groups held back when ``fit`` is not given these parts. Nothing is held
        back for selection if neither estimator selects.
    random_state : int, RandomState or None, default=None
        Draws the held-back parts. The estimators keep their own.

    Attributes
    ----------
    features_, age_, gender_ : fitted clones
    band_ : ConformalBand
        Calibrated on the *calibrate* part.
    calibration_ : PlattScaling
        Likewise.
    n_features_in_ : int
        Numbers in one sample.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression, Ridge
    >>> from pipelines import AgeGender, HogTransformer
    >>> rng = np.random.default_rng(0)
    >>> faces = rng.integers(0, 256, (40, 32, 32), dtype=np.uint8)
    >>> truth = np.column_stack([rng.uniform(1, 90, 40), np.arange(40) % 2])
    >>> model = AgeGender(Ridge(), LogisticRegression(), HogTransformer(), random_state=0)
    >>> model.fit(faces, truth).predict(faces[:3]).shape
    (3, 2)
    """

    def __init__(
        self,
        age: Any,
        gender: Any,
        features: Any = None,
        *,
        mirror: bool = False,
        image_shape: Sequence[int] | None = None,
        select_size: float = 0.1,
        calibrate_size: float = 0.1,
        random_state: Any = None,
    ) -> None:
        self.age = age
        self.gender = gender
        self.features = features
        self.mirror = mirror
        self.image_shape = image_shape
        self.select_size = select_size
        self.calibrate_size = calibrate_size
        self.random_state = random_state

    def fit(
        self,
        X: Any,
        Y: ArrayLike,
        *,
        groups: ArrayLike | None = None,
        select: tuple[Any, ArrayLike] | None = None,
        calibrate: tuple[Any, ArrayLike] | None = None,
    ) -> AgeGender:
        """Fit features and both estimators on ``X``, then calibrate.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Faces, in whatever form ``features`` (or the estimators) take.
        Y : array-like of shape (n, 2)
            Age in years, gender 0 male or 1 female.
        groups : array-like of shape (n,), optional
            Samples that must not be separated when parts are cut from ``X``.
        select, calibrate : (X, Y), optional
            Faces for the choice of hyper-parameters, and for probabilities and intervals. If
            given, all of ``X`` trains.

        Raises
        ------
        ValueError
            ``Y`` not of shape (n, 2), not finite, with other genders or only one, or negative
            ages.
        """
        Y = check_age_gender(Y, X)
        selects = [has_fit_parameter(part, "select") for part in (self.age, self.gender)]
        if calibrate is None:
            X, Y, groups, calibrate = self._cut(X, Y, groups, self.calibrate_size)
        if select is None and any(selects):
            X, Y, groups, select = self._cut(X, Y, groups, self.select_size)
        if len(np.unique(Y[:, 1])) < 2:
            raise ValueError("This AgeGender needs samples of at least 2 classes in the data")
        views = self._fitted_views(X)
        extra: list[dict[str, Any]] = [{}, {}]
        if select is not None and any(selects):
            truth = check_age_gender(select[1], select[0])
            stacked = np.vstack(self._views(select[0]))
            copies = len(stacked) // len(truth)
            for column in np.flatnonzero(selects):
                extra[column]["select"] = (stacked, np.tile(truth[:, column], copies))
        stacked = np.vstack(views) if len(views) > 1 else views[0]
        age, gender = np.tile(Y, (len(views), 1)).T
        self.age_ = clone(self.age).fit(stacked, age, **extra[0])
        self.gender_ = clone(self.gender).fit(stacked, gender.astype(np.int64), **extra[1])
        self._calibrate(*calibrate)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return ``(n, 2)``: age in years, at least 0 and at most 116, and gender 0 or 1."""
        age, scores = self._answers(X)
        female = self.calibration_.predict_proba(scores) >= 0.5
        return np.column_stack([age, female.astype(np.float64)])

    def predict_gender_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the calibrated probability of class 1, female, shape (n,)."""
        scores = self._answers(X)[1]
        return self.calibration_.predict_proba(scores)

    def predict_age_interval(self, X: Any, level: float = 0.9) -> NDArray[np.float64]:
        """Return ``(n, 2)`` lower and upper ages in years that cover a share ``level``."""
        age = self._answers(X)[0]
        return self.band_.interval(age, level=level)

    def predict_all(self, X: Any, level: float = 0.9) -> dict[str, NDArray[np.float64]]:
        """Return every answer from one pass: ``age``, ``interval``, ``p_female``."""
        age, scores = self._answers(X)
        return {
            "age": age,
            "interval": self.band_.interval(age, level=level),
            "p_female": self.calibration_.predict_proba(scores),
        }

    def score(self, X: Any, Y: ArrayLike) -> float:
        """Return the mean of two skills, each 1 at best.

        Gender accuracy, and one minus the mean absolute error of age over that of the median.
        """
        Y = check_age_gender(Y, X)
        answer = self.predict(X)
        error = np.abs(answer[:, 0] - Y[:, 0]).mean()
        reference = np.abs(np.median(Y[:, 0]) - Y[:, 0]).mean()
        skill = 1 - error / reference if reference > 0 else float(error == 0)
        return float((skill + (answer[:, 1] == Y[:, 1]).mean()) / 2)

    def _cut(
        self, X: Any, Y: NDArray, groups: Any, size: float
    ) -> tuple[Any, NDArray, Any, tuple[Any, NDArray]]:
        stay, held = cut_part(len(Y), size, groups=groups, random_state=self.random_state)
        rest = None if groups is None else np.asarray(groups)[stay]
        return _safe_indexing(X, stay), Y[stay], rest, (_safe_indexing(X, held), Y[held])

    def _with_mirror(self, X: Any) -> list[Any]:
        if not self.mirror:
            return [X]
        images = check_images(X, image_shape=self.image_shape, name="AgeGender(mirror=True)")
        views = [images, mirrored(images)]
        if np.ndim(X) == 2:
            views = [view.reshape(len(view), -1) for view in views]
        return views

    def _fitted_views(self, X: Any) -> list[Any]:
        views = self._with_mirror(X)
        self.n_features_in_ = int(np.prod(np.shape(views[0])[1:]))
        if self.features is None:
            self.features_ = None
            return views
        self.features_ = clone(self.features)
        first = self.features_.fit_transform(views[0])
        return [first, *(self.features_.transform(view) for view in views[1:])]

    def _views(self, X: Any) -> list[Any]:
        views = self._with_mirror(X)
        return views if self.features_ is None else [self.features_.transform(v) for v in views]

    def _answers(self, X: Any) -> tuple[NDArray, NDArray]:
        """Return ages and uncalibrated gender scores, averaged over the views."""
        check_is_fitted(self, "gender_")
        views = self._views(X)
        age = np.mean([self.age_.predict(view) for view in views], axis=0)
        score = np.mean([_gender_score(self.gender_, view) for view in views], axis=0)
        return np.clip(age.astype(np.float64), 0, OLDEST), score

    def _calibrate(self, X: Any, Y: ArrayLike) -> None:
        Y = check_age_gender(Y, X)
        age, score = self._answers(X)
        self.band_ = ConformalBand().fit(Y[:, 0], age)
        self.calibration_ = PlattScaling().fit(score, Y[:, 1])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        tags.input_tags.three_d_array = True
        return tags


def _gender_score(classifier: Any, X: Any) -> NDArray[np.float64]:
    if hasattr(classifier, "decision_function"):
        return np.asarray(classifier.decision_function(X), dtype=np.float64)
    share = np.asarray(classifier.predict_proba(X), dtype=np.float64)[:, 1]
    return logit(np.clip(share, 1e-6, 1 - 1e-6))


def check_age_gender(Y: Any, X: Any) -> NDArray[np.float64]:
    """Return labels as float64 ``(n, 2)``: age in years, gender 0 or 1.

    Raises
    ------
    ValueError
        Another shape or length than ``X``, values that are not finite, negative ages, or other
        genders.
    """
    if Y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    labels = np.asarray(Y, dtype=np.float64)
    if labels.ndim != 2 or labels.shape[1] != 2:
        raise ValueError(f"Y must have the two columns age and gender, got shape {labels.shape}")
    check_consistent_length(X, labels)
    assert_all_finite(labels, input_name="Y")
    if (labels[:, 0] < 0).any():
        raise ValueError(f"Y holds the negative age {labels[:, 0].min():g}: ages are years from 0")
    wrong = ~np.isin(labels[:, 1], (0, 1))
    if wrong.any():
        raise ValueError(
            f"gender must be 0 (male) or 1 (female), got {labels[wrong, 1][0]:g} in row "
            f"{int(np.flatnonzero(wrong)[0])} of Y"
        )
    return labels
