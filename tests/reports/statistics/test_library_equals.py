"""What scikit-learn computes as well is what was computed here, ties and all."""

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from reports.charts.gender_roc import GRID, _curve
from reports.statistics.metrics import METRICS


@pytest.fixture(params=range(6))
def case(request):
    rng = np.random.default_rng(request.param)
    n = int(rng.integers(5, 400))
    female = np.r_[0.0, 1.0, (rng.random(n) < 0.4).astype(float)]
    p = rng.random(len(female)).round(request.param % 3 + 1)  # ties
    age = rng.gamma(3, 10, len(female)).round()
    return female, p, age, age + rng.normal(0, 6, len(age))


def test_whole_metrics(case):
    female, p, age, predicted = case
    assert METRICS["auc"](female, p) == pytest.approx(
        sklearn_metrics.roc_auc_score(female, p), abs=1e-12
    )
    assert METRICS["r2"](age, predicted) == pytest.approx(
        sklearn_metrics.r2_score(age, predicted), abs=1e-12
    )
    assert METRICS["median_error"](age, predicted) == pytest.approx(
        sklearn_metrics.median_absolute_error(age, predicted), abs=1e-12
    )
    assert METRICS["balanced_accuracy"](female, p) == pytest.approx(
        sklearn_metrics.balanced_accuracy_score(female, p >= 0.5), abs=1e-12
    )


def test_roc_curve(case):
    female, p, _, _ = case
    fpr, tpr, _ = sklearn_metrics.roc_curve(female, p, drop_intermediate=False)
    np.testing.assert_allclose(_curve(female, p), np.interp(GRID, fpr, tpr), atol=1e-12)
