"""Questions of age assurance, by hand."""

import numpy as np
from small_panels import panel_of

from reports.statistics import age_assurance as assurance


def test_thresholds_need_ten_faces_on_either_side():
    def asked(below, above):
        age = np.r_[np.full(below, 15), np.full(above, 18), np.full(30, 60)]
        return assurance.thresholds(panel_of(age, age))

    assert asked(10, 10) == [16, 18]
    assert asked(9, 10) == asked(10, 9) == []
    assert assurance.THRESHOLDS == (13, 16, 18, 21, 25)


def test_years_near_a_threshold_by_hand():
    """13 to 17 and 18 to 22 are near 18; 12 and 23 are not."""
    age = np.repeat([12, 13, 17, 18, 22, 23], 10)
    table = assurance.age_assurance(panel_of(age, np.full(60, 18.0)))
    rows = table[(table["threshold"] == 18) & (table["group"] == "")].set_index("question")
    assert rows.loc["13 to 17 years, passed as 18 or older", ["n", "value"]].tolist() == [20, 1.0]
    assert rows.loc["18 to 22 years, refused", ["n", "value"]].tolist() == [20, 0.0]
    assert set(table.loc[table["group"] != "", "group"]) == {"male", "female"}
    whole = table[(table["threshold"] == 0) & (table["group"] == "")].set_index("question")
    assert whole.loc["MAE, 13 to 17 years", ["n", "value"]].tolist() == [20, 3.0]
    assert whole.loc["MAE, 18 to 30 years", ["n", "value"]].tolist() == [30, 3.0]


def test_children_by_hand():
    """13 and 16 lie inside the room of children, 12 and 17 outside; 25 is no child."""
    age = np.repeat([8, 12, 13, 16, 17, 20], 10)
    predicted = np.tile([12.9, 13.0, 16.9, 17.0, 25.0], 12)
    table = assurance.age_assurance(panel_of(age, predicted))
    rows = table[(table["threshold"] == 13) & (table["group"] == "")].set_index("question")
    for words in ("13 to 16 years, recognised as 13 to 16", "8 to 12 years, taken for 13 to 16",
                  "17 to 20 years, taken for 13 to 16"):  # fmt: skip
        assert rows.loc[words, ["n", "value"]].tolist() == [20, 0.4]


def test_challenge_25_by_hand():
    age = np.repeat([13, 14, 17, 18, 22, 24, 25, 34, 35], 10)
    table = assurance.age_assurance(panel_of(age, np.tile([24.9, 25.0], 45)))
    rows = table[(table["threshold"] == 18) & (table["group"] == "")].set_index("question")
    young = "challenge 25, false positives: 14 to 17 years, estimated 25 or older"
    grown = "challenge 25, false negatives: 25 to 34 years, estimated younger than 25"
    assert rows.loc[young, ["n", "value"]].tolist() == [20, 0.5]
    assert rows.loc[grown, ["n", "value"]].tolist() == [20, 0.5]


def test_buffers_by_hand():
    """Ages 14 to 17 that look 20, ages 18 to 30 that look 30; others play no part."""
    age = np.repeat([13, 14, 17, 18, 30, 31], 10)
    looks = np.repeat([99.0, 20, 20, 30, 30, 5], 10)
    table = assurance.buffers(panel_of(age, looks)).set_index(["error", "challenge"])
    assert table.index.get_level_values("challenge").unique().tolist() == list(range(18, 36))
    assert set(table["n"]) == {20}
    passed, asked = table.loc["false positives", "value"], table.loc["false negatives", "value"]
    assert passed[20] == 1.0
    assert passed[21] == 0.0
    assert asked[30] == 0.0
    assert asked[31] == 1.0
    few = assurance.buffers(panel_of(np.r_[np.full(9, 15), np.full(10, 20)], np.full(19, 20.0)))
    assert set(few["error"]) == {"false negatives"}


def test_pass_rates_by_hand():
    age = np.repeat([7, 8, 18, 28, 29], 10)
    table = assurance.pass_rates(panel_of(age, np.full(50, 18.0)), 18)
    assert table["age"].tolist() == [8, 18, 28]
    assert table["value"].tolist() == [1.0, 1.0, 1.0]
    young = assurance.pass_rates(panel_of(np.repeat([0, 3, 15], 10), np.full(30, 4.9)), 5)
    assert young["age"].tolist() == [0, 3, 15]
    assert young["value"].tolist() == [0.0, 0.0, 0.0]
