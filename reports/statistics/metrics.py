"""The metrics: plain functions ``fn(y_true, y_pred) -> float``, found by name in ``METRICS``.

A metric that is a mean over faces is written as its value for each face (``@per_face``); grouping,
weighting, intervals and paired tests then come for free. A metric that is not (a median, an area)
is written as a whole (``@whole``) and reported for all faces together.

``y_pred`` is an array of ages (years), of probabilities of *female*, or ``(n, 2)`` age intervals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sk

Array = NDArray[np.float64]
Target = Literal["age", "gender", "interval"]


@dataclass(frozen=True)
class Metric:
    """A number about predictions, and what the report needs to know about it.

    Attributes
    ----------
    name, label, unit : str
        Key in ``summary``, heading, and ``'years'``, ``'share'`` or ``''``.
    target : {'age', 'gender', 'interval'}
        Which prediction it takes.
    better : {'low', 'high', 'zero', 'none'}
        Direction that wins.
    interval : {'wilson', 'studentised', 'root', 'percentile', 'mover', 'none'}
        How its 95% interval is made (``reports.statistics.intervals``).
    per_face : callable or None
        ``(y_true, y_pred) -> (n,)`` values whose mean is the metric (its square, for 'root').
    function : callable
        ``(y_true, y_pred) -> float``.
    """

    name: str
    label: str
    unit: str
    target: Target
    better: str
    interval: str
    per_face: Callable[[Array, Array], Array] | None
    function: Callable[[Array, Array], float]

    def __call__(self, y_true: Array, y_pred: Array) -> float:
        """Return the metric; NaN for no faces."""
        return float(self.function(np.asarray(y_true, float), np.asarray(y_pred, float)))


METRICS: dict[str, Metric] = {}
Values = Callable[[Array, Array], Array]
Score = Callable[[Array, Array], float]


def per_face(
    label: str, unit: str, target: Target, better: str, interval: str
) -> Callable[[Values], Values]:
    """Register a function that gives one value a face; the metric is their mean."""

    def register(values: Values) -> Values:
        def mean(y_true: Array, y_pred: Array) -> float:
            each = values(y_true, y_pred)
            average = each.mean() if each.size else np.nan
            return float(np.sqrt(average) if interval == "root" else average)

        METRICS[values.__name__] = Metric(
            values.__name__, label, unit, target, better, interval, values, mean
        )
        return values

    return register


def whole(
    label: str, unit: str, target: Target, better: str, interval: str
) -> Callable[[Score], Score]:
    """Register a function that needs all faces at once."""

    def register(score: Score) -> Score:
        METRICS[score.__name__] = Metric(
            score.__name__, label, unit, target, better, interval, None, score
        )
        return score

    return register


@per_face("MAE", "years", "age", "low", "studentised")
def mae(y_true: Array, y_pred: Array) -> Array:
    """Absolute error of age, years."""
    return np.abs(y_pred - y_true)


@whole("median error", "years", "age", "low", "percentile")
def median_error(y_true: Array, y_pred: Array) -> float:
    """Median absolute error of age, years."""
    return float(sk.median_absolute_error(y_true, y_pred)) if y_true.size else np.nan


@per_face("RMSE", "years", "age", "low", "root")
def rmse(y_true: Array, y_pred: Array) -> Array:
    """Squared error of age; the metric is the root of its mean, years."""
    return (y_pred - y_true) ** 2


@per_face("bias", "years", "age", "zero", "studentised")
def bias(y_true: Array, y_pred: Array) -> Array:
    """Signed error of age, years; positive: estimated too old."""
    return y_pred - y_true


@per_face("CS@5", "share", "age", "high", "wilson")
def cs5(y_true: Array, y_pred: Array) -> Array:
    """Whether the age is right within 5 years (cumulative score, Geng et al., 2007)."""
    return (np.abs(y_pred - y_true) <= 5).astype(float)


@per_face("within 10 years", "share", "age", "high", "wilson")
def within10(y_true: Array, y_pred: Array) -> Array:
    """Whether the age is right within 10 years."""
    return (np.abs(y_pred - y_true) <= 10).astype(float)


@whole("R²", "", "age", "high", "percentile")
def r2(y_true: Array, y_pred: Array) -> float:
    """Coefficient of determination of age."""
    varied = y_true.size > 1 and np.ptp(y_true) > 0
    return float(sk.r2_score(y_true, y_pred)) if varied else np.nan


@per_face("gender accuracy", "share", "gender", "high", "wilson")
def accuracy(y_true: Array, y_pred: Array) -> Array:
    """Whether ``p_female >= 0.5`` agrees with the annotation."""
    return ((y_pred >= 0.5) == (y_true == 1)).astype(float)


@whole("balanced accuracy", "share", "gender", "high", "mover")
def balanced_accuracy(y_true: Array, y_pred: Array) -> float:
    """Mean of the accuracies on men and on women; NaN if one gender is absent."""
    return float(sk.balanced_accuracy_score(y_true, y_pred >= 0.5)) if _both(y_true) else np.nan


@whole("gender AUC", "", "gender", "high", "percentile")
def auc(y_true: Array, y_pred: Array) -> float:
    """Area under the ROC curve (Mann-Whitney, ties count half); NaN if one gender is absent."""
    return float(sk.roc_auc_score(y_true, y_pred)) if _both(y_true) else np.nan


def _both(female: Array) -> bool:
    """Say whether both genders are among the faces."""
    return bool(female.size and 0 < female.mean() < 1)


@per_face("Brier score", "", "gender", "low", "studentised")
def brier(y_true: Array, y_pred: Array) -> Array:
    """Squared error of the probability of *female* (Brier, 1950)."""
    return (y_pred - y_true) ** 2


@whole("ECE", "", "gender", "low", "none")
def ece(y_true: Array, y_pred: Array) -> float:
    """Calibration error of the gender probability, debiased, on 15 bins of equal mass.

    The plug-in error of a perfectly calibrated model is not zero: each bin's variance is
    subtracted (l2 estimator of Kumar, Liang and Ma, *Verified Uncertainty Calibration*, 2019).
    """
    if y_true.size < 30:
        return np.nan
    order = np.argsort(y_pred, kind="stable")
    total = 0.0
    for bin_ in np.array_split(order, 15):
        rate, n = y_true[bin_].mean(), len(bin_)
        total += n * ((y_pred[bin_].mean() - rate) ** 2 - rate * (1 - rate) / (n - 1))
    return float(np.sqrt(max(total / y_true.size, 0.0)))


@per_face("interval coverage", "share", "interval", "none", "wilson")
def coverage(y_true: Array, y_pred: Array) -> Array:
    """Whether the age lies in ``[low, high]``, both ends included."""
    return ((y_pred[:, 0] <= y_true) & (y_true <= y_pred[:, 1])).astype(float)


@per_face("interval width", "years", "interval", "low", "studentised")
def width(y_true: Array, y_pred: Array) -> Array:
    """Width of the age interval, years."""
    return y_pred[:, 1] - y_pred[:, 0]
