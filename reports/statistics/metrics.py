"""The metrics: plain functions ``fn(y_true, y_pred) -> float``, found by name in ``METRICS``.

A metric that is a mean over faces is written as its value for each face (``@per_face``); grouping,
weighting, intervals and paired tests then come for free. A metric that is not (a median, an area)
is written as a whole (``@whole``) and reported for all faces together.

``y_pred`` is an array of ages (years), of probabilities of *female*, or ``(n, 2)`` age intervals.
Where only a range of the true age is known, ``y_true`` is ``(n, 2)``: its two ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sk

Array = NDArray[np.float64]
Target = Literal["age", "gender", "interval", "range"]
LEVEL_OF_INTERVALS = 0.9


@dataclass(frozen=True)
class Metric:
    """A number about predictions, and what the report needs to know about it.

    ``unit`` is 'years', 'share' or ''. ``target`` is the prediction it takes: 'age', 'gender',
    'interval', or 'range', a predicted age where the truth is a range. ``better`` is 'low', 'high',
    'zero' or 'none', ``interval`` how its 95% interval is made (``reports.statistics.intervals``).
    ``per_face`` gives values whose mean is the metric (its square, for 'root'), ``function`` the
    number: both of ``(y_true, y_pred)``.
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


@per_face("MAE", "years", "age", "low", "positive")
def mae(y_true: Array, y_pred: Array) -> Array:
    """Absolute error of age, years."""
    return np.abs(y_pred - y_true)


@whole("median error", "years", "age", "none", "median")
def median_error(y_true: Array, y_pred: Array) -> float:
    """Median absolute error of age, years."""
    return float(sk.median_absolute_error(y_true, y_pred)) if y_true.size else np.nan


@per_face("RMSE", "years", "age", "low", "root")
def rmse(y_true: Array, y_pred: Array) -> Array:
    """Squared error of age; the metric is the root of its mean, years."""
    return (y_pred - y_true) ** 2


@per_face("bias", "years", "age", "zero", "signed")
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


@whole("R²", "", "age", "high", "r2")
def r2(y_true: Array, y_pred: Array) -> float:
    """Coefficient of determination of age."""
    varied = y_true.size and np.ptp(y_true) > 0
    return float(sk.r2_score(y_true, y_pred)) if varied else np.nan


@per_face("gender accuracy", "share", "gender", "high", "wilson")
def accuracy(y_true: Array, y_pred: Array) -> Array:
    """Whether ``p_female >= 0.5`` agrees with the annotation."""
    return ((y_pred >= 0.5) == (y_true == 1)).astype(float)


@whole("balanced accuracy", "share", "gender", "high", "mover")
def balanced_accuracy(y_true: Array, y_pred: Array) -> float:
    """Mean of the accuracies on men and on women; NaN if one gender is absent."""
    if not _both(y_true):
        return np.nan
    # whole numbers: scikit-learn looks long at floats for what they might be
    return float(sk.balanced_accuracy_score(y_true.astype(int), (y_pred >= 0.5).astype(int)))


@whole("gender AUC", "", "gender", "high", "auc")
def auc(y_true: Array, y_pred: Array) -> float:
    """Area under the ROC curve (Mann-Whitney, ties count half); NaN if one gender is absent."""
    return float(sk.roc_auc_score(y_true, y_pred)) if _both(y_true) else np.nan


def _both(female: Array) -> bool:
    """Say whether both genders are among the faces."""
    return bool(female.size and 0 < female.mean() < 1)


@per_face("Brier score", "", "gender", "low", "positive")
def brier(y_true: Array, y_pred: Array) -> Array:
    """Squared error of the probability of *female* (Brier, 1950)."""
    return (y_pred - y_true) ** 2


@dataclass(frozen=True)
class CalibrationBins:
    """Stated and observed share of women in bins of equal mass; equal probabilities share a bin.

    ``n`` faces stand in each bin, ``index`` is the bin of each face.
    """

    n: Array
    stated: Array
    observed: Array
    index: NDArray[np.int64]


def calibration_bins(y_true: Array, y_pred: Array, n_bins: int = 15) -> CalibrationBins:
    """Cut probabilities into at most ``n_bins`` bins of equal mass, never between equal values.

    The order of the faces therefore changes nothing. A value goes where the middle of its ranks
    lies.
    """
    _, code, counts = np.unique(y_pred, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    bin_of_value = (middle / len(y_pred) * n_bins).astype(int)
    _, index = np.unique(bin_of_value[code], return_inverse=True)
    n = np.bincount(index).astype(float)
    stated, observed = (np.bincount(index, v) / n for v in (y_pred, y_true))
    return CalibrationBins(n, stated, observed, index)


@whole("ECE, debiased", "", "gender", "low", "ece")
def ece(y_true: Array, y_pred: Array) -> float:
    """Calibration error of the gender probability, debiased, on 15 bins of equal mass.

    The plug-in error of a perfectly calibrated model is not zero: each bin's variance is
    subtracted (l2 estimator of Kumar, Liang and Ma, *Verified Uncertainty Calibration*, 2019).
    Equal probabilities share a bin. NaN below 30 faces.
    """
    if y_true.size < 30:
        return np.nan
    bins = calibration_bins(y_true, y_pred)
    chance = bins.observed * (1 - bins.observed) / np.maximum(bins.n - 1, 1)
    squared = (bins.n * ((bins.stated - bins.observed) ** 2 - chance)).sum() / y_true.size
    return float(np.sqrt(max(squared, 0.0)))


@whole("ECE, plug-in", "", "gender", "none", "none")
def ece_plug_in(y_true: Array, y_pred: Array) -> float:
    """Calibration error on the same bins with what chance alone produces left in: never zero."""
    if y_true.size < 30:
        return np.nan
    bins = calibration_bins(y_true, y_pred)
    return float(np.sqrt((bins.n * (bins.stated - bins.observed) ** 2).sum() / y_true.size))


@per_face("interval coverage", "share", "interval", "none", "wilson")
def coverage(y_true: Array, y_pred: Array) -> Array:
    """Whether the age lies in ``[low, high]``, both ends included."""
    return ((y_pred[:, 0] <= y_true) & (y_true <= y_pred[:, 1])).astype(float)


@per_face("interval width", "years", "interval", "none", "positive")
def width(y_true: Array, y_pred: Array) -> Array:
    """Width of the age interval, years; alone it says nothing: a narrow interval may be wrong."""
    return y_pred[:, 1] - y_pred[:, 0]


@per_face("interval score", "years", "interval", "low", "positive")
def interval_score(y_true: Array, y_pred: Array) -> Array:
    """Width plus ``2 / (1 - level)`` years for each year missed, 20 at 90% (Winkler, 1972).

    A proper score: it is smallest in expectation for the true quantiles, 5% and 95% at a level of
    90% (Gneiting and Raftery, 2007). A third column of ``y_pred`` states another level.
    """
    level = y_pred[:, 2] if y_pred.shape[1] > 2 else LEVEL_OF_INTERVALS
    below = np.maximum(y_pred[:, 0] - y_true, 0)
    above = np.maximum(y_true - y_pred[:, 1], 0)
    return y_pred[:, 1] - y_pred[:, 0] + 2 / (1 - level) * (below + above)


@per_face("age inside its range", "share", "range", "high", "wilson")
def within_range(y_true: Array, y_pred: Array) -> Array:
    """Whether the predicted age lies in the range that is known, both ends included."""
    return ((y_true[:, 0] <= y_pred) & (y_pred <= y_true[:, 1])).astype(float)


@per_face("distance to its range", "years", "range", "low", "positive")
def outside_range(y_true: Array, y_pred: Array) -> Array:
    """Years by which the predicted age lies outside the range that is known; 0 inside."""
    return np.maximum(np.maximum(y_true[:, 0] - y_pred, y_pred - y_true[:, 1]), 0)
