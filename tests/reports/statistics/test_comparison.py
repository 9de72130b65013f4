"""Paired tests, standardisation and breakdowns against hand-made cases, statsmodels, fairlearn."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from fairlearn.metrics import MetricFrame
from sklearn.metrics import accuracy_score, mean_absolute_error
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from benchmarks.simulated_run import simulated_run
from reports.panel import panels
from reports.statistics import breakdowns, standardisation
from reports.statistics import pairs as comparison


@pytest.fixture(scope="module")
def run():
    return simulated_run(900)


@pytest.fixture(scope="module")
def panel(run):
    return panels(run)[0]


@pytest.fixture(scope="module")
def tests(run, panel):
    pair = comparison.choose_pair(panel.contenders, run.provenance)
    return comparison.compare_by_level(panel, pair, ["age_bin", "gender", "yaw_bin"])


def test_holm_against_statsmodels():
    p = np.random.default_rng(0).random(25) ** 3
    assert comparison.holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_holm_family_is_one_breakdown_and_target(tests):
    for (_, _), family in tests.groupby(["breakdown", "target"]):
        expected = multipletests(family["p"], method="holm")[1]
        assert family["p_holm"].to_numpy() == pytest.approx(expected)


def test_ten_thousand_draws_can_reject_in_25_groups():
    assert comparison.holm(np.full(25, 1 / 10_001)).max() < 0.05
    assert comparison.holm(np.full(25, 1 / 1_001)).max() < 0.05 < 25 / 400


@pytest.mark.parametrize(("one", "two"), [(10, 3), (5, 5), (0, 8), (0, 0), (1, 0)])
def test_mcnemar_against_statsmodels(one, two):
    expected = mcnemar([[50, one], [two, 20]], exact=True).pvalue if one + two else 1.0
    assert comparison.mcnemar_exact(one, two) == pytest.approx(min(expected, 1.0))


def test_mcnemar_uses_one_face_per_group(panel):
    table = comparison.mcnemar_by_seed(panel, comparison.Pair("hog-kernel", "cnn", ""))
    assert table["seed"].tolist() == ["0", "1", "2"]
    assert (table["n"] == panel.group.max() + 1).all()


def test_advantage_is_the_difference_of_the_metrics(tests):
    age, gender = tests["target"] == "age", tests["target"] == "gender"
    gap = tests["second"] - tests["first"]
    assert tests.loc[age, "advantage"].to_numpy() == pytest.approx(-gap[age].to_numpy())
    assert tests.loc[gender, "advantage"].to_numpy() == pytest.approx(gap[gender].to_numpy())
    assert ((tests["low"] <= tests["advantage"]) | tests["low"].isna()).all()


def test_p_is_small_where_the_interval_is_far_from_zero(tests):
    far = tests["low"] > 3 * (tests["high"] - tests["low"])
    assert far.any()
    assert (tests.loc[far, "p"] < 0.001).all()


def test_equal_contenders_are_rejected_in_five_percent():
    """Under the null the p values of many simulated pairs are uniform."""
    from reports.statistics.resampling import sign_flip_p

    rng = np.random.default_rng(3)
    differences = rng.standard_t(4, (300, 400)) * rng.gamma(1, 1, (300, 1))
    p = sign_flip_p(differences, rng, flips=2000)
    assert 0.02 <= (p < 0.05).mean() <= 0.09


def pair_of(provenance, contenders=("dummy", "hog-linear", "hog-kernel", "cnn")):
    return comparison.choose_pair(list(contenders), provenance)


FAMILIES = {
    "contenders": {
        "dummy": {"family": "baseline"},
        "hog-linear": {"family": "classical"},
        "hog-kernel": {"family": "classical"},
        "cnn": {"family": "cnn"},
    }
}


def test_pair_is_the_best_classical_on_select():
    scores = {"hog-linear": {"mae": 6.0}, "hog-kernel": {"mae": 7.0}, "dummy": {"mae": 1.0}}
    pair = pair_of(FAMILIES | {"select_scores": scores, "pair": ["hog-kernel", "cnn"]})
    assert (pair.first, pair.second) == ("hog-linear", "cnn")
    assert "select" in pair.reason


def test_pair_named_by_the_plan():
    pair = pair_of(FAMILIES | {"pair": ["hog-kernel", "cnn"]})
    assert (pair.first, pair.second) == ("hog-kernel", "cnn")


def test_pair_without_scores_says_so():
    pair = pair_of(FAMILIES)
    assert (pair.first, pair.second) == ("hog-linear", "cnn")
    assert "no scores" in pair.reason


def test_pair_without_families_still_has_two_members():
    pair = comparison.choose_pair(["a", "b"], {})
    assert {pair.first, pair.second} == {"a", "b"}


def test_one_contender_has_no_pair():
    assert comparison.choose_pair(["cnn"], FAMILIES) is None


def test_breakdown_against_fairlearn(run, panel):
    found = breakdowns.breakdown(panel, "age_bin", ("mae", "accuracy"))
    answers = panel.answers["cnn"]
    tables = [
        MetricFrame(
            metrics=mean_absolute_error,
            y_true=panel.age,
            y_pred=ages,
            sensitive_features=panel.faces["age_bin"].astype(str),
        ).by_group
        for ages in answers.age
    ]
    mine = found[found["contender"] == "cnn"].set_index("level")["mae"]
    assert mine.to_dict() == pytest.approx((sum(tables) / len(tables)).to_dict())


def test_gender_accuracy_by_group_against_fairlearn(panel):
    found = breakdowns.breakdown(panel, "ethnicity", ("accuracy",))
    answers = panel.answers["hog-linear"]
    tables = [
        MetricFrame(
            metrics=accuracy_score,
            y_true=panel.female,
            y_pred=(p >= 0.5).astype(float),
            sensitive_features=panel.faces["ethnicity"].astype(str),
        ).by_group
        for p in answers.p_female
    ]
    mine = found[found["contender"] == "hog-linear"].set_index("level")["accuracy"]
    assert mine.to_dict() == pytest.approx((sum(tables) / len(tables)).to_dict())


def test_levels_keep_display_order_and_hide_empty_ones(panel):
    found = breakdowns.breakdown(panel, "age_bin", ("mae",))
    categories = panel.faces["age_bin"].cat.categories
    occupied = [c for c in categories if (panel.faces["age_bin"] == c).any()]
    assert list(dict.fromkeys(found["level"])) == occupied


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


def test_duplicated_groups_do_not_sharpen_a_test():
    """Copying every face into its group leaves p where it was."""
    run = simulated_run(150)
    copies = run.faces.assign(face_id=run.faces["face_id"] + "~copy")
    answers = run.predictions.assign(face_id=run.predictions["face_id"] + "~copy")
    from reports.tables import RunTables

    twice = RunTables(
        pd.concat([run.faces, copies], ignore_index=True),
        pd.concat([run.predictions, answers], ignore_index=True),
        run.costs,
        run.provenance,
    )
    pair = comparison.Pair("hog-linear", "hog-kernel", "")
    one, two = (
        comparison.compare_by_level(panels(r)[0], pair, []).set_index("target")
        for r in (run, twice)
    )
    assert two["p"].to_dict() == pytest.approx(one["p"].to_dict(), abs=1e-9)
    assert two["low"].to_dict() == pytest.approx(one["low"].to_dict(), abs=0.05)
