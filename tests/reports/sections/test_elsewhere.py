"""The section on other data sets, its numbers computed again with pandas from the tables."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

import reports
from reports.page.page import Page
from reports.statistics.elsewhere import _equal_p, independent_difference
from reports.statistics.intervals import Estimate
from reports.statistics.paired import survives

RNG = np.random.default_rng(11)


def faces(n, prefix, low=20, high=70):
    age = RNG.integers(low, high, n).astype("float32")
    table = pd.DataFrame({"face_id": [f"{prefix}{k:03d}" for k in range(n)], "age": age})
    table["gender"] = RNG.choice(["male", "female"], n)
    table["ethnicity"] = "A"
    table["group"] = np.arange(n)
    for angle in ("yaw", "pitch", "roll"):
        table[angle] = np.nan
    bins = pd.cut(age, [0, 35, 50, 200], labels=["young", "middle", "old"], right=False)
    return table.assign(keep=True, drop_reason="", age_bin=pd.Categorical(bins, ordered=True))


def answers(table, data_set, contender, error, right=0.9, arm=10):
    truth = table["age"].fillna(table.get("age_low", np.nan)).to_numpy()
    age = truth + RNG.choice([-1, 1], len(table)) * RNG.gamma(4, error / 4, len(table))
    female = (table["gender"] == "female").to_numpy()
    p = np.where(female ^ (RNG.random(len(table)) > right), 0.8, 0.2)
    cell = {"data_set": data_set, "protocol": "full", "contender": contender, "seed": 0, "fold": 0}
    rows = pd.DataFrame({**cell, "face_id": table["face_id"], "age_pred": age})
    return rows.assign(age_low=age - arm, age_high=age + arm, p_female=p)


@pytest.fixture(scope="module")
def content():
    """The network wins at home by two years, the classical one abroad by three."""
    home, away = faces(400, "h"), faces(300, "a", 30, 60)
    away["age_low"], away["age_high"] = np.nan, np.nan
    ranged = away.index[:60]
    away.loc[ranged, "age_low"] = away.loc[ranged, "age"] - 2
    away.loc[ranged, "age_high"] = away.loc[ranged, "age"] + 2
    away.loc[ranged, "age"] = np.nan
    away.loc[away.index[-20:], "age"] = np.nan  # gender only
    away.loc[away.index[-20:], "keep"] = False
    away.loc[away.index[-20:], "drop_reason"] = "label missing"
    predictions = [answers(home, "toy", "cnn", 4), answers(home, "toy", "hog", 6)]
    there = [answers(away, "away", "cnn", 9, 0.7), answers(away, "away", "hog", 6, 0.7)]
    there = pd.concat(there)
    there["age_pred"] = there["age_pred"].fillna(40.0)
    there[["age_low", "age_high"]] = there[["age_low", "age_high"]].fillna(40.0)
    return home, pd.concat(predictions), away, there


@pytest.fixture(scope="module")
def page(content):
    home, predictions, away, there = content
    families = {"cnn": {"family": "cnn"}, "hog": {"family": "classical"}}
    scores = {"cnn": {"mae": 4.0}, "hog": {"mae": 6.0}}
    provenance = {"contenders": families, "select_scores": scores}
    trials = pd.DataFrame(
        [("cnn", 0, 0, 0.6, 20.0), ("cnn", 50, 0, 0.8, 30.0), ("cnn", 50, 1, 0.9, 34.0)],
        columns=["contender", "k", "draw", "coverage", "width"],
    )
    facts = {"aligned": True, "n_seen": 3, "n_without_face": 2, "sharpness": 93.0}
    other = reports.OtherSet(away, there, facts, trials)
    return Page(
        reports.RunTables(home, predictions, pd.DataFrame(), provenance, also={"away": other})
    )


def joined(content, contender):
    _, _, away, there = content
    rows = there[there["contender"] == contender].drop(columns=["age_low", "age_high"])
    mine = there[there["contender"] == contender]
    rows = rows.assign(said_low=mine["age_low"], said_high=mine["age_high"])
    return rows.merge(away, on="face_id")


@pytest.mark.parametrize("contender", ["cnn", "hog"])
def test_numbers_elsewhere_and_at_home_are_those_of_pandas(page, content, contender):
    table = page.evaluation.against_home["away"]
    row = table[table["contender"] == contender].set_index("metric")
    rows = joined(content, contender)
    exact = rows[rows["age"].notna()]
    error = (exact["age_pred"] - exact["age"]).abs().mean()
    assert row.loc["mae", "value"] == pytest.approx(error, abs=1e-4)
    assert row.loc["mae", "n"] == 220
    right = (rows["p_female"] >= 0.5) == (rows["gender"] == "female")
    assert row.loc["accuracy", "value"] == pytest.approx(right.mean())
    assert row.loc["accuracy", "n"] == 300
    held = exact["age"].between(exact["said_low"], exact["said_high"])
    assert row.loc["coverage", "value"] == pytest.approx(held.mean())
    ranged = rows[rows["age"].isna() & rows["age_low"].notna()]
    outside = np.maximum(
        (ranged["age_low"] - ranged["age_pred"]).clip(lower=0),
        (ranged["age_pred"] - ranged["age_high"]).clip(lower=0),
    )
    assert row.loc["outside_range", "value"] == pytest.approx(outside.mean(), abs=1e-4)
    assert row.loc["inside_range", "value"] == pytest.approx((outside == 0).mean())
    home, predictions, _, _ = content
    here = predictions[predictions["contender"] == contender].merge(home, on="face_id")
    at_home = (here["age_pred"] - here["age"]).abs().mean()
    assert row.loc["mae", "home"] == pytest.approx(at_home, abs=1e-4)
    assert row.loc["mae", "growth"] == pytest.approx(error - at_home, abs=1e-4)


def test_the_interval_of_growth_holds_both_uncertainties(page):
    table = page.evaluation.against_home["away"]
    row = table[(table["contender"] == "cnn") & (table["metric"] == "mae")].iloc[0]
    low = row["growth"] - np.hypot(row["value"] - row["value_low"], row["home_high"] - row["home"])
    high = row["growth"] + np.hypot(row["value_high"] - row["value"], row["home"] - row["home_low"])
    assert (row["growth_low"], row["growth_high"]) == pytest.approx((low, high))
    assert row["growth_low"] > 3  # nine years there, four at home


def test_a_difference_of_equal_estimates_is_nothing():
    one = Estimate(5.0, 4.0, 7.0, 0.5, 100)
    found = independent_difference(one, one)
    assert found.value == 0
    assert found.low == pytest.approx(-np.hypot(1, 2))
    assert found.high == pytest.approx(np.hypot(2, 1))


def test_same_ages_weighs_home_to_the_ages_and_genders_there(page, content):
    home, predictions, away, _ = content
    exact = away[away["age"].notna()]
    bins = [-1, 13, 18, 25, 35, 45, 55, 65, 200]

    def strata(table):
        return pd.cut(table["age"].astype(float), bins, right=False).astype(str) + table["gender"]

    share = strata(exact).value_counts() / len(exact)
    here = predictions[predictions["contender"] == "cnn"].merge(home, on="face_id")
    error = (here["age_pred"] - here["age"]).abs().groupby(strata(here)).mean()
    weighed = (share * error.reindex(share.index)).sum()
    table = page.evaluation.against_home["away"]
    row = table[(table["contender"] == "cnn") & (table["metric"] == "mae")].iloc[0]
    assert row["shared"] == 1
    assert row["value"] - row["same_ages"] == pytest.approx(weighed, abs=1e-3)


def test_the_verdict_turns_round_with_the_numbers(page, content):
    sentence = next(s for s in page.summary["verdict"] if s["topic"] == "Other people")
    assert "on away" in sentence["claim"].lower()
    assert "the winner on age is the other one: hog" in sentence["claim"]
    one, two = (joined(content, name) for name in ("hog", "cnn"))
    better = (one["age_pred"] - one["age"]).abs() - (two["age_pred"] - two["age"]).abs()
    shown = f"{better.mean():.2f}".replace("-", "−")
    assert f"advantage of cnn {shown} " in sentence["evidence"]


@pytest.mark.parametrize(
    ("home", "away", "expected"),
    [
        (1, "second", "survives"), (1, "first", "turns round"), (1, "undecided", "is open"),
        (-1, "first", "survives"), (-1, "second", "turns round"), (-1, "borderline", "is open"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_winner(home, away, expected):
    assert survives(home, away) == expected


def test_words_about_another_data_set_are_adjusted_for_the_page(page):
    """Three families here; growth and coverage of two contenders by Holm, the pair by max-T."""
    e = page.evaluation
    assert e.families == 3
    rows = e.pair_elsewhere["away"].set_index("target")
    assert rows.loc["age", "claim"] == "first"
    assert rows.loc["age", "p_page"] < 0.01
    table = e.against_home["away"]
    asked = table[table["metric"].isin(["mae", "coverage"])]
    p = asked["p"].to_numpy()
    holm = multipletests(p, method="holm")[1]
    assert asked["p_page"].to_numpy() == pytest.approx(np.minimum(3 * holm, 1), rel=1e-6)
    assert table.loc[~table["metric"].isin(["mae", "coverage"]), "p_page"].isna().all()
    grown = asked[(asked["metric"] == "mae") & (asked["growth_low"] > 0)]
    assert list(grown["contender"]) == ["cnn"]
    assert grown["p"].item() < 1e-4 < asked["p"].max()


def test_the_page_says_what_was_left_out_and_what_a_recalibration_brings(page):
    html = page.html
    assert "2 without a face that the detector finds" in html
    assert "3 that a model was fitted with (same pixels)" in html
    key = "recalibration-away"
    rows = page.summary["tables"][key]
    assert [row["labelled faces"] for row in rows] == [0, 50]
    assert rows[1]["ages inside"] == pytest.approx(0.85)
    assert rows[1]["width (years)"] == pytest.approx(32)


def test_intervals_that_hold_too_little_are_a_finding(page, content):
    covered = joined(content, "cnn").query("age == age")
    share = covered["age"].between(covered["said_low"], covered["said_high"]).mean()
    assert share < 0.8
    assert f"cnn {100 * share:.1f}%" in page.html


def test_errors_by_group_are_those_of_pandas(page, content):
    frame = next(
        f for *_, title, f in page.frames.values() if title == "Age error by group on away"
    )
    rows = joined(content, "hog").query("age == age")
    error = (rows["age_pred"] - rows["age"]).abs().groupby(rows["age_bin"], observed=True).mean()
    found = frame[(frame["contender"] == "hog") & (frame["breakdown"] == "age")]
    assert dict(zip(found["level"], found["value"], strict=True)) == pytest.approx(
        {f"age {level}": value for level, value in error.items()}, abs=1e-4
    )


def test_who_was_not_asked_elsewhere_is_named_with_the_reason(unpictured, content):
    home, predictions, away, there = content
    other = reports.OtherSet(away, there[there["contender"] == "cnn"])
    run = reports.RunTables(home, predictions, pd.DataFrame(), {}, also={"away": other})
    assert "Not asked: hog, which leaves no model." in reports.render(run)


def test_a_run_without_other_data_sets_has_no_such_section(content):
    home, predictions, _, _ = content
    plain = Page(reports.RunTables(home, predictions, pd.DataFrame(), {}))
    assert "elsewhere" not in [s.key for s in plain.sections]


@pytest.mark.parametrize("growth", [-3.0, 3.0])
def test_the_p_of_growth_is_welchs_with_the_freedom_of_the_smaller_set(growth):
    other = SimpleNamespace(home=SimpleNamespace(age=np.zeros(100)))
    assert _equal_p(growth, 1.5, 12, other) == pytest.approx(2 * stats.t.sf(2, 11), rel=1e-9)
    assert _equal_p(growth, 1.5, 400, other) == pytest.approx(2 * stats.t.sf(2, 99), rel=1e-9)
    assert np.isnan(_equal_p(growth, 0.0, 12, other))
