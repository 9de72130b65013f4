"""Tables of a page from panels of a few faces, where every number can be counted."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from small_panels import panel_of

from reports.statistics import breakdowns, elsewhere, gaps, headline, paired, pairs
from reports.statistics import stress as pictures
from reports.statistics.intervals import Estimate
from reports.statistics.metrics import METRICS

NAN = np.nan


def with_answers(panel, **columns):
    """Return the panel with other answers of its only contender, shape (S, F)."""
    (name,) = panel.contenders
    first = np.asarray(next(iter(columns.values())))
    held = {f.name: getattr(panel.answers[name], f.name) for f in dataclasses.fields(
        panel.answers[name])}  # fmt: skip
    held = {k: np.repeat(v[:1], len(first), axis=0) if k != "seeds" else v for k, v in held.items()}
    held |= {k: np.asarray(v, float) for k, v in columns.items()}
    held["seeds"] = tuple(str(k) for k in range(len(first)))
    answers = {name: type(panel.answers[name])(**held)}
    return dataclasses.replace(panel, answers=answers, cache={})


def test_names_units_and_order_of_breakdowns():
    assert [breakdowns.label(c) for c in ("age_bin", "yaw_bin", "lens_kind")] == [
        "age", "|yaw|", "lens kind",
    ]  # fmt: skip
    assert [breakdowns.unit(c) for c in ("age_bin", "yaw_bin", "lens_kind")] == [
        "years", "degrees", "",
    ]  # fmt: skip
    some = pd.Categorical(["x", None])
    table = pd.DataFrame({"lens": some, "gender": some, "age_bin": some, "age": [1, 2]})
    table["none"] = pd.Categorical([None, None], ["x"])
    assert breakdowns.breakdown_columns(table) == ["age_bin", "gender", "lens"]


def test_faces_are_counted_by_the_first_metric():
    panel = panel_of(np.full(40, 30), np.full(40, 31.0))
    panel = with_answers(panel, age=[[NAN, *[31.0] * 39]], p_female=[[0.4] * 40])
    for metrics, n in ((("mae", "accuracy"), 39), (("accuracy", "mae"), 40)):
        assert breakdowns.breakdown(panel, "", metrics)["n"].tolist() == [n]


def test_everybody_is_a_level_unless_not_asked_for():
    panel = panel_of(np.full(40, 30), np.full(40, 31.0))
    values = {("mae", "m"): np.ones(40)}
    for everyone, expected in (
        (True, [("", "all"), ("gender", "male"), ("gender", "female")]),
        (False, [("gender", "male"), ("gender", "female")]),
    ):
        found = breakdowns.level_means(panel, ["gender"], values, everyone)
        assert set(found) == set(expected)


def test_crossed_cells_keep_the_order_of_both():
    panel = panel_of(np.repeat([30, 70], 20), np.full(40, 31.0))
    found = breakdowns.crossed(panel, "age_class", "gender")
    assert found["row"].cat.ordered and found["column"].cat.ordered
    assert found["n"].tolist() == [10] * 4
    assert found["mae"].tolist() == [1, 1, 39, 39]


def test_seeds_of_some_faces_are_not_taken_for_those_of_all():
    panel = panel_of([20, 30, 40], [21.0, 30, 45])
    member, mae = np.array([True, True, False]), METRICS["mae"]
    for _ in range(2):
        assert list(headline.seed_values(panel, "m", mae, member).values()) == [0.5]
        assert list(headline.seed_values(panel, "m", mae).values()) == [2.0]
    assert list(headline.seed_values(panel, "m", mae, ~member & False).values()) == pytest.approx(
        [NAN], nan_ok=True
    )


def test_two_seeds_have_a_spread_and_one_has_none():
    panel = panel_of(np.full(30, 40), np.full(30, 41.0))
    for ages, spread in (([[41.0] * 30], NAN), ([[41.0] * 30, [43.0] * 30], np.sqrt(2))):
        mine = with_answers(panel, age=ages, p_female=[[0.4] * 30] * len(ages))
        means = breakdowns.level_means(mine, [], breakdowns.mean_columns(
            mine, ("mae", "rmse", "bias", "brier")))["", "all"]  # fmt: skip
        table = headline.headline(mine, means).set_index("metric")
        assert table.loc["mae", "seed_sd"] == pytest.approx(spread, nan_ok=True)
        assert table.loc["mae", ["n", "of"]].tolist() == [30, 30]


@pytest.mark.parametrize(
    ("metric", "low", "high"),
    [("accuracy", 0, 1), ("auc", 0, 1), ("balanced_accuracy", 0, 1), ("r2", -np.inf, 1),
     ("bias", -np.inf, np.inf), ("mae", 0, np.inf), ("rmse", 0, np.inf), ("ece", 0, np.inf)],
)  # fmt: skip
def test_what_a_number_can_be(metric, low, high):
    assert headline._bounds(METRICS[metric]) == (low, high)


def test_no_error_at_all_has_an_interval():
    means = {("rmse", "m"): Estimate(0.0, 0.0, 0.0, 0.0, 9)}
    assert headline._interval(None, "m", METRICS["rmse"], means, 0.0) == (0, 0)


def gap_of(metric="mae", **columns):
    table = {"level": ["a", "b", "c", "unknown"], "n": [30, 31, 29, 90], "contender": "m",
             metric: [4.0, 6.0, 9.0, 99.0], f"{metric}_low": [3.0, 5.5, 8, 98],
             f"{metric}_high": [4.4, 8.0, 10, 100]}  # fmt: skip
    return gaps._gap("kind", pd.DataFrame(table | columns), "m", metric)


def test_a_gap_by_hand():
    """29 faces are too few, unknown is no group."""
    row, levels = gap_of()
    assert levels == ["a", "b"]
    assert (row["worst"], row["worst_value"], row["best"], row["best_value"]) == ("b", 6, "a", 4)
    assert (row["worst_low"], row["worst_high"]) == (5.5, 8.0)
    assert row["difference"] == 2.0
    assert row["difference_low"] == pytest.approx(2 - np.hypot(0.5, 0.4))
    assert row["difference_high"] == pytest.approx(2 + np.hypot(2, 1))
    assert row["ratio"] == pytest.approx(4 / 6)
    assert gap_of("accuracy")[0]["worst"] == "a"
    assert gap_of(n=[30, 29, 29, 90]) is None
    assert np.isnan(gap_of(mae=[0.0] * 4)[0]["ratio"])


def test_places_of_levels():
    kinds = pd.Categorical(["b", None, "a", "c"], ["a", "b", "c"])
    panel = SimpleNamespace(faces=pd.DataFrame({"kind": kinds}))
    assert gaps._codes(panel, "kind", ["c", "b"]).tolist() == [1, -1, -1, 0]


def test_families_of_tests_share_the_five_percent():
    rng, panel = np.random.default_rng(0), panel_of(np.full(80, 40), np.full(80, 41.0))
    panel = with_answers(panel, age=[40 + rng.normal(size=80)], p_female=[rng.random(80)])
    table = breakdowns.breakdown(panel, "gender", ("mae", "accuracy"))
    once, _ = gaps.gaps(panel, {"gender": table}, ["m"])
    assert once["p_page"].max() < 1
    twice, _ = gaps.gaps(panel, {"gender": table}, ["m"], families=2)
    assert twice["p_page"].tolist() == pytest.approx(np.minimum(2 * once["p_page"], 1).tolist())


def test_the_worst_cell_is_a_known_one():
    table = pd.DataFrame({"row": list("ab"), "column": ["x", "unknown"], "contender": "m",
                          "n": 90, "mae": [4.0, 5.0]})  # fmt: skip
    assert gaps.worst_cell(table, "m", "mae")["row"] == "a"
    assert gaps.worst_cell(table.assign(mae=NAN), "m", "mae") is None


def other_of(age, ends, answers, female=None, low=None, high=None, home=None):
    """Return an OtherPanel of one contender whose first seed gave these answers."""
    age, (youngest, oldest) = np.asarray(age, float), np.asarray(ends, float).T
    n = len(age)
    female = np.zeros(n) if female is None else np.asarray(female, float)
    first = {"age": np.asarray(answers, float), "p_female": np.full(n, 0.5),
             "low": np.full(n, NAN) if low is None else np.asarray(low, float),
             "high": np.full(n, NAN) if high is None else np.asarray(high, float)}  # fmt: skip
    # what other seeds say is not asked
    given = SimpleNamespace(**{k: np.stack([v, v * 0 - 7, v * 0 - 9]) for k, v in first.items()})
    panel = SimpleNamespace(age=age, female=female, group=np.arange(n), data_set="other",
                            contenders=["m"], answers={"m": given}, n_groups=n)  # fmt: skip
    return elsewhere.OtherPanel(panel, youngest, oldest, home or panel)


def test_every_metric_elsewhere_by_hand():
    """Known ages 30 and 40, a range 20-29 answered below, inside, above and not at all."""
    age = [30, 40, NAN, NAN, NAN, NAN, NAN]
    ends = [(30, 30), (40, 40), *[(20, 29)] * 4, (NAN, NAN)]
    other = other_of(age, ends, [33, NAN, 18, 29, 30, NAN, 25], female=[0, 1, 0, 1, 1, 0, 1],
                     low=[30, 30, 0, 0, 0, 0, 0], high=[33, 39.5, 9, 9, 9, 9, 9])  # fmt: skip
    found = elsewhere.per_face(other.panel.answers["m"], other)
    for name, expected in {
        "mae": [3, *[NAN] * 6],
        "bias": [3, *[NAN] * 6],
        "outside_range": [NAN, NAN, 2, 0, 1, NAN, NAN],
        "inside_range": [NAN, NAN, 0, 1, 0, NAN, NAN],
        "accuracy": [0, 1, 0, 1, 1, 0, 1],
        "coverage": [1, 0, *[NAN] * 5],
    }.items():
        assert found[name].tolist() == pytest.approx(expected, nan_ok=True), name
    other.panel.answers["m"].p_female[0, :2] = NAN  # no answer is neither right nor wrong
    found = elsewhere.per_face(other.panel.answers["m"], other)
    assert found["accuracy"][:2].tolist() == pytest.approx([NAN, NAN], nan_ok=True)


def test_growth_by_hand():
    one, two = Estimate(7.0, 6.0, 9.0, 0.3, 50), Estimate(4.0, 3.0, 8.0, 0.4, 70)
    found = elsewhere.independent_difference(one, two)
    assert (found.value, found.n) == (3.0, 50)
    assert (found.low, found.high) == pytest.approx((3 - np.hypot(1, 4), 3 + np.hypot(2, 1)))
    assert found.se == pytest.approx(0.5)


def test_p_of_no_growth():
    many = SimpleNamespace(home=SimpleNamespace(age=np.zeros(90)))
    few = SimpleNamespace(home=SimpleNamespace(age=np.zeros(4)))
    for n, home, freedom in ((2, many, 1), (1, many, 1), (20, many, 19), (20, few, 3)):
        for growth in (2.0, -2.0):
            found = elsewhere._equal_p(growth, 0.5, n, home)
            assert found == pytest.approx(2 * stats.t.sf(4, freedom))
    assert np.isnan(elsewhere._equal_p(2.0, 0.0, 20, many))


def test_weights_give_home_the_ages_and_genders_elsewhere():
    """Strata of five faces or more: 30 years female; of men only four."""
    home = SimpleNamespace(age=np.r_[np.full(9, 30.0), np.full(6, 70.0)],
                           female=np.r_[np.ones(5), np.zeros(4), np.ones(6)])  # fmt: skip
    there = SimpleNamespace(female=np.array([1.0, 1, 0, 1]))
    ends = np.array([30.0, 28, 30, 90])
    other = elsewhere.OtherPanel(there, ends, ends + np.array([0, 4, 0, 0]), home)
    weights, shared = elsewhere._weights(np.ones(4, bool), other)
    assert weights.tolist() == pytest.approx([*[2 / 5] * 5, *[0] * 4, *[1 / 6] * 6])
    assert shared == 3 / 4
    weights, shared = elsewhere._weights(np.array([False, False, True, False]), other)
    assert (weights.sum(), shared) == (0, 0)
    weights, shared = elsewhere._weights(np.array([True, False, False, False]), other)
    assert (weights.sum(), shared) == (pytest.approx(1), 1)


@pytest.mark.parametrize(("outside", "compared"), [(3, True), (4, False)])
def test_ages_are_compared_where_home_covers_seven_of_ten(outside, compared):
    age = np.r_[np.full(10 - outside, 30.0), np.full(outside, 70.0)]
    home = other_of(np.full(20, 30.0), [(30, 30)] * 20, 31 + np.arange(20.0)).panel
    other = other_of(age, np.c_[age, age], age + np.arange(10.0), home=home)
    row = elsewhere.compare_with_home(other).set_index("metric").loc["mae"]
    assert row["shared"] == pytest.approx(1 - outside / 10)
    assert np.isfinite(row["same_ages"]) == compared


def test_intervals_promise_nine_of_ten_unless_said():
    n = 40
    ages = np.full(n, 30.0)
    held = np.where(np.arange(n) < 33, 40.0, 20.0)
    other = other_of(ages, np.c_[ages, ages], ages, low=np.zeros(n), high=held)
    one, two = (
        elsewhere.compare_with_home(other, *level).set_index("metric").loc["coverage", "p"]
        for level in ((), (0.9,))
    )
    assert one == two < 0.2


def test_adjusted_by_hand():
    """Holm over both tables and those who are shown, times the families of the page."""
    tables = {
        "x": pd.DataFrame({"contender": ["m", "other", "m"], "p": [0.01, 1e-9, NAN]}),
        "y": pd.DataFrame({"contender": ["m"], "p": [0.3]}),
    }
    found = elsewhere.adjusted(tables, ["m"], 2)
    assert found["x"]["p_page"].tolist() == pytest.approx([0.04, NAN, NAN], nan_ok=True)
    assert found["y"]["p_page"].tolist() == pytest.approx([0.6])
    assert elsewhere.adjusted(tables, ["m"], 9)["y"]["p_page"].tolist() == [1.0]
    assert elsewhere.adjusted({}, ["m"], 2) == {}
    found = pictures.adjusted(tables["x"].assign(p=[0.01, 1e-9, 0.3]), ["m"], 2)
    assert found["p_page"].tolist() == pytest.approx([0.04, NAN, 0.6], nan_ok=True)
    assert pictures.adjusted(tables["y"], ["m"], 9)["p_page"].tolist() == [1.0]


def test_a_pair_is_compared_by_ranges_where_no_age_is_known():
    other = other_of([NAN] * 12, [(20, 29)] * 12, [31.0] * 12, female=[1] * 12)
    other.panel.contenders.append("n")
    other.panel.answers["n"] = SimpleNamespace(
        **{k: v - (1.0 if k == "age" else 0.1) for k, v in vars(other.panel.answers["m"]).items()}
    )
    rows, sums = paired.pair_elsewhere(other, pairs.Pair("m", "n", ""))
    assert rows["metric"].tolist() == ["outside_range", "accuracy"]
    assert rows["advantage"].tolist() == [1.0, -1.0]
    assert rows[["first", "second"]].values.tolist() == [[2, 1], [1, 0]]
    assert rows["n"].tolist() == [12, 12]
    assert sums.tolist() == [[1, -1]] * 12
    rows, sums = paired.pair_elsewhere(other, pairs.Pair("m", "gone", ""))
    assert rows.empty and sums.shape == (12, 0)


def test_a_lead_that_another_training_could_turn_is_not_apart(monkeypatch):
    best = pd.DataFrame(
        {"recipe_low": [0.0, -1.0, 0.1, NAN, -2.0], "recipe_high": [1.0, 0.0, 1.0, NAN, -1.0],
         "same": [True, True, True, False, True]}
    )  # fmt: skip
    monkeypatch.setattr(headline, "best_by_metric", lambda panel, numbers: (best, np.ones((40, 5))))
    panel = SimpleNamespace(n_groups=40)
    _, found, _ = paired.paired_tests(panel, None, [], {}, None, {}, 2)
    assert found["apart"].tolist() == [False, False, True, True, True]
    assert found["clear"].tolist() == [False, False, True, False, True]
    assert found["p"].tolist() == [1 / 10_001] * 5
    assert found["p_page"].tolist() == [2 / 10_001] * 5
    _, none, _ = paired.paired_tests(panel, None, [], {}, None, {}, 10_001)
    assert none["p_page"].tolist() == [1.0] * 5
    assert not none["apart"].any()
