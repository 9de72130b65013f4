"""Standardisation and regression of pose, against hand-made cases and statsmodels."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from benchmarks.simulated_run import simulated_run
from reports.panel import panels
from reports.statistics import standardisation


@pytest.fixture(scope="module")
def panel():
    return panels(simulated_run(900))[0]


def standard_case():
    """Two pose bins, two strata; the turned bin is mostly old, and error grows with age only."""
    stratum = np.array([0] * 30 + [1] * 10 + [0] * 10 + [1] * 50)
    pose = pd.Series(pd.Categorical(["front"] * 40 + ["turned"] * 60, ["front", "turned"]))
    error = np.where(stratum == 0, 2.0, 6.0)
    return stratum, pose, error


def test_standardisation_removes_a_pure_age_effect():
    stratum, pose, error = standard_case()
    standard = standardisation.standardise(stratum, pose)
    for level in ("front", "turned"):
        member = (pose == level).to_numpy()
        weights = standard.weights[member]
        assert weights.sum() == pytest.approx(1.0)
        assert weights @ error[member] == pytest.approx(0.4 * 2 + 0.6 * 6)
    assert error[:40].mean() != error[40:].mean()
    assert standard.coverage == 1.0


def test_a_bin_without_shared_strata_is_shown_raw_only():
    stratum = np.array([0] * 50 + [1] * 50 + [0] * 40 + [1] * 40 + [0] * 3)
    pose = pd.Series(
        pd.Categorical(["a"] * 100 + ["b"] * 80 + ["c"] * 3, ["a", "b", "c", "unknown"])
    )
    standard = standardisation.standardise(stratum, pose)
    assert standard.bins == ["a", "b"]
    assert standard.raw_only == ["c"]
    assert standard.weights[180:].sum() == 0


def test_unknown_pose_is_never_compared():
    stratum = np.zeros(60, int)
    pose = pd.Series(pd.Categorical(["a"] * 20 + ["b"] * 20 + ["unknown"] * 20,
                                    ["a", "b", "unknown"]))  # fmt: skip
    standard = standardisation.standardise(stratum, pose)
    assert standard.bins == ["a", "b"]
    assert standard.weights[40:].sum() == 0


def test_cluster_regression_against_statsmodels():
    rng = np.random.default_rng(5)
    design = np.column_stack([np.ones(400), rng.normal(size=(400, 3))])
    groups = rng.integers(0, 120, 400)
    y = design @ [1.0, 2, 0, -1] + rng.normal(size=120)[groups] + rng.normal(size=400)
    beta, se = standardisation.cluster_ols(design, y, groups)
    fit = sm.OLS(y, design).fit(cov_type="cluster", cov_kwds={"groups": groups})
    assert beta == pytest.approx(fit.params)
    assert se == pytest.approx(fit.bse)


def test_regression_finds_a_pose_effect_that_was_put_in(panel):
    turned = panel.faces["yaw_bin"].isin(["20-30"]).to_numpy()
    error = 3.0 + 0.05 * panel.age + 1.5 * turned
    table = standardisation.regression_check(panel, error, "yaw_bin").set_index("level")
    assert table.loc["20-30", "effect"] == pytest.approx(1.5, abs=0.05)
    assert table.loc["10-20", "effect"] == pytest.approx(0.0, abs=0.05)


def test_a_thin_stratum_joins_its_neighbour_before_a_bin_is_lost():
    """Turned heads hold two faces of 65+ only: these join 45-64, and the bin stays."""
    front = np.repeat([0, 2, 4, 6, 8], 30)  # one gender, five age classes
    turned = np.repeat([0, 2, 4, 6, 8], [20, 20, 20, 20, 2])
    stratum = np.r_[front, turned]
    pose = pd.Series(pd.Categorical(["front"] * 150 + ["turned"] * 82, ["front", "turned"]))
    assert standardisation.standardise(stratum, pose).coverage < 0.9
    merged = standardisation.merged_strata(stratum, pose)
    assert sorted(set(merged)) == [0, 2, 4, 6]
    assert (merged[stratum == 8] == 6).all()
    assert (merged[stratum < 8] == stratum[stratum < 8]).all()
    whole = standardisation.standardise(merged, pose)
    assert whole.coverage == 1.0
    assert whole.bins == ["front", "turned"]


def test_equal_strata_leave_the_plain_mean():
    rng = np.random.default_rng(0)
    stratum, pose = np.tile([0, 1, 2, 3], 60), np.repeat(["a", "b", "c"], 80)
    standard = standardisation.standardise(stratum, pd.Series(pd.Categorical(pose)))
    error = rng.gamma(2, 3, 240)
    for level in "abc":
        member = pose == level
        assert standard.weights[member] @ error[member] == pytest.approx(error[member].mean())
