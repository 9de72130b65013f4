"""A page from plain arrays: what is needed, what is optional, what is said when it is wrong."""

import numpy as np
import pandas as pd
import pytest

import reports
from data.tables import ContractError

RNG = np.random.default_rng(0)
N = 120
AGE = RNG.integers(5, 80, N)
GENDER = np.where(RNG.random(N) < 0.5, "male", "female")
TRUE = {"age": AGE, "gender": GENDER}


def answer(noise=4.0, **more):
    return {"age": AGE + RNG.normal(0, noise, N), "p_female": RNG.random(N), **more}


def value(run, metric, contender="mine"):
    rows = reports.summary(run)["headline"]
    return next(r["value"] for r in rows if (r["metric"], r["contender"]) == (metric, contender))


@pytest.fixture
def no_charts(monkeypatch):
    from reports import charts

    monkeypatch.setattr(charts, "find", lambda: [])


def test_least_input_makes_a_page(no_charts):
    mine = answer()
    run = reports.from_predictions(TRUE, mine)
    assert value(run, "mae", "model") == pytest.approx(np.abs(mine["age"] - AGE).mean(), rel=1e-4)
    page = reports.render(run)
    assert "model is off by" in page
    assert "Age error by age" not in page


def test_trainings_groups_breakdowns_pair_and_costs(no_charts):
    trainings = [answer(), answer(), answer()]
    other = answer(9.0, age_low=AGE - 10.0, age_high=AGE + 10.0)
    camera = pd.Categorical(np.where(RNG.random(N) < 0.5, "old", "new"), ["old", "new"])
    run = reports.from_predictions(
        pd.DataFrame(TRUE), {"mine": trainings, "theirs": other}, np.arange(N) // 2,
        by={"camera": camera}, pair=("theirs", "mine"), families={"mine": "cnn"},
        costs={"mine": {"fit_seconds": 60, "predict_images_per_second": 100},
               "theirs": {"fit_seconds": 6, "predict_images_per_second": 1000}},
        title="my study",
    )  # fmt: skip
    summary = reports.summary(run)
    assert summary["contenders"]["mine"]["seeds"] == ["0", "1", "2"]
    assert summary["n_groups"] == N // 2
    expected = np.mean([np.abs(t["age"] - AGE).mean() for t in trainings])
    assert value(run, "mae") == pytest.approx(expected, rel=1e-4)
    assert value(run, "coverage", "theirs") == 1.0
    levels = [r["level"] for r in summary["breakdowns"]["camera"]]
    assert list(dict.fromkeys(levels)) == ["old", "new"], "the order of the category"
    assert summary["pair"]["first"] == "theirs"
    assert "10 times the core time" in reports.render(run)


def test_hard_answers_and_codes_of_gender(no_charts):
    codes = (GENDER == "female").astype(int)
    run = reports.from_predictions(
        {"age": AGE, "gender": codes}, {"mine": {"age": AGE, "gender": GENDER}}
    )
    assert value(run, "accuracy") == 1.0


def test_faces_without_answer_are_left_out(no_charts):
    mine = answer()
    mine["age"][:20] = np.nan
    mine["p_female"][:20] = np.nan
    run = reports.from_predictions(TRUE, {"mine": mine, "theirs": answer()})
    row = next(r for r in reports.summary(run)["headline"] if r["contender"] == "mine")
    assert (row["n"], row["of"]) == (100, 120)


def test_everything_missing_is_named_at_once():
    with pytest.raises(ContractError) as error:
        reports.from_predictions({"years": AGE}, {"a": {"p_female": AGE}, "b": {"sex": AGE}})
    for words in ("y_true: age, gender", "y_pred['a']: age", "y_pred['b']: age, p_female"):
        assert words in str(error.value)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"y_true": {"age": AGE, "gender": ["x"] * N}}, "gender 'x' in row 0"),
        ({"y_pred": {"m": {"age": AGE[:9], "p_female": AGE[:9] / 99}}}, "9 rows for 120 faces"),
        ({"groups": [1, 2]}, "2 values for 120 faces"),
        ({"pair": ("mine", "your")}, "no contender 'your'"),
        ({"by": {"gender": GENDER}}, "one of the page's own"),
        ({"costs": {"mine": {"fit_second": 1}}}, "did you mean 'fit_seconds'"),
        ({"y_true": {"age": AGE[:5], "gender": GENDER}}, "different lengths (age 5, gender 120)"),
        # found by fuzzing: they came out as errors of NumPy and pandas
        ({"y_true": {"age": ["old"] * N, "gender": GENDER}}, "y_true holds a value that cannot be"),
        (
            {"y_true": {"age": AGE, "gender": [[1, 2]] * N}},
            "gender [1, 2] in row 0".replace("[", r"\["),
        ),
        ({"y_true": TRUE | {"ethnicity": ["\ud800"] * N}}, "y_true holds a value that cannot be"),
        (
            {"y_true": {"age": [3.5e38] * N, "gender": GENDER}},
            "y_true holds a value that cannot be",
        ),
        ({"y_true": TRUE | {"yaw": [3.5e38] * N}}, "y_true holds a value that cannot be"),
        ({"groups": [[1]] * N}, "groups holds a value"),
        ({"by": {"camera": [{}] * N}}, "by holds a value"),
        ({"costs": {"mine": {"cores": "two"}}}, "costs holds a value"),
    ],
)
def test_what_is_wrong_is_said(changed, words):
    given = {"y_true": TRUE, "y_pred": {"mine": answer()}} | changed
    with pytest.raises(ContractError, match=words.replace("(", r"\(").replace(")", r"\)")):
        reports.from_predictions(given.pop("y_true"), given.pop("y_pred"), **given)
