"""Every caveat: said where it holds, silent just beside it."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from reports.page import caveats


def evaluation(n=100, seeds=(2, 2), absent=0, protocol="dedup", name="other", **more):
    names = ["a", "b"][: len(seeds)]
    complete = np.arange(n) >= absent
    answers = {
        c: SimpleNamespace(
            seeds=list(range(k)), complete=complete if c == "a" else complete | True, uneven={}
        )
        for c, k in zip(names, seeds, strict=True)
    }
    panel = SimpleNamespace(
        answers=answers, contenders=names, protocol=protocol, data_set=name, age=np.full(n, 30.0),
        faces=pd.DataFrame({"gender": ["male", "female"] * (n // 2) + ["male"] * (n % 2)}),
    )  # fmt: skip
    headline = pd.DataFrame(columns=["contender", "metric", "value", "low", "high"])
    defaults = {
        "panel": panel, "headline": headline, "failures": [], "skipped_columns": [],
        "run": SimpleNamespace(provenance={}), "value": lambda c, m: np.nan,
    }  # fmt: skip
    return SimpleNamespace(**defaults | more)


def about(**facts):
    return caveats._about_the_run(evaluation(**facts))


def provenance(**contenders):
    return SimpleNamespace(provenance={"contenders": contenders})


def test_nothing_to_say_about_a_complete_run():
    assert about() == []
    assert about(run=provenance(a={}, b={"trained": True, "pretrained_on": "ImageNet"})) == []
    assert caveats.caveats(evaluation()) == ["Gender is binary as annotated."]


def test_the_raw_protocol():
    assert about(protocol="raw") == [
        "Protocol raw keeps the copies: it is descriptive, and flatters everybody."
    ]


def test_seeds():
    (one,) = about(seeds=(1, 1))
    assert one.startswith("One seed only: how much a number moves")
    assert about(seeds=(3, 1)) == ["Not every contender has 3 seeds: b (1)."]
    assert about(seeds=(1, 2)) == ["Not every contender has 2 seeds: a (1)."]


def test_faces_without_an_answer_are_counted():
    (found,) = about(n=1500, absent=1001)
    assert found.startswith("a gave no answer for 1,001 of 1,500 test faces; its numbers")
    (one,) = about(absent=1)
    assert one.startswith("a gave no answer for 1 of 100 test faces;")


def test_foreign_pretrained_and_missing_contenders():
    run = provenance(
        a={"trained": False, "pretrained_on": "unknown"},
        b={"trained": True, "pretrained_on": "faces"},
        c={},
        d={},
    )
    foreign, faces, missing = about(run=run)
    assert foreign.startswith("Not trained on this split, and may have seen these images: a. Its")
    assert faces.startswith("Pre-trained on faces with names: b. The network")
    assert missing == "The run is not complete: no predictions of c, d yet."


def test_failures_and_what_was_left_out():
    assert about(failures=[{}]) == ["1 cell failed; see Provenance."]
    assert about(failures=[{}, {}]) == ["2 cells failed; see Provenance."]
    left = SimpleNamespace(provenance={"extras_left_out": [{"extra": "maps", "reason": "no mesh"}]})
    assert about(run=left) == ["Left out: maps (no mesh)."]
    assert about(skipped_columns=["person", "camera"]) == [
        "Left out because they have more than 100 levels: person, camera."
    ]


def test_few_faces():
    assert about(n=99) == ["Only 99 test faces: most differences cannot show."]
    assert about(n=100) == []


@pytest.mark.parametrize(("kept", "absent"), [("female", "male"), ("male", "female")])
def test_a_gender_that_is_not_there(kept, absent):
    found = evaluation()
    found.panel.faces = found.panel.faces.assign(gender=kept)
    assert caveats._about_the_run(found) == [
        f"No {absent} face in the test part: AUC and balanced accuracy have no value."
    ]


@pytest.mark.parametrize(
    ("name", "facts", "expected"),
    [
        ("UTKFace-aligned", {}, caveats.UTKFACE),
        ("mine", {"kind": "utkface"}, caveats.UTKFACE),
        ("mine", {"kind": "embedded"}, caveats.EMBEDDED),
        ("utkface", {"kind": "folder"}, ("Gender is binary as annotated.",)),
        ("utkface", {"kind": None}, caveats.UTKFACE),
    ],
)
def test_the_reader_says_which_data_set_it_is_before_its_name_does(name, facts, expected):
    run = SimpleNamespace(provenance={"data_sets": {name: facts}})
    assert caveats.caveats(evaluation(name=name, run=run)) == list(expected)


def swapped(accuracy_high, auc, auc_high):
    headline = pd.DataFrame(
        [
            ("a", "accuracy", 0.3, 0.2, accuracy_high),
            ("a", "auc", auc, 0.1, auc_high),
            ("b", "accuracy", 0.9, 0.8, 0.95),
        ],
        columns=["contender", "metric", "value", "low", "high"],
    )
    values = {"a": auc, "b": 0.95}
    return caveats.warnings(evaluation(headline=headline, value=lambda c, m: values[c]))


def test_wrong_more_often_than_a_coin():
    (found,) = swapped(0.45, 0.25, 0.4)
    assert found == (
        "a is wrong on gender more often than a coin: gender accuracy 30.0% (20.0% to 45.0%) and "
        "gender AUC 0.250 (0.100 to 0.400). Labels may be swapped: see what 0 and 1, or male and "
        "female, mean in the data and in its answers."
    )
    assert "AUC" not in swapped(0.45, 0.45, 0.5)[0].partition(". Labels")[0]
    assert swapped(0.5, 0.45, 0.5) == []


def test_a_constant_answer_is_no_swap_and_no_auc_is_no_defence():
    assert swapped(0.45, 0.5, 0.6) == []
    assert len(swapped(0.45, np.nan, np.nan)) == 1


def test_one_gender_alone_cannot_be_swapped():
    headline = pd.DataFrame(
        [("a", "accuracy", 0.1, 0.0, 0.2)],
        columns=["contender", "metric", "value", "low", "high"],
    )
    both = evaluation(headline=headline)
    assert len(caveats.warnings(both)) == 1
    both.panel.faces = pd.DataFrame({"gender": ["male"] * 100})
    assert caveats.warnings(both) == []


def test_warnings_come_first():
    headline = pd.DataFrame(
        [("a", "accuracy", 0.3, 0.2, 0.4)],
        columns=["contender", "metric", "value", "low", "high"],
    )
    found = caveats.caveats(evaluation(headline=headline, protocol="raw"))
    assert [words.split()[0] for words in found] == ["a", "Gender", "Protocol"]
