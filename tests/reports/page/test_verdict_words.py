"""Every branch of the verdict, with tables written by hand and sentences compared whole."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from reports.page import verdict
from reports.statistics.pairs import Pair

PAIR = Pair("hog", "cnn", "")
ROW = {
    "breakdown": "", "level": "all", "target": "age", "n": 1234, "first": 6.0, "second": 4.5,
    "advantage": 1.5, "low": 1.0, "high": 2.25, "recipe_low": np.nan, "recipe_high": np.nan,
    "p_page": 0.012, "claim": "second", "detectable": np.nan,
}  # fmt: skip
GENDER = ROW | {
    "target": "gender", "first": 0.9, "second": 0.95, "advantage": 0.05, "low": 0.01, "high": 0.08,
}  # fmt: skip


def evaluation(*rows, seeds=(1, 1), **more):
    answers = {
        n: SimpleNamespace(seeds=list(range(k))) for n, k in zip(PAIR_NAMES, seeds, strict=True)
    }
    return SimpleNamespace(
        tests=pd.DataFrame(rows, columns=list(ROW)),
        panel=SimpleNamespace(answers=answers, contenders=list(PAIR_NAMES)),
        **more,
    )


PAIR_NAMES = (PAIR.first, PAIR.second)


def target(row, name="age", **more):
    return verdict._target(evaluation(row, **more), PAIR, name)


def test_the_second_ahead_on_age():
    found = target(ROW)
    assert found.topic == "Age"
    assert found.claim == "cnn estimates age better than hog, by 1.50 years [1.00 to 2.25]."
    assert found.evidence == (
        "4.50 against 6.00 years on the 1,234 faces both answered; 95% interval of the lead "
        "1.00 to 2.25; p = 0.012, adjusted for all tests of this page. This stands on one "
        "training: it holds for these fitted models, not yet for the recipe."
    )


def test_the_first_ahead_turns_names_numbers_and_interval():
    row = ROW | {"first": 4.5, "second": 6.0, "advantage": -1.5, "low": -2.25, "high": -1.0}
    found = target(row | {"claim": "first", "p_page": 0.0004}, seeds=(3, 2))
    assert found.claim == "hog estimates age better than cnn, by 1.50 years [1.00 to 2.25]."
    assert found.evidence == (
        "4.50 against 6.00 years on the 1,234 faces both answered; 95% interval of the lead "
        "1.00 to 2.25; p < 0.001, adjusted for all tests of this page. This stands on 2 "
        "trainings: it holds for these fitted models, not yet for the recipe."
    )


def test_the_recipe_decides_where_it_has_an_interval():
    found = target(ROW | {"recipe_low": -0.5, "recipe_high": 3.5}, seeds=(3, 3))
    assert "1.00 to 2.25 for these models, −0.50 to 3.50 for the recipe; p" in found.evidence
    assert found.evidence.endswith(
        "of this page. The recipe's interval, over faces and trainings, decides."
    )
    row = ROW | {"advantage": -1.5, "low": -2.25, "high": -1.0, "claim": "first"}
    turned = target(row | {"recipe_low": -3.5, "recipe_high": 0.5})
    assert "1.00 to 2.25 for these models, −0.50 to 3.50 for the recipe" in turned.evidence


def test_gender_is_told_in_shares_and_points():
    found = target(GENDER, "gender")
    assert found.topic == "Gender"
    assert found.claim == "cnn recognises gender better than hog, by 5.0 points [1.0 to 8.0]."
    assert found.evidence.startswith(
        "95.0% against 90.0% right on the 1,234 faces both answered; 95% interval of the lead "
        "1.0 to 8.0; p = 0.012,"
    )


@pytest.mark.parametrize(
    ("claim", "advantage", "words"),
    [
        (
            "undecided",
            1.5,
            "cnn and hog cannot be told apart on age: cnn leads by 1.50 years [1.00 to 2.25].",
        ),
        (
            "undecided",
            0.0,
            "cnn and hog cannot be told apart on age: they are level [1.00 to 2.25].",
        ),
        (
            "undecided",
            -1.5,
            "hog and cnn cannot be told apart on age: hog leads by 1.50 years [−2.25 to −1.00].",
        ),
        (
            "borderline",
            1.5,
            "Borderline: cnn estimates age better than hog here, by 1.50 years [1.00 to 2.25], "
            "but test and interval do not agree.",
        ),
    ],
)
def test_what_is_not_clear_is_said_so(claim, advantage, words):
    assert target(ROW | {"claim": claim, "advantage": advantage}).claim == words


def test_too_few_faces_and_no_p():
    found = target(ROW | {"low": np.nan, "high": np.nan, "p_page": np.nan})
    assert "; too few faces for an interval of the lead; p = –, adjusted" in found.evidence


def test_only_the_test_over_all_faces_of_that_question_is_read():
    group = ROW | {"breakdown": "gender", "level": "male", "advantage": 9.0}
    assert verdict._target(evaluation(group, GENDER), PAIR, "age") is None
    found = verdict._target(evaluation(group, GENDER, ROW), PAIR, "age")
    assert found.claim.endswith("by 1.50 years [1.00 to 2.25].")


def group(level, advantage, claim, n=100, breakdown="gender", target="age", detectable=2.0):
    return ROW | {
        "breakdown": breakdown, "level": level, "advantage": advantage, "claim": claim, "n": n,
        "target": target, "detectable": detectable,
    }  # fmt: skip


def exceptions(*rows, columns=("gender", "age_bin")):
    return verdict._exceptions(evaluation(ROW, GENDER, *rows, drawn_columns=list(columns)), PAIR)


def test_groups_that_go_the_other_way():
    found = exceptions(
        group("male", -0.5, "first"),
        group("female", 2.0, "second"),
        group("0-4", -1.0, "undecided", 40, "age_bin"),
        group("5-9", 1.0, "undecided", 50, "age_bin"),
        group("10-14", -1.0, "undecided", 60, "age_bin"),
    )
    assert found.topic == "Exceptions"
    assert found.claim == "hog is better in age for male faces."
    assert found.evidence == (
        "Whoever leads overall is ahead in 1 of 5 group tests by gender and age, after adjustment "
        "for the whole page. The middle one finds a true difference of 2.00 years in 4 of 5 cases. "
        "Leaning the other way, undecided: age at 10-14 and age at 0-4."
    )


def test_the_second_is_the_exception_where_the_first_leads():
    rows = [
        ROW | {"advantage": -1.5},
        GENDER | {"advantage": -0.1},
        group("male", 0.5, "second"),
        group("female", -0.5, "first"),
        group("male", 0.02, "second", target="gender"),
    ]
    found = verdict._exceptions(evaluation(*rows, drawn_columns=["gender"]), PAIR)
    assert found.claim == "cnn is better in age for male faces and gender for male faces."
    assert "ahead in 1 of 3 group tests by gender," in found.evidence
    assert "Leaning" not in found.evidence


def test_both_can_have_exceptions():
    """The first leads on age, the second on gender: an exception of each."""
    rows = [
        ROW | {"advantage": -1.5},
        GENDER,
        group("male", 0.5, "second"),
        group("male", -0.02, "first", target="gender"),
    ]
    found = verdict._exceptions(evaluation(*rows, drawn_columns=["gender"]), PAIR)
    assert found.claim == (
        "hog is better in gender for male faces; cnn is better in age for male faces."
    )


def test_unknown_and_undrawn_groups_are_not_counted():
    rows = [group("unknown", -1.0, "first"), group("old", -1.0, "first", breakdown="age_class")]
    assert exceptions(*rows) is None
    found = exceptions(*rows, group("male", 1.0, "second"))
    assert found.claim == "No group is seen to go the other way."
    assert found.evidence.startswith("Whoever leads overall is ahead in 1 of 1 group tests")


@pytest.mark.parametrize(
    ("breakdown", "words"),
    [
        ("age_bin", "at X"), ("age_class", "at X"), ("gender", "for X faces"),
        ("ethnicity", "for X faces"), ("yaw_bin", "at |yaw| X"), ("pitch_bin", "at pitch X"),
        ("camera_model", "for camera model X"),
    ],
)  # fmt: skip
def test_where_a_group_is(breakdown, words):
    assert verdict._place(breakdown, "X") == words


def test_groups_are_named_largest_first_and_at_most_six():
    rows = pd.DataFrame([group(str(n), 1.0, "first", n) for n in range(1, 9)])
    told = ", ".join(f"age for {n} faces" for n in (8, 7, 6, 5, 4, 3))
    assert verdict._groups(rows) == f"{told} and 2 more"


GAP = {
    "contender": "cnn", "breakdown": "gender", "metric": "accuracy", "best": "male",
    "best_value": 0.95, "worst": "female", "worst_value": 0.9, "difference": 0.05,
    "difference_low": 0.01, "difference_high": 0.09, "p_page": 0.049,
}  # fmt: skip


def for_whom(*rows, names=("hog", "cnn")):
    return verdict._for_whom(
        SimpleNamespace(gaps=pd.DataFrame(rows, columns=list(GAP)), verdict_contenders=list(names),
                        leader=names[-1])
    )  # fmt: skip


def test_the_gap_between_genders_comes_first_and_the_widest_of_the_leader():
    found = for_whom(
        GAP | {"breakdown": "ethnicity", "difference": 0.2},
        GAP,
        GAP | {"metric": "mae", "difference": 9.0, "p_page": 0.05},
        GAP | {"contender": "hog", "p_page": 0.5},
        GAP | {"contender": "another"},
    )
    words = "gender accuracy by gender, male: 95.0%, female: 90.0%, gap 5.0 points [1.0 to 9.0], p"
    assert found.topic == "For whom"
    assert found.claim == (
        "Widest gaps of cnn beyond chance: gender accuracy by ethnicity, male: 95.0%, female: "
        "90.0%, gap 20.0 points [1.0 to 9.0], p = 0.049."
    )
    assert found.evidence == (
        f"cnn, {words} = 0.049; hog, {words} = 0.500. P values are adjusted for all tests of this "
        "page."
    )


def test_without_genders_other_people_then_anything():
    people = for_whom(GAP | {"breakdown": "yaw_bin"}, GAP | {"breakdown": "ethnicity"})
    assert people.evidence.startswith("cnn, gender accuracy by ethnicity,")
    assert ";" not in people.evidence
    turned = for_whom(GAP | {"breakdown": "yaw_bin"})
    assert turned.evidence.startswith("cnn, gender accuracy by |yaw|,")
    assert for_whom(GAP | {"contender": "another"}) is None
    # the gap of errors of age between genders is no answer about recognising gender
    both = for_whom(GAP | {"breakdown": "ethnicity"}, GAP | {"metric": "mae"})
    assert both.evidence.startswith("cnn, gender accuracy by ethnicity,")


def test_at_most_three_gaps_and_none_beyond_chance():
    names = ("a", "b", "c", "d")
    found = for_whom(*(GAP | {"contender": n, "p_page": 0.05} for n in names), names=names)
    assert found.evidence.count("gap 5.0 points") == 3
    assert found.claim == "No gap of d between groups is more than chance."
    errors = GAP | {"metric": "mae"}
    both = for_whom(errors, GAP).claim, for_whom(GAP, errors).claim
    assert [w.index("years") < w.index("points") for w in both] == [True, False]


def others(*rows):
    columns = ["metric", "winner", "winner_value", "runner_up", "runner_up_value", "n", "apart"]
    best = pd.DataFrame(rows, columns=columns)
    return verdict._others(SimpleNamespace(best=best), PAIR)


def test_leaders_outside_the_pair():
    found = others(
        ("mae", "face", 3.0, "cnn", 4.5, 1200, True),
        ("accuracy", "peer", 0.97, "cnn", 0.95, 1100, False),
        ("auc", "peer", 0.99, "cnn", 0.98, 1100, False),
    )
    assert found.topic == "Others"
    assert found.claim == "face leads on age; peer leads on gender, not told apart from cnn."
    assert found.evidence == (
        "3.00 against 4.50 years of cnn on the 1,200 faces that all answered, told apart; "
        "97.0% against 95.0% of cnn on the 1,100 faces that all answered, not told apart."
    )


def test_no_sentence_where_the_pair_leads():
    assert others(("mae", "cnn", 3.0, "hog", 4.5, 9, True)) is None
    assert others(("mae", "hog", 3.0, "cnn", 4.5, 9, True)) is None
    assert others() is None


def test_one_contender_alone():
    values = {("only", "mae"): 4.5, ("only", "accuracy"): 0.9}
    alone = SimpleNamespace(
        panel=SimpleNamespace(contenders=["only"]), value=lambda name, metric: values[name, metric]
    )
    found = verdict._alone(alone)
    assert found == verdict.Sentence(
        "One contender",
        "only is off by 4.50 years and right on the gender of 90.0% of faces.",
        "There is nothing to compare it with in this run.",
    )
