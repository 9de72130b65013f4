"""Words of the verdict, against runs whose answer is known."""

import numpy as np
import pytest

import reports
from reports.display.words import interval
from reports.evaluation import Evaluation
from reports.page.verdict import verdict
from reports.statistics.age_assurance import age_assurance


def claims(run):
    return {s.topic: s for s in verdict(Evaluation(run))}


def faces(n, seed=0):
    rng = np.random.default_rng(seed)
    age = rng.integers(1, 90, n)
    return rng, {"age": age, "gender": np.where(rng.random(n) < 0.5, "male", "female")}


def answer(truth, error, wrong=None):
    female = truth["gender"] == "female"
    wrong = np.zeros(len(female), bool) if wrong is None else wrong
    return {"age": truth["age"] + error, "p_female": np.where(female ^ wrong, 0.9, 0.1)}


def test_best_is_ranked_on_the_faces_that_all_answered():
    """A contender that answers only the easy faces, and is worse on them, is not best."""
    rng, truth = faces(600, 3)
    hard = rng.random(600) < 0.4
    error = np.where(hard, 14.0, 3.0) * rng.standard_normal(600)
    picky = answer(truth, error * 1.15)
    for column in picky:
        picky[column] = np.where(hard, np.nan, picky[column])
    given = {"picky": picky, "all-rounder": answer(truth, error), "hog": answer(truth, error * 1.6)}
    evaluation = Evaluation(reports.from_predictions(truth, given, pair=("hog", "all-rounder")))
    assert evaluation.value("picky", "mae") < evaluation.value("all-rounder", "mae")
    best = evaluation.best.set_index("metric").loc["mae"]
    assert (best["winner"], best["n"]) == ("all-rounder", int((~hard).sum()))
    assert not best["same"]
    assert not best["clear"]
    row = evaluation.headline.set_index(["contender", "metric"]).loc["picky", "mae"]
    assert (row["n"], row["of"]) == (int((~hard).sum()), 600)


def test_signs_of_an_interval_are_kept():
    rng, truth = faces(400)
    base, step = rng.normal(0, 6, 400), rng.normal(0, 1, 400)
    run = reports.from_predictions(
        truth, {"a": answer(truth, base), "b": answer(truth, base + step)}, pair=("a", "b")
    )
    row = Evaluation(run).tests.iloc[0]
    evidence = claims(run)["Age"].evidence
    assert row["low"] < 0 < row["high"]
    ahead = row["advantage"] >= 0
    seen = (row["low"], row["high"]) if ahead else (-row["high"], -row["low"])
    assert f"lead {interval(*seen, 'years')};" in evidence
    assert interval(*seen, "years").startswith("−")
    assert "cannot be told apart" in claims(run)["Age"].claim


def test_price_names_the_dear_one_and_what_it_buys():
    rng, truth = faces(300)
    given = {"slow": answer(truth, rng.normal(0, 3, 300)), "quick": answer(truth, 9.0)}
    costs = {
        "slow": {"fit_seconds": 930, "predict_images_per_second": 100, "cores": 2},
        "quick": {"fit_seconds": 20, "predict_images_per_second": 370, "cores": 1},
    }
    run = reports.from_predictions(truth, given, pair=("quick", "slow"), costs=costs)
    mae = Evaluation(run).value("slow", "mae")
    assert claims(run)["At what price"].claim == (
        f"slow errs by {9 - mae:.2f} years less than quick, for 93 times the core time of training "
        "and 3.7 times the time per face."
    )


def test_for_whom_is_a_gap_with_its_interval():
    rng, truth = faces(400)
    women = truth["gender"] == "female"
    wrong = rng.random(400) < np.where(women, 0.3, 0.02)
    given = {"a": answer(truth, 1.0, wrong), "b": answer(truth, 2.0)}
    sentence = claims(reports.from_predictions(truth, given, pair=("a", "b")))["For whom"]
    share = 1 - wrong[women].mean(), 1 - wrong[~women].mean()
    assert f"female: {100 * share[0]:.1f}%" in sentence.claim
    assert f"male: {100 * share[1]:.1f}%" in sentence.claim
    assert f"gap {100 * (share[1] - share[0]):.1f} points [" in sentence.claim


def test_one_training_says_so():
    rng, truth = faces(200)
    given = {"a": answer(truth, 9.0), "b": answer(truth, rng.normal(0, 1, 200))}
    evidence = claims(reports.from_predictions(truth, given, pair=("a", "b")))["Age"].evidence
    assert "one training" in evidence
    assert "not yet for the recipe" in evidence


def test_assurance_by_hand():
    """Ten faces of 16 seen as 19, ten of 19 seen as 17, twenty women of 30 seen as 30."""
    age = np.repeat([16, 19, 30], [10, 10, 20])
    gender = np.repeat(["female", "male", "female"], [10, 10, 20])
    given = {"age": np.repeat([19.0, 17.0, 30.0], [10, 10, 20]), "p_female": np.full(40, 0.5)}
    run = reports.from_predictions({"age": age, "gender": gender}, {"m": given})
    table = age_assurance(Evaluation(run).panel)
    found = table[table["group"] == ""].set_index("question")["value"].to_dict()
    assert found["13 to 17 years, passed as 18 or older"] == 1.0
    assert found["18 to 22 years, refused"] == 1.0
    assert found["challenge 25, false positives: 14 to 17 years, estimated 25 or older"] == 0.0
    assert found["challenge 25, false negatives: 25 to 34 years, estimated younger than 25"] == 0.0
    # each sex and year counts once: (2 + 0) / 2, not (20 + 0) / 30
    assert found["age-balanced MAE, 18 to 30 years (2 of 26 cells)"] == pytest.approx(1.0)
    assert found["MAE, 18 to 30 years"] == pytest.approx(20 / 30)
    young = table[(table["group"] == "female") & (table["threshold"] == 18)]
    assert young["n"].max() == 20


def test_a_narrow_liar_is_not_best():
    rng, truth = faces(400, 4)
    error = rng.normal(0, 8, 400)
    given = {}
    for name, half in (("honest", 13.2), ("liar", 1.0)):
        one = answer(truth, error)
        given[name] = one | {"age_low": one["age"] - half, "age_high": one["age"] + half}
    best = Evaluation(reports.from_predictions(truth, given)).best.set_index("metric")
    assert best.loc["interval_score", "winner"] == "honest"
    assert "width" not in best.index


def test_order_of_faces_changes_no_calibration_error():
    rng = np.random.default_rng(1)
    female = (rng.random(400) < 0.52).astype(float)
    from reports.statistics.metrics import METRICS

    constant = np.full(400, 0.5)
    by_gender, shuffled = np.sort(female), rng.permutation(female)
    for name in ("ece", "ece_plug_in"):
        one, two = METRICS[name](by_gender, constant), METRICS[name](shuffled, constant)
        assert one == two
        assert one <= abs(female.mean() - 0.5) + 1e-12
