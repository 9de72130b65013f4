"""The examples of the gallery run, and what they conclude holds; the site shows their output."""

import ast
import re
import runpy
import tempfile
from pathlib import Path

import matplotlib
import numpy as np
import pytest

EXAMPLES = {
    path.stem: path for path in sorted((Path(__file__).parents[2] / "examples").glob("*.py"))
}
OURS = {"data", "pipelines", "reports", "study"}


@pytest.fixture
def run(monkeypatch, capsys):
    """Run one example as the gallery does; return its names and what it printed."""
    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    def run(name):
        plt.close("all")
        names = runpy.run_path(str(EXAMPLES[name]))
        drawn = len(plt.get_fignums())
        plt.close("all")
        shown = capsys.readouterr().out
        assert drawn and shown.strip(), "a lesson has a picture and a computed sentence"
        assert tempfile.gettempdir() + "/" not in shown and str(Path.home()) not in shown
        return names, shown

    return run


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_a_title_and_uses_public_names(name):
    tree = ast.parse(EXAMPLES[name].read_text())
    lines = ast.get_docstring(tree).splitlines()
    assert set(lines[1]) == {"="} and len(lines[1]) >= len(lines[0])
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.module.split(".")[0] not in OURS or "." not in node.module
        if isinstance(node, ast.Import):
            assert not [
                a.name for a in node.names if "." in a.name and a.name.split(".")[0] in OURS
            ]


def test_the_gallery_is_ordered_and_complete():
    source = (EXAMPLES["own_photos"].parents[1] / "docs/extensions/public_names.py").read_text()
    order = next(
        ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ORDER"
    )
    assert sorted(order) == sorted(EXAMPLES)


def test_hog_in_a_pipeline(run):
    _, shown = run("hog_in_a_pipeline")
    assert float(re.search(r"HOG \+ ridge: ([\d.]+) years", shown)[1]) < 13


def test_tune_with_groups(run):
    names, _ = run("tune_with_groups")
    assert names["flattered"].best_score_ > names["honest"].best_score_ > 0.7


def test_own_photos(run):
    names, _ = run("own_photos")
    assert names["error"] < names["alone"] - 5
    assert len(names["faces"].audit) >= 3, "the mistakes put in are found"


def test_find_the_copies(run):
    names, _ = run("find_the_copies")
    assert names["found"].loc["exact", "found"] == 8
    assert names["planted"]["found"].mean() > 0.8 and not names["strangers"]
    assert len(names["leaks"]) and not len(names["ours"])


def test_stack_hog_and_cnn(run):
    names, _ = run("stack_hog_and_cnn")
    assert (names["errors"].mean() < 16).all()


def test_own_backbone(run):
    names, _ = run("own_backbone")
    assert names["results"]["age MAE"].min() < names["median"] - 3


def test_honest_intervals(run):
    names, _ = run("honest_intervals")
    covered = names["report"].loc["all", "covered"]
    assert covered.between(85, 95).all()


def test_calibrated_gender(run):
    names, _ = run("calibrated_gender")
    scores = names["scores"]
    assert scores.loc["AgeGender", "log loss"] < scores.loc["raw score", "log loss"]
    apart = names["probability"]["AgeGender"] - names["probability"]["CalibratedClassifierCV"]
    assert np.abs(apart).max() < 0.01


def test_by_group(run):
    names, _ = run("by_group")
    assert names["apart"] < 1e-3, "fairlearn and the report count the same"
    assert len(names["clear"]) and len(names["beside"]) == 12


def test_report_for_predictions(run):
    names, _ = run("report_for_predictions")
    assert names["page"].startswith("<!doctype html") or "<html" in names["page"][:200]
    assert list(names["own"]["level"].unique()) == ["dark", "medium", "bright"]
    assert {finding["topic"] for finding in names["numbers"]["verdict"]} >= {"Age", "Gender"}


def test_learning_curve(run):
    names, _ = run("learning_curve")
    assert (names["means"].iloc[0] > names["means"].iloc[-1] + 2).all()
    assert names["means"].max().max() < 25, "no method is worse than the median alone"


def test_save_and_export(run):
    pytest.importorskip("onnxscript")
    names, shown = run("save_and_export")
    assert names["same"] and names["age_gap"] < 0.01
    assert "differs from its checksum" in shown
