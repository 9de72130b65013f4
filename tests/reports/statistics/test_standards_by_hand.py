"""Common support, regression and changed pictures at their bounds, counted by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from reports.statistics import standardisation
from reports.statistics import stress as pictures


def poses(*sizes, levels=("a", "b", "c", "unknown")):
    names = [n for n, k in zip(levels, sizes, strict=False) for _ in range(k)]
    return pd.Series(pd.Categorical(names, list(levels)))


@pytest.mark.parametrize(("thin", "held"), [(5, True), (4, False)])
def test_five_faces_of_a_stratum_are_enough(thin, held):
    stratum = np.repeat([0, 1, 0, 1], [40, 20, 40, thin])
    found = standardisation.standardise(stratum, poses(60, 40 + thin))
    assert found.bins == ["a", "b"]
    assert (found.weights[stratum == 1] > 0).all() == held
    assert found.coverage == (1.0 if held else pytest.approx(80 / 104))


@pytest.mark.parametrize(("common", "bins"), [(70, ["a", "b"]), (69, ["a"])])
def test_seven_of_ten_faces_must_be_covered(common, bins):
    """Bin b holds only the first stratum, whose share of all decides whether b is compared."""
    stratum = np.repeat([0, 1, 0], [common - 10, 100 - common, 10])
    found = standardisation.standardise(stratum, poses(90, 10))
    assert found.bins == bins
    assert found.raw_only == [b for b in ("a", "b") if b not in bins]


def test_of_two_bins_that_hurt_alike_the_smaller_goes():
    stratum = np.repeat([0, 1, 0, 1], [0, 30, 20, 0])
    assert standardisation.standardise(stratum, poses(30, 20)).bins == ["a"]
    assert standardisation.standardise(stratum[::-1], poses(20, 30)).bins == ["b"]


def test_without_known_poses_nothing_is_compared():
    found = standardisation.standardise(np.zeros(9, int), poses(0, 0, 0, 9))
    assert (found.bins, found.raw_only, found.coverage) == ([], [], 0.0)
    assert not found.weights.any()


@pytest.mark.parametrize(("thin", "merged"), [(5, [0, 1, 2, 3, 4, 5]), (4, [0, 1, 2, 3])])
def test_strata_are_joined_below_five_faces_in_a_bin(thin, merged):
    """Three age classes of both genders; of the oldest class few are seen in bin b."""
    stratum = np.tile(np.arange(6), 20)
    turned = np.r_[np.tile(np.arange(4), 20), np.repeat([4, 5], thin)]
    found = standardisation.merged_strata(np.r_[stratum, turned], poses(120, 80 + 2 * thin))
    assert sorted(set(found)) == merged
    one_bin = standardisation.merged_strata(stratum, poses(120))
    assert one_bin.tolist() == stratum.tolist()


def test_the_thin_stratum_joins_the_smaller_neighbour():
    front = np.repeat([0, 2, 4], [20, 30, 40])
    turned = np.repeat([0, 2, 4], [20, 1, 40])
    found = standardisation.merged_strata(np.r_[front, turned], poses(90, 61))
    assert sorted(set(found)) == [0, 4]
    # two age groups are left: joining them would standardise over nothing
    again = standardisation.merged_strata(np.repeat([0, 2, 0, 2], [20, 20, 20, 1]), poses(40, 21))
    assert sorted(set(again)) == [0, 2]


@pytest.mark.parametrize(("few", "levels"), [(5, ["a", "b"]), (4, [])])
def test_a_regression_needs_five_faces_in_two_bins(few, levels):
    rng, pose = np.random.default_rng(0), poses(60, few)
    n = len(pose)
    panel = SimpleNamespace(faces=pd.DataFrame({"pose": pose}), age=rng.uniform(20, 60, n),
                            female=np.arange(n) % 2.0, group=np.arange(n))  # fmt: skip
    found = standardisation.regression_check(panel, rng.normal(5, 1, n), "pose")
    assert found["level"].tolist() == levels
    assert found["n"].tolist() == ([60, few] if levels else [])


def test_least_squares_without_freedom_have_no_errors():
    design = np.c_[np.ones(4), np.arange(4.0)]
    y = np.array([1.0, 3, 5, 8])
    slope = np.polyfit(np.arange(4.0), y, 1)[::-1]
    for rows, groups, known in ((4, [0, 0, 1, 1], True), (4, [0] * 4, False), (2, [0, 1], False)):
        beta, se = standardisation.cluster_ols(design[:rows], y[:rows], np.array(groups))
        assert beta == pytest.approx(slope if rows == 4 else [1, 2])
        assert np.isfinite(se).all() == known


def changed(n=40):
    """Answers of one contender: right at home, wrong by a year and more, and by half the faces."""
    one = pd.DataFrame({"data_set": "toy", "protocol": "full", "contender": "m",
                        "face_id": [f"f{k}" for k in range(n)], "seed": 0})  # fmt: skip
    grown = [("unchanged", 0.0, 30.0, 0.5), ("noise", 3.0, 35.0, 0.5), ("blur", 1.0, 30.0, 0.5),
             ("blur", 4.0, 33.0, 0.4)]  # fmt: skip
    return pd.concat(
        [one.assign(condition=c, level=v, age_pred=a, p_female=p) for c, v, a, p in grown]
    )


CONDITIONS = {
    "blur": {"title": "Blur", "unit": "px", "identity": 0.0, "levels": (4, 1)},
    "dark": {"title": "Dark", "levels": (1,)},
}


def stressed(rows, n=40):
    faces = pd.DataFrame({"face_id": [f"f{k}" for k in range(n)], "age": 30.0})
    panel = SimpleNamespace(data_set="toy", protocol="full", contenders=["m", "silent"],
                            faces=faces, group=np.arange(n), female=np.ones(n))  # fmt: skip
    return pictures.stress_table(panel, rows, CONDITIONS)


def test_changed_pictures_by_hand():
    rows = changed()
    elsewhere = rows.assign(data_set="other", age_pred=99.0)
    table = stressed(pd.concat([rows, elsewhere, rows.assign(protocol="raw", age_pred=99.0)]))
    age, gender = (table[table["target"] == t] for t in ("age", "gender"))
    assert age["condition"].tolist() == ["unchanged", "blur", "blur", "noise"]
    assert age["level"].tolist() == [0, 4, 1, 3]
    assert age["place"].tolist() == gender["place"].tolist() == [0, 1, 2, 1]
    assert age["value"].tolist() == [0, 3, 0, 5]
    assert age["loss"].tolist() == [0, 3, 0, 5]
    assert gender["value"].tolist() == [1, 0, 1, 1]  # one half is female
    assert gender["loss"].tolist() == [0, 1, 0, 0]
    assert set(table["n"]) == {40}
    assert age["title"].tolist() == ["unchanged", "Blur", "Blur", "noise"]
    assert age["unit"].tolist() == ["", "px", "px", ""]
    assert stressed(rows[:0]).empty


def points(*rows):
    columns = ["condition", "contender", "target", "place", "level", "loss", "p_page"]
    table = pd.DataFrame(rows, columns=columns)
    named = {"title": table["condition"], "unit": "", "loss_low": 0.0, "loss_high": 0.0}
    return pictures.breaking_points(table.assign(**named))


def test_where_a_contender_breaks():
    """At the mildest level beyond the bar; a p of five percent is not beyond it."""
    found = points(
        ("unchanged", "m", "age", 0, 0.0, 0.0, 0.001),
        ("blur", "m", "age", 3, 9.0, 9.0, 0.001),
        ("blur", "m", "age", 2, 4.0, 4.0, 0.049),
        ("blur", "m", "age", 1, 1.0, 3.0, 0.05),
        ("dark", "m", "age", 1, 1.0, 2.0, 0.3),
        ("dark", "m", "age", 2, 2.0, 1.0, 0.3),
    )
    assert found["condition"].tolist() == ["blur", "dark"]
    assert found["place"].tolist() == pytest.approx([2, np.nan], nan_ok=True)
    assert found["level"].tolist() == pytest.approx([4, np.nan], nan_ok=True)
    assert found["loss"].tolist() == [4.0, 2.0]


def test_who_breaks_first():
    table = pd.DataFrame({"condition": ["blur"] * 3 + ["dark"] * 3, "contender": list("abcabc"),
                          "place": [2, 2, 1, 3, np.nan, np.nan]})  # fmt: skip
    assert pictures.first_to_break(table, ["a", "b"]) == {"a": ["blur", "dark"], "b": ["blur"]}
