"""The section on changed pictures, its numbers computed again with pandas from the table."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

import reports
from data import tables
from reports.page.page import Page
from reports.statistics.intervals import Estimates
from reports.statistics.stress import _p_of_bar

RNG = np.random.default_rng(3)
N = 240
LOSSES = {  # years added to the error of cnn and hog at each level
    ("blur", 1.0): {"cnn": 0.2, "hog": 0.1},
    ("blur", 4.0): {"cnn": 6.0, "hog": 0.2},
    ("brightness", 1.0): {"cnn": 0.0, "hog": 0.0},
    ("brightness", -2.0): {"cnn": 5.0, "hog": 6.0},
}
FACTS = {
    "blur": {"title": "Blur", "unit": "px", "identity": 0, "levels": [1, 4]},
    "brightness": {"title": "Exposure", "unit": "stops", "identity": 0, "levels": [1, -2]},
}


def faces():
    age = RNG.integers(5, 80, N).astype("float32")
    table = pd.DataFrame({"face_id": [f"f{k:03d}" for k in range(N)], "age": age})
    table["gender"] = RNG.choice(["male", "female"], N)
    table["ethnicity"] = "A"
    table["group"] = np.arange(N) // 2  # pairs belong together
    for angle in ("yaw", "pitch", "roll"):
        table[angle] = np.nan
    return table.assign(keep=True, drop_reason="")


def answers(table, contender, extra, right, **columns):
    sign = RNG.choice([-1, 1], N)
    age = table["age"] + sign * (RNG.gamma(2, 2, N) + extra)
    female = (table["gender"] == "female").to_numpy()
    p = np.where(female ^ (RNG.random(N) > right), 0.8, 0.2)
    cell = {"data_set": "toy", "protocol": "full", "contender": contender, "seed": 0, "fold": 0}
    rows = pd.DataFrame({**cell, "face_id": table["face_id"], **columns, "age_pred": age})
    return rows.assign(age_low=age - 10, age_high=age + 10, p_female=p)


@pytest.fixture(scope="module")
def tables_of_run():
    people = faces()
    home = [answers(people, name, 0, 0.9) for name in ("cnn", "hog")]
    plain = {"condition": tables.UNCHANGED, "level": 0.0}
    asked = [answers(people, name, 0, 0.9, **plain) for name in ("cnn", "hog")]
    for (condition, level), losses in LOSSES.items():
        for name, loss in losses.items():
            more = {"condition": condition, "level": level}
            asked.append(answers(people, name, loss, 0.9 - loss / 20, **more))
    return people, pd.concat(home), pd.concat(asked)


@pytest.fixture(scope="module")
def run(tables_of_run):
    people, home, asked = tables_of_run
    families = {"cnn": {"family": "cnn"}, "hog": {"family": "classical"}}
    provenance = {"contenders": families, "stress": {"conditions": FACTS}}
    costs = pd.DataFrame()
    return reports.RunTables(people, home, costs, provenance, stress=asked)


@pytest.fixture(scope="module")
def page(run):
    return Page(run)


def by_hand(tables_of_run, contender, condition, level):
    """Per face: the costs of age and gender at a level and on the unchanged picture."""
    people, _, asked = tables_of_run
    rows = asked[asked["contender"] == contender].merge(people, on="face_id")
    age = (rows["age_pred"] - rows["age"]).abs()
    wrong = (rows["p_female"] >= 0.5) != (rows["gender"] == "female")
    rows = rows.assign(age_cost=age, wrong=wrong.astype(float))
    at = (rows["condition"] == condition) & (rows["level"] == level)
    plain = rows["condition"] == "unchanged"
    return rows[at].set_index("face_id"), rows[plain].set_index("face_id")


@pytest.mark.parametrize(("condition", "level"), LOSSES)
@pytest.mark.parametrize("contender", ["cnn", "hog"])
def test_values_and_losses_are_those_of_pandas(page, tables_of_run, contender, condition, level):
    changed, plain = by_hand(tables_of_run, contender, condition, level)
    table = page.evaluation.stress
    rows = table.query("contender == @contender and condition == @condition and level == @level")
    age, gender = (rows[rows["target"] == t].iloc[0] for t in ("age", "gender"))
    assert age["n"] == gender["n"] == N
    assert age["value"] == pytest.approx(changed["age_cost"].mean(), abs=1e-4)
    assert age["loss"] == pytest.approx((changed["age_cost"] - plain["age_cost"]).mean(), abs=1e-5)
    assert gender["value"] == pytest.approx(1 - changed["wrong"].mean())
    assert gender["loss"] == pytest.approx((changed["wrong"] - plain["wrong"]).mean())


@pytest.mark.parametrize("contender", ["cnn", "hog"])
def test_the_interval_of_a_loss_is_about_groups_and_paired(page, tables_of_run, contender):
    changed, plain = by_hand(tables_of_run, contender, "blur", 4.0)
    difference = changed["age_cost"] - plain["age_cost"]
    sums = difference.groupby(changed["group"]).mean()  # groups of two
    t = sums.std(ddof=1) / np.sqrt(len(sums)) * 1.98
    row = page.evaluation.stress.query(
        "contender == @contender and condition == 'blur' and level == 4 and target == 'age'"
    ).iloc[0]
    assert row["loss_low"] == pytest.approx(sums.mean() - t, abs=0.15)
    assert row["loss_high"] == pytest.approx(sums.mean() + t, abs=0.15)


def test_who_breaks_where_follows_from_the_rule(page):
    points = page.evaluation.breaking_points.query("target == 'age'")
    found = points.set_index(["condition", "contender"])["level"].to_dict()
    assert found["blur", "cnn"] == 4
    assert np.isnan(found["blur", "hog"])
    assert found["brightness", "cnn"] == found["brightness", "hog"] == -2


def test_a_break_is_adjusted_for_all_changes_of_the_page(page):
    table = page.evaluation.stress.query("place > 0")
    assert page.evaluation.families == 3
    holm = multipletests(table["p"], method="holm")[1]
    assert table["p_page"].to_numpy() == pytest.approx(np.minimum(3 * holm, 1), rel=1e-6)
    row = table.query("condition == 'blur' and level == 4 and target == 'age'").set_index(
        "contender"
    )
    half = (row["loss_high"] - row["loss_low"]) / 2 / stats.t.ppf(0.975, N // 2 - 1)
    expected = stats.t.sf((row["loss"] - 1) / half, N // 2 - 1)
    assert np.log(row["p"].to_numpy()) == pytest.approx(np.log(expected), rel=0.1, abs=0.01)


def test_the_verdict_counts_who_is_first(page):
    row = next(s for s in page.summary["verdict"] if s["topic"] == "Pictures")
    assert row["claim"].startswith(
        "cnn is the first, or among the first, to lose clearly more than 1 year"
    )
    assert "under 2 of 2 kinds" in row["claim"]
    assert "cnn breaks under 2 of 2" in row["evidence"]
    assert "hog breaks under 1 of 2" in row["evidence"]


def test_nothing_breaks_where_nothing_changes(tables_of_run, run):
    people, home, asked = tables_of_run
    plain = asked[asked["condition"] == "unchanged"]
    same = pd.concat([plain, plain.assign(condition="blur", level=1.0)])
    quiet = Page(reports.RunTables(people, home, pd.DataFrame(), run.provenance, stress=same))
    rows = quiet.evaluation.stress.query("place > 0")
    assert (rows["loss"] == 0).all()
    claim = next(s for s in quiet.summary["verdict"] if s["topic"] == "Pictures")["claim"]
    assert claim == (
        "No change of the pictures costs a contender clearly more than 1 year of age error."
    )


def test_levels_either_side_of_the_unchanged_picture_are_drawn_there(page):
    frame = next(f for *_, title, f in page.frames.values() if title.startswith("Age error on ch"))
    x = frame.drop_duplicates(["condition", "level"]).set_index(["condition", "level"])["x"]
    assert x["brightness", -2] == -1 and x["brightness", 1] == 1
    assert x["blur", 1] == 1 and x["blur", 4] == 2


def test_the_page_names_the_contender_that_was_not_asked(tables_of_run, run):
    people, home, asked = tables_of_run
    part = asked[asked["contender"] == "cnn"]
    html = reports.render(
        reports.RunTables(people, home, pd.DataFrame(), run.provenance, stress=part)
    )
    assert "Not asked: hog, which leaves no model." in html


def test_a_run_without_changed_pictures_has_no_such_section(tables_of_run, run):
    people, home, _ = tables_of_run
    plain = Page(reports.RunTables(people, home, pd.DataFrame(), run.provenance))
    assert "stress" not in [s.key for s in plain.sections]
    assert all(s["topic"] != "Pictures" for s in plain.summary["verdict"])


def test_the_p_of_a_loss_of_gender_is_of_the_centre_of_its_interval():
    """Bonett and Price: the centre is not the difference itself; 5 points are tolerated."""
    one = [np.array([v]) for v in (0.10, 0.04, 0.14, 0.02)]
    loss = Estimates(*one, np.array([200]))
    se = 0.05 / 1.959964
    expected = stats.t.sf((0.09 - 0.05) / se, 79)
    assert _p_of_bar(loss, "gender", 80) == pytest.approx([expected], rel=1e-5)
    years = Estimates(np.array([1.5]), np.array([0.5]), np.array([2.5]), np.array([0.25]), one[0])
    assert _p_of_bar(years, "age", 80) == pytest.approx([stats.t.sf(2, 79)], rel=1e-9)
