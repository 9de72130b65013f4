"""Three trainings of each contender: what is said of the recipe, and what of one training."""

from __future__ import annotations

import numpy as np
import pytest

import reports
from benchmarks import results
from benchmarks.simulated_run import simulated_run
from reports.page.page import Page


def run_of(seeds: int) -> reports.RunTables:
    """Return a run with another data set, whose last contender was made elsewhere."""
    run = simulated_run(120, seeds=seeds)
    rows = run.predictions
    name, columns = rows["contender"].iloc[-1], ["age_pred", "age_low", "age_high", "p_female"]
    fixed = rows[(rows["contender"] == name) & (rows["seed"] == 0)].set_index("face_id")[columns]
    mine = rows["contender"] == name
    rows.loc[mine, columns] = fixed.loc[rows.loc[mine, "face_id"]].to_numpy()
    run.provenance["contenders"][name]["trained"] = False
    away = rows[rows["seed"] == 0].assign(data_set="away")
    run.also = {"away": reports.OtherSet(run.faces, away)}
    return run


@pytest.fixture(scope="module")
def three():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reports.page.page.Page._charts", lambda self, section: [])
        page = Page(run_of(3))
        assert page.html
        yield page


def test_one_model_under_every_seed_tells_nothing_of_another_training(three):
    table = three.evaluation.headline
    table = table[table["metric"] == "mae"].set_index("contender")
    *trained, fixed = three.evaluation.panel.contenders
    assert np.isfinite(table.loc[trained, ["recipe_low", "seed_sd"]].to_numpy(float)).all()
    assert table.loc[fixed, ["recipe_low", "recipe_high", "seed_sd"]].isna().all()
    assert table.loc[fixed, "low"] < table.loc[fixed, "value"] < table.loc[fixed, "high"]


def test_a_published_table_names_whose_intervals_are_over_faces_alone(three):
    fixed = three.evaluation.panel.contenders[-1]
    assert results.intervals_are(three.summary) == (
        f"95% intervals over faces and trainings in brackets (`{fixed}`: over faces alone)."
    )
    one = {"headline": [{"metric": "mae", "contender": "a", "recipe_low": None}]}
    assert results.intervals_are(one) == "95% intervals in brackets."


def test_the_page_says_what_is_of_the_recipe_and_what_of_one_training(three):
    assert "Brackets of the lines Age and Gender are of the recipe" in three.html
    lead = next(s.lead for s in three.sections if s.title == "Other people's photos")
    (said,) = (s for s in three.verdict if s.topic == "Other people")
    for text in (lead, said.evidence):
        assert "One training of each answers here, that of seed 0." in text


def test_one_training_is_not_called_one_of_several(monkeypatch):
    monkeypatch.setattr("reports.page.page.Page._charts", lambda self, section: [])
    page = Page(run_of(1))
    assert "with 1 training they speak of these fitted models, not of the recipe" in page.html
    assert "One training of each answers" not in page.html


def test_errors_at_home_beside_another_data_set_are_those_of_the_same_training(three):
    table = three.evaluation.against_home["away"]
    name = three.evaluation.panel.contenders[0]
    row = table[(table["contender"] == name) & (table["metric"] == "mae")].iloc[0]
    rows = three.evaluation.run.predictions.merge(three.evaluation.run.faces, on="face_id")
    mine = rows[(rows["contender"] == name) & (rows["seed"] == 0)]
    error = (mine["age_pred"] - mine["age"]).abs()
    assert row["home"] == pytest.approx(error.mean(), abs=1e-4)
