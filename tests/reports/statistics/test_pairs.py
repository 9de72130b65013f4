"""The pair and its differences, against hand-made cases and fairlearn."""

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame
from sklearn.metrics import accuracy_score, mean_absolute_error

from benchmarks.simulated_run import simulated_run
from reports.panel import panels
from reports.statistics import breakdowns, multiplicity
from reports.statistics import pairs as comparison


@pytest.fixture(scope="module")
def run():
    return simulated_run(900)


@pytest.fixture(scope="module")
def panel(run):
    return panels(run)[0]


@pytest.fixture(scope="module")
def compared(run, panel):
    pair = comparison.choose_pair(panel.contenders, run.provenance)
    return comparison.compare_by_level(panel, pair, ["age_bin", "gender", "yaw_bin"])


@pytest.fixture(scope="module")
def tests(compared):
    rows, sums = compared
    return rows.assign(p=multiplicity.page_wide(sums, np.random.default_rng(0)).p)


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
    pair = pair_of(FAMILIES | {"select_scores": scores})
    assert (pair.first, pair.second) == ("hog-linear", "cnn")
    assert "select" in pair.reason


@pytest.mark.parametrize("named", [["hog-kernel", "cnn"], ["cnn", "dummy"]])
def test_pair_named_by_the_plan(named):
    scores = {"hog-linear": {"mae": 6.0}, "hog-kernel": {"mae": 7.0}, "dummy": {"mae": 1.0}}
    pair = pair_of(FAMILIES | {"select_scores": scores, "pair": named})
    assert [pair.first, pair.second] == named
    assert "plan names" in pair.reason


def test_pair_named_by_the_plan_of_which_one_gave_no_answers():
    scores = {"hog-linear": {"mae": 6.0}, "hog-kernel": {"mae": 7.0}}
    pair = pair_of(FAMILIES | {"select_scores": scores, "pair": ["hog-kernel", "absent"]})
    assert (pair.first, pair.second) == ("hog-linear", "cnn")


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
    one, two = (comparison.compare_by_level(panels(r)[0], pair, []) for r in (run, twice))
    p = [multiplicity.page_wide(sums, np.random.default_rng(0)).p for _, sums in (one, two)]
    assert p[0] == pytest.approx(p[1], abs=1e-9)
    one, two = (rows.set_index("target") for rows, _ in (one, two))
    assert two["low"].to_dict() == pytest.approx(one["low"].to_dict(), abs=0.05)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "second"),
        ({"advantage": -1.0, "low": -1.5, "high": -0.5}, "first"),
        ({"low": -0.1}, "borderline"),
        ({"recipe_low": -0.2, "recipe_high": 2.2}, "borderline"),
        ({"recipe_low": 0.1, "recipe_high": 1.9}, "second"),
        ({"p_page": 0.2}, "borderline"),
        ({"p_page": 0.2, "low": -0.1}, "undecided"),
        ({"p_page": 0.2, "breakdown": "gender"}, "undecided"),
        ({"low": np.nan, "high": np.nan}, "borderline"),
    ],
)
def test_words_need_test_and_interval(changed, expected):
    test = {"breakdown": "", "advantage": 1.0, "low": 0.5, "high": 1.5, "p_page": 0.01,
            "recipe_low": np.nan, "recipe_high": np.nan}  # fmt: skip
    assert comparison.claim(test | changed) == expected
