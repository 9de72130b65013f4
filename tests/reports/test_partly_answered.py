"""Answers that are missing, tied or oddly labelled: what a page of plain arrays then says."""

import numpy as np
import pandas as pd
import pytest

import reports
from data.tables import ContractError
from reports.statistics.metrics import METRICS


@pytest.fixture(autouse=True)
def no_charts(monkeypatch):
    from reports import charts

    monkeypatch.setattr(charts, "find", lambda: [])


def people(n, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "age": np.round(np.clip(rng.gamma(3.5, 9.5, n), 0, 100)),
        "gender": np.where(rng.random(n) < 0.5, "female", "male"),
    }


def answers(truth, sd=6.0, accuracy=0.9, seed=1):
    rng, n = np.random.default_rng(seed), len(truth["age"])
    right = rng.random(n) < accuracy
    female = (truth["gender"] == "female") == right
    return {"age": truth["age"] + rng.normal(0, sd, n), "p_female": np.where(female, 0.8, 0.2)}


def only(given, where):
    return {key: np.where(where, values, np.nan) for key, values in given.items()}


def summary(truth, y_pred, *more, **options):
    return reports.summary(reports.from_predictions(truth, y_pred, *more, **options))


def number(found, contender, metric):
    rows = found["headline"]
    return next(r for r in rows if (r["contender"], r["metric"]) == (contender, metric))


def sentence(found, topic):
    return next((s for s in found["verdict"] if s["topic"] == topic), None)


@pytest.mark.parametrize(
    ("levels", "shown"),
    [
        (["x", "y", None, "x"], {"x", "y"}),
        (["x", "y", "", "x"], {"x", "y"}),
        (["female", "y", "y", "female"], {"ethnicity female", "y"}),
        ([1, 2, np.nan, 1], {"1", "2"}),
    ],
)
def test_ethnicities_may_be_missing_blank_or_named_like_a_gender(levels, shown):
    truth = people(400) | {"ethnicity": np.array(levels * 100, dtype=object)}
    run = reports.from_predictions(truth, {"a": answers(truth)})
    assert "Age assurance" in reports.render(run)
    groups = {r["faces of"].rpartition(", ")[2] for t in tables_of(run, "assurance-") for r in t}
    assert {"all", "female", "male"} | shown == groups


def tables_of(run, prefix):
    return [t for key, t in reports.summary(run)["tables"].items() if key.startswith(prefix)]


def test_who_answers_only_easy_faces_neither_leads_nor_is_told_to_err_less():
    truth, rng = people(240), np.random.default_rng(5)
    hard = rng.random(240) < 0.4
    error = np.where(hard, 14.0, 3.0) * rng.standard_normal(240)
    p = answers(truth)["p_female"]
    found = summary(
        truth,
        {
            "allround": {"age": truth["age"] + error, "p_female": p},
            "picky": only({"age": truth["age"] + 1.4 * error, "p_female": p}, ~hard),
        },
        costs={"allround": {"fit_seconds": 10}, "picky": {"fit_seconds": 1000}},
    )
    gap = np.abs(error[~hard]).mean() * 0.4
    assert sentence(found, "Age")["claim"].startswith("allround estimates age better than picky")
    price = sentence(found, "At what price")["claim"]
    assert price.startswith(f"picky errs by {gap:.2f} years more than allround, for 100 times")
    assert "allround" in sentence(found, "For whom")["claim"]


def test_the_interval_score_knows_what_was_promised():
    truth = people(240)
    given = answers(truth)
    half = {**given, "age_low": given["age"] - 4, "age_high": given["age"] + 4}
    wide = {**given, "age_low": given["age"] - 10, "age_high": given["age"] + 10}
    found = summary(truth, {"half": half, "wide": wide}, interval_level=0.5)
    missed = np.maximum(np.abs(given["age"] - truth["age"]) - 4, 0)
    expected = 8 + 4 * missed.mean()
    assert number(found, "half", "interval_score")["value"] == pytest.approx(expected, rel=1e-4)
    (best,) = [row for row in found["best"] if row["metric"] == "interval_score"]
    assert best["winner"] == "half"
    assert METRICS["interval_score"](np.array([9.0]), np.array([[0.0, 8.0]])) == pytest.approx(28)


def test_a_tie_leads_nowhere_and_leans_nowhere():
    truth = people(60)
    right = {"age": truth["age"], "p_female": (truth["gender"] == "female") * 1.0}
    found = summary(truth, {"c": right, "d": right, "e": answers(truth)}, pair=("c", "d"))
    assert (
        sentence(found, "Age")["claim"]
        == "d and c cannot be told apart on age: they are level [0.00 to 0.00]."
    )
    exceptions = sentence(found, "Exceptions")["evidence"]
    assert "Leaning" not in exceptions
    assert "true difference" not in exceptions
    assert sentence(found, "Others") is None
    found = summary(truth, {"c": right, "e": answers(truth)}, pair=("e", "c"))
    assert "gender" not in sentence(found, "Exceptions")["evidence"].partition("Leaning")[2]


def test_no_detectable_difference_is_impossible():
    truth = people(400)
    constant = {"age": np.full(400, 30.0), "p_female": np.full(400, 0.2)}
    found = summary(truth, {"c": constant, "d": constant | {"p_female": np.full(400, 0.8)}})
    reach = [r["detectable"] for r in found["tests"] if r["target"] == "gender"]
    assert all(value is None or 0 < value <= 1 for value in reach)
    assert all(r["detectable"] is None for r in found["tests"] if r["target"] == "age")


def test_faces_that_nobody_answered_are_counted():
    truth, hard = people(240), np.random.default_rng(5).random(240) < 0.4
    found = summary(truth, {"a": only(answers(truth), ~hard)})
    assert f"{hard.sum()} of 240 faces were answered by nobody" in " ".join(found["caveats"])
    assert "answered by nobody" not in " ".join(summary(truth, {"a": answers(truth)})["caveats"])


@pytest.mark.parametrize("missing", [np.nan, None])
def test_a_face_of_unknown_group_stands_alone(missing):
    truth = people(240)
    groups = np.arange(240).astype(object)
    groups[:120] = missing
    assert summary(truth, {"a": answers(truth)}, groups)["n_groups"] == 240


def test_trainings_that_answered_other_faces_count_each_face_once():
    truth = people(200)
    given = answers(truth)
    hard = np.isin(np.arange(200), np.argsort(-np.abs(given["age"] - truth["age"]))[:20])
    others = [answers(truth, sd=7, seed=s) for s in (2, 3)]
    found = summary(truth, {"a": [given, only(given, hard)], "b": others})
    row = number(found, "a", "mae")
    assert row["value"] == pytest.approx(np.abs(given["age"] - truth["age"]).mean(), rel=1e-4)
    assert row["low"] < row["value"] < row["high"]
    assert next(r for r in found["best"] if r["metric"] == "mae")["winner"] == "a"
    assert "The trainings of a answered different faces (0: 200 and 1: 20)" in " ".join(
        found["caveats"]
    )


def test_a_third_contender_changes_no_test_of_the_pair():
    truth, n = people(300), 300
    camera = np.array(["p", "q", "s"])[np.arange(n) % 3]
    a, b = answers(truth, sd=4), answers(truth, sd=4, seed=2)
    b["age"] = np.where(camera == "s", b["age"] + 12, b["age"])
    c = only(answers(truth, seed=3), ~((camera == "s") & (np.arange(n) > 20)))
    options = {"pair": ("a", "b"), "by": {"camera": camera}}
    runs = (
        reports.from_predictions(truth, given, **options)
        for given in ({"a": a, "b": b}, {"a": a, "b": b, "c": c})
    )
    p = []
    for run in runs:
        changes = reports.evaluation.Evaluation(run).changes
        p += changes.loc[
            (changes["breakdown"] == "camera") & (changes["target"] == "age"), "p"
        ].tolist()
    assert len(p) == 2
    assert max(p) < 0.01


def test_too_few_groups_are_said_to_be_untested():
    truth = people(200)
    found = summary(truth, {"a": answers(truth)}, np.arange(200) % 5)
    assert sentence(found, "For whom")["claim"].startswith("The faces are too few")
    assert "[]" not in str(found["verdict"])


def test_one_gender_only_is_no_swapped_label():
    truth = people(100) | {"gender": np.full(100, "male")}
    found = summary(truth, {"a": {"age": truth["age"], "p_female": np.full(100, 0.9)}})
    assert not found["warnings"]


def test_names_and_trainings_as_people_write_them():
    truth = people(60)
    pair = {1: answers(truth), 2: (answers(truth, seed=2), answers(truth, seed=3))}
    found = summary(truth, pair, pair=(1, 2), by={"site": np.array([1, "1", "b"] * 20, object)})
    assert found["contenders"]["2"]["seeds"] == ["0", "1"]
    assert (found["pair"]["first"], found["pair"]["second"]) == ("1", "2")
    assert {r["level"] for r in found["breakdowns"]["site"]} == {"1", "b"}
    with pytest.raises(ContractError, match="with itself"):
        summary(truth, pair, pair=(1, 1))
    with pytest.raises(ContractError, match="needs a name"):
        summary(truth, pair, by={"": np.arange(60)})


def test_other_people_are_not_paired_by_their_numbers():
    runs = {
        name: reports.from_predictions(truth, {"a": answers(truth)})
        for name, truth in (("one", people(200)), ("two", people(200, seed=9)))
    }
    same = {"one": runs["one"], "again": runs["one"]}
    assert "less error" in reports.compare(same)
    page = reports.compare(runs)
    assert "on the faces that both runs tested" in page
    from reports.runs.compare import changes

    panels = [reports.evaluation.Evaluation(run).panel for run in runs.values()]
    alike = sum(
        (a == b) and (f == g)
        for a, b, f, g in zip(
            panels[0].age, panels[1].age, panels[0].female, panels[1].female, strict=True
        )
    )
    assert pd.DataFrame(changes(*panels))["n"].tolist() == [alike]
    assert alike < 20
