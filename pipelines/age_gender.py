"""One estimator for both questions: any regressor of age beside any classifier of gender."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logit
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.utils import _safe_indexing, check_consistent_length, get_tags
from sklearn.utils.metadata_routing import MetadataRouter
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from basis.faces import OLDEST_AGE
from pipelines.intervals.band import ConformalBand
from pipelines.intervals.probability import PlattScaling

from .holdout import cut_part
from .joint import AgeGenderMixin
from .labels import check_age_gender, check_pair, gender_codes, known_ages, some_rows
from .metadata import fit_metadata, router, rows_of


class AgeGender(AgeGenderMixin, MetaEstimatorMixin, BaseEstimator):
    """Age and gender of faces from two ordinary estimators that share their features.

    Parameters
    ----------
    age : regressor
        Fitted on years. Receives ``select=(X, y)`` if its ``fit`` takes it.
    gender : classifier
        Fitted on 0 male, 1 female; needs ``decision_function`` or ``predict_proba``.
    features : transformer, 'passthrough' or None, default=None
        From ``X`` to what the two take; fitted and applied once for both. ``'passthrough'`` and
        None hand on ``X`` itself.
    select_size, calibrate_size : float, default=0.1
        Share of the groups held back when ``fit`` is not given these parts. Nothing is held
        back for selection if neither estimator selects.
    random_state : int, RandomState or None, default=None
        Draws the held-back parts. The estimators keep their own.

    Attributes
    ----------
    features_, age_, gender_ : fitted clones
        Of the three parts; ``features_`` is None where ``X`` itself is handed on.
    band_ : ConformalBand
        Calibrated on the *calibrate* part.
    calibration_ : PlattScaling
        Likewise.
    n_features_in_ : int
        Numbers in one sample.

    See Also
    --------
    pipelines.CnnAgeGender : One network for both questions.
    pipelines.ConformalAge : Intervals for a regressor of age alone.

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

    __module__ = "pipelines"

    def __init__(
        self,
        age: Any,
        gender: Any,
        features: Any = None,
        *,
        select_size: float = 0.1,
        calibrate_size: float = 0.1,
        random_state: Any = None,
    ) -> None:
        self.age = age
        self.gender = gender
        self.features = features
        self.select_size = select_size
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
        **fit_params: Any,
    ) -> AgeGender:
        """Fit features and both estimators on ``X``, then calibrate.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Faces, in whatever form ``features`` (or the estimators) take.
        y : array-like or data frame of shape (n, 2)
            Age in years, gender 0 or 'male', 1 or 'female'; of a data frame the columns ``age`` and
            ``gender``, in any order. A face of unknown age (NaN) is learnt from for gender alone,
            in ``select`` and ``calibrate`` too.
        groups : array-like of shape (n,), optional
            Samples that must not be separated when parts are cut from ``X``. They are passed on
            to estimators that cut parts too.
        select, calibrate : (X, y), optional
            Faces for the choice of hyper-parameters, and for probabilities and intervals. If
            given, all of ``X`` trains.
        **fit_params
            Such as ``sample_weight``, of shape (n,): passed on to both estimators, or, with
            metadata routing enabled, to those that request them.

        Returns
        -------
        AgeGender
            Itself.

        Raises
        ------
        TypeError
            A parameter, such as weights, for an estimator that takes none.
        ValueError
            ``y`` not of shape (n, 2), with missing or other genders or only one, ages outside 0 to
            130 years, or no known age in one of the parts.
        """
        if hasattr(X, "tocsr"):
            X = X.tocsr()  # the other sparse formats have no rows to pick
        y = check_age_gender(y, X)
        check_consistent_length(X, groups, fit_params.get("sample_weight"))
        selects = [has_fit_parameter(part, "select") for part in (self.age, self.gender)]
        n = len(y)
        rows = np.arange(n)
        if calibrate is None:
            rows, held = self._cut(rows, groups, self.calibrate_size)
            calibrate = (_safe_indexing(X, held), y[held])
        if select is None and any(selects):
            rows, held = self._cut(rows, groups, self.select_size)
            select = (_safe_indexing(X, held), y[held])
        if len(rows) < n:
            X, y = _safe_indexing(X, rows), y[rows]
        if len(np.unique(y[:, 1])) < 2:
            raise ValueError("This AgeGender needs samples of at least 2 classes in the data")
        own_groups = None if groups is None else np.asarray(groups)[rows]
        own_params = rows_of(fit_params, rows, n)
        passed = fit_metadata(self, self._heads(), own_groups, own_params)
        known = known_ages(y, "the training part of y")
        calibrate_X, calibrate_y = check_pair(calibrate, "calibrate")
        calibrate_y = check_age_gender(calibrate_y, calibrate_X, "calibrate")
        known_ages(calibrate_y, "calibrate")
        features = self._fitted_features(X)
        passed["age"] = rows_of(passed["age"], known, len(y))
        age_X, age_y = some_rows(features, known), some_rows(y[:, 0], known)
        if select is not None:
            select_X, select_y = check_pair(select, "select")
            truth, shown = check_age_gender(select_y, select_X, "select"), self._features(select_X)
            for (name, params), asked in zip(passed.items(), selects, strict=True):
                if asked and name == "age":
                    some = known_ages(truth, "select")
                    params["select"] = (some_rows(shown, some), some_rows(truth[:, 0], some))
                elif asked:
                    params["select"] = (shown, truth[:, 1])
        self.age_ = clone(self.age).fit(age_X, age_y, **passed["age"])
        codes = y[:, 1].astype(np.int64)
        self.gender_ = clone(self.gender).fit(features, codes, **passed["gender"])
        age, score = self._answers(calibrate_X)
        self.band_ = ConformalBand().fit(calibrate_y[:, 0], age)
        self.calibration_ = PlattScaling().fit(score, calibrate_y[:, 1])
        return self

    def predict_all(self, X: Any, level: float | ArrayLike = 0.9) -> dict[str, NDArray[np.float64]]:
        """Return every answer from one pass.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Faces, as in ``fit``.
        level : float or sequence of float, default=0.9
            Share of faces like these whose age the interval holds.

        Returns
        -------
        dict of str to ndarray
            ``age`` (n,) in years, at least 0 and at most 130; ``interval`` (n, 2) or
            (n, 2, n_levels); ``p_female`` (n,).
        """
        age, scores = self._answers(X)
        return {
            "age": age,
            "interval": self.band_.interval(age, level=level),
            "p_female": self.calibration_.predict_proba(scores),
        }

    def get_metadata_routing(self) -> MetadataRouter:
        """Return how ``groups`` and ``sample_weight`` reach the two estimators.

        Returns
        -------
        MetadataRouter
        """
        return router(self, self._heads())

    def _heads(self) -> dict[str, Any]:
        return {"age": self.age, "gender": self.gender}

    def _cut(
        self, rows: NDArray[np.intp], groups: Any, size: float
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        labels = None if groups is None else np.asarray(groups)[rows]
        stay, held = cut_part(len(rows), size, groups=labels, random_state=self.random_state)
        return rows[stay], rows[held]

    def _fitted_features(self, X: Any) -> Any:
        # pictures in a list may be of several sizes, which the features bring to one
        one = X.shape[1:] if hasattr(X, "shape") else np.shape(X[0])
        self.n_features_in_ = int(np.prod(one))
        if self.features is None or self.features == "passthrough":
            self.features_ = None
            return X
        self.features_ = clone(self.features)
        return self.features_.fit_transform(X)

    def _features(self, X: Any) -> Any:
        return X if self.features_ is None else self.features_.transform(X)

    def _answers(self, X: Any) -> tuple[NDArray, NDArray]:
        """Return ages and uncalibrated gender scores."""
        check_is_fitted(self, "gender_")
        features = self._features(X)
        age = np.asarray(self.age_.predict(features), dtype=np.float64)
        return np.clip(age, 0, OLDEST_AGE), _gender_score(self.gender_, features)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        bare = self.features is None or self.features == "passthrough"
        first = (self.age, self.gender) if bare else (self.features,)
        tags.input_tags.sparse = all(get_tags(part).input_tags.sparse for part in first)
        return tags


def _gender_score(classifier: Any, X: Any) -> NDArray[np.float64]:
    """Return scores that are higher for class 1, female."""
    # one that was frozen may have learnt words, and they sort the other way
    classes = getattr(classifier, "classes_", (0, 1))
    codes = gender_codes(np.asarray(classes), "the classes of the gender classifier")
    if sorted(codes) != [0, 1]:
        raise ValueError(
            f"the gender classifier knows the classes {list(classes)}, not 0 male and 1 female"
        )
    female = int(codes[1] == 1)
    if hasattr(classifier, "decision_function"):
        score = np.asarray(classifier.decision_function(X), dtype=np.float64)
        return score if female else -score
    share = np.asarray(classifier.predict_proba(X), dtype=np.float64)[:, female]
    return logit(np.clip(share, 1e-6, 1 - 1e-6))
