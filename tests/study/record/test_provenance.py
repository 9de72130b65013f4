"""What a run says of itself: versions, machine, contenders, command; and its line in the index."""

import datetime as dt
import re
from types import SimpleNamespace

import pandas as pd
import psutil
import pytest

from basis.files import write_json
from study.plan.model import validate_plan
from study.record import identity, index, provenance
from study.record.identity import differences, library_versions

PLAN = {
    "name": "toy", "seeds": [3, 5], "protocols": ["adult"],
    "predictions": {"theirs": "x/cloud.csv"},
    "contenders": {
        "hog-linear": {"alpha": 2.0, "image_size": 64},
        "fresh": {"of": "cnn", "weights": "pretrained"},
        "empty": {"of": "cnn", "weights": False},
        "dummy": {},
    },
}  # fmt: skip
FACES = SimpleNamespace(
    name="toy", kind="folder", licence="Ask.", thumbnails_allowed=True, content_hash="abc",
    table=pd.DataFrame({"keep": [True, False, True]}),
)  # fmt: skip


def test_versions_name_python_and_leave_out_what_is_absent(monkeypatch):
    found = provenance.versions()
    assert found["numpy"] == __import__("numpy").__version__
    assert re.fullmatch(r"3\.\d+\.\d+.*", found["python"])
    monkeypatch.setattr(provenance, "PACKAGES", ("no-such-distribution", "numpy"))
    assert list(provenance.versions()) == ["python", "numpy"]
    monkeypatch.setattr(identity, "COMPUTING", ("no-such-distribution", "numpy"))
    assert list(library_versions()) == ["python", "numpy"]
    assert re.fullmatch(r"3\.\d+", library_versions()["python"])


def test_the_machine():
    found = provenance.machine(3)
    assert found["cores"] == 3
    assert found["memory_bytes"] == psutil.virtual_memory().total
    assert found["processor"] == provenance.processor() != ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "vendor_id : x\nmodel name\t: Fast 9000 @ 2:1 GHz \nmodel name : Other\n",
            "Fast 9000 @ 2:1 GHz",
        ),
        ("vendor_id : x\n", "plain"),
        (None, "plain"),
    ],
)
def test_the_processor_by_name(tmp_path, monkeypatch, text, expected):
    info = tmp_path / "cpuinfo"
    if text is not None:
        info.write_text(text)
    monkeypatch.setattr(provenance, "Path", lambda name: info)
    monkeypatch.setattr(provenance.platform, "processor", lambda: "plain")
    assert provenance.processor() == expected


def test_contenders_say_what_they_are():
    plan = validate_plan(PLAN)
    found = provenance.contender_facts(plan)
    assert list(found) == ["hog-linear", "fresh", "empty", "dummy", "theirs"]
    hog = found["hog-linear"]
    assert (hog["family"], hog["trained"], hog["image_size"]) == ("classical", True, 64)
    assert hog["options"] == {"alpha": 2.0}
    assert found["fresh"]["image_size"] > 0
    assert found["theirs"] == {
        "summary": "predictions read from cloud.csv; may have seen these images",
        "family": "off-the-shelf", "trained": False, "pretrained_on": "unknown",
        "image_size": None, "options": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "ImageNet"),
        ({"weights": "pretrained"}, "ImageNet"),
        ({"weights": None}, "random start"),
        ({"weights": "mine.pth"}, "mine.pth"),
        ({"epochs": 3}, "ImageNet"),
        ({"recipe": "quick"}, "ImageNet"),
        ({"recipe": "face"}, "faces"),
        ({"backbone": "dlib_face_resnet"}, "faces"),
        ({"backbone": "tf_efficientnet_lite2"}, "ImageNet"),
        ({"backbone": "resnet18.a1_in1k"}, "published weights of resnet18.a1_in1k"),
        ({"recipe": "face", "backbone": "tf_efficientnet_lite0"}, "ImageNet"),
    ],
)
def test_what_a_network_learnt_before(options, expected):
    known = SimpleNamespace(pretrained_on="ImageNet")
    assert provenance._pretraining(known, options) == expected


@pytest.mark.parametrize(
    ("known", "options", "expected"),
    [
        ("faces", {}, "faces"),
        ("faces", {"recipe": "full"}, "ImageNet"),
        ("faces", {"backbone": "tf_efficientnet_lite0"}, "ImageNet"),
        ("random start", {"recipe": "quick"}, "random start"),
        ("random start", {"weights": "pretrained"}, "ImageNet"),
        ("face landmarks", {"n_shape": 0}, "face landmarks"),
    ],
)
def test_what_others_learnt_before(known, options, expected):
    assert provenance._pretraining(SimpleNamespace(pretrained_on=known), options) == expected


def test_the_whole_record(monkeypatch):
    monkeypatch.setattr(provenance.sys, "argv", ["study", "run", "--out", "a b"])
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    found = provenance.describe(validate_plan(PLAN), FACES, 2)
    assert before <= dt.datetime.fromisoformat(found["started"]) <= dt.datetime.now(dt.UTC)
    assert found["command"] == "study run --out 'a b'"
    assert (found["plan_name"], found["seeds"], found["protocols"]) == ("toy", [3, 5], ["adult"])
    assert found["finished"] is None
    assert found["data_sets"] == {
        "toy": {
            "title": "toy", "kind": "folder", "licence": "Ask.", "thumbnails_allowed": True,
            "content_hash": "abc", "n_faces": 3, "n_kept": 2,
        }
    }  # fmt: skip
    assert "folds" not in found["plan"]
    assert found["plan"]["contenders"]["hog-linear"]["alpha"] == 2.0
    assert found["machine"]["cores"] == 2


def test_differences_in_words():
    one = {"plan": "a", "data": "b", "libraries": {"numpy": "1", "scipy": "3"}}
    two = {"plan": "x", "data": "b", "libraries": {"numpy": "2", "torch": "5", "scipy": "3"}}
    assert differences(one, one) == []
    assert differences(one, two) == ["another plan", "numpy 1 (now 2)", "torch absent (now 5)"]
    assert differences(two, one) == ["another plan", "numpy 2 (now 1)", "torch 5 (now absent)"]
    assert differences({}, {}) == []


def test_the_index_of_runs(tmp_path, monkeypatch):
    for name, finished in (("b", None), ("a", "2026-01-01")):
        run = tmp_path / name
        (run / "predictions").mkdir(parents=True)
        facts = {"started": f"in {name}", "finished": finished, "data_sets": {"x": {}, "y": {}}}
        write_json(run / "provenance.json", facts)
    (tmp_path / "b" / "predictions" / "one.parquet").touch()
    (tmp_path / "a" / "report.html").touch()
    write_json(tmp_path / "a" / "summary.json", {"n": 1})
    (tmp_path / "no run").mkdir()
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "provenance.json").write_text('{"started": ')
    seen = []
    monkeypatch.setattr(index.reports, "index", lambda entries: seen.extend(entries) or "page")
    path = index.write_index(tmp_path)
    assert path == tmp_path / "index.html"
    assert path.read_text() == "page"
    assert seen == [
        {"name": "a", "href": "a/report.html", "started": "in a", "data_set": "x, y",
         "state": "finished", "summary": {"n": 1}},
        {"name": "b", "href": None, "started": "in b", "data_set": "x, y",
         "state": "1 cells finished", "summary": None},
        {"name": "cut", "href": None, "started": None, "data_set": "", "state": "damaged",
         "summary": None},
    ]  # fmt: skip
