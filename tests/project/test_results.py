"""Publishing a run: what is written, what is left out, and whose faces are not shown."""

import base64
import json
import zipfile

import pandas as pd
import pytest

import reports
from benchmarks import results
from benchmarks.simulated_run import simulated_run

CHART = "age-error-by-age"


@pytest.fixture
def run():
    return simulated_run(60, seeds=1)


def test_the_folder_holds_what_was_asked_for_and_nothing_else(run, tmp_path, monkeypatch):
    monkeypatch.setattr("reports.page.page.Page._charts", lambda self, section: [])  # slow
    folder = tmp_path / "results"
    results.publish(run, folder, [CHART], whole_page=True)
    assert {p.name for p in folder.iterdir()} == {"summary.json", "report.html", f"{CHART}.svg"}
    assert "<h1" in (folder / "report.html").read_text(encoding="utf-8")
    results.publish(run, folder, [], whole_page=False)
    assert [p.name for p in folder.iterdir()] == ["summary.json"]
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["n_faces"] == 60


def test_answers_are_enough_to_recompute_from(run, tmp_path):
    paths = {"path": "home/me/a.jpg", "sha256": "0f", "pixel_sha256": "1f"}
    run.faces = run.faces.assign(**paths)
    run.also = {"walls": reports.OtherSet(run.faces, run.predictions)}
    results.publish(run, tmp_path, [], answers=True)
    files = {p.name for p in tmp_path.iterdir()}
    assert files == {"summary.json"} | {
        f"{s}{t}.parquet" for s in ("", "walls-") for t in ("faces", "predictions")
    }
    faces, predictions = (pd.read_parquet(tmp_path / name) for name in reversed(results.ANSWERS))
    assert not paths.keys() & set(faces)
    again = reports.RunTables(faces, predictions, run.costs, run.provenance)
    assert reports.summary(again)["headline"] == reports.summary(run)["headline"]


def test_three_trainings_are_quoted_with_the_interval_of_the_recipe():
    row = {"contender": "cnn", "metric": "mae", "value": 4.3, "low": 4.2, "high": 4.41}
    one = {**row, "recipe_low": None, "recipe_high": None}
    three = {**row, "recipe_low": 4.1, "recipe_high": 4.52}
    for known, words in ((one, "4.30 [4.20, 4.41]"), (three, "4.30 [4.10, 4.52]")):
        table = results.headline_markdown({"headline": [known]}, {"cnn": 61 * 60})
        assert table.splitlines()[-1] == f"| `cnn` | {words} | - | - | - | 61 min |"


@pytest.mark.parametrize("finished", [None, "2026-11-27"])
def test_the_state_of_a_run_holds_neither_models_nor_faces_and_is_the_same_twice(
    tmp_path, finished
):
    run = tmp_path / "run"
    kept = ["identity.json", "predictions/a.parquet", "models/cnn/card.json", "leak/hog.parquet"]
    kept += ["answers/a.parquet"] if finished is None else []
    left = ["answers/a.parquet"] if finished else []
    left += ["faces.parquet", "models/cnn/tensors.safetensors", "thumbs/1.webp", "audit.csv"]
    for name in (*kept, *left):
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_text(name)
    (run / "provenance.json").write_text(json.dumps({"finished": finished}))
    archives = tmp_path / "first.zip", tmp_path / "second.zip"
    for path in archives:
        results.write_state(run, path)
    with zipfile.ZipFile(archives[0]) as archive:
        assert sorted(archive.namelist()) == sorted(kept)
        assert archive.read("leak/hog.parquet") == b"leak/hog.parquet"
    assert archives[0].read_bytes() == archives[1].read_bytes()


PUBLISHED = sorted((results.ROOT / "docs" / "results").glob("*/predictions.parquet"))


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.parent.name)
def test_published_answers_have_the_published_numbers(file):
    """With pandas alone: seeds are averaged."""
    summary = json.loads((file.parent / "summary.json").read_text(encoding="utf-8"))
    known = {(r["contender"], r["metric"]): r["value"] for r in summary["headline"]}
    answers = pd.read_parquet(file)
    table = answers[answers["protocol"] == summary["protocol"]].merge(
        pd.read_parquet(file.parent / "faces.parquet"), on="face_id", suffixes=("", "_true")
    )
    error = (table["age_pred"].astype(float) - table["age"]).abs()
    table = table.assign(
        mae=error,
        cs5=error <= 5,
        accuracy=(table["p_female"] >= 0.5) == (table["gender"] == "female"),
        coverage=(table["age_low"] <= table["age"]) & (table["age"] <= table["age_high"]),
    )
    metrics = ["mae", "cs5", "accuracy", "coverage"]
    found = table.groupby(["contender", "seed"])[metrics].mean().groupby("contender").mean()
    assert len(found) == len(summary["contenders"])
    for name, row in found.iterrows():
        for metric in metrics:
            assert row[metric] == pytest.approx(known[name, metric], rel=2e-5), (name, metric)


@pytest.mark.parametrize("allowed", [True, False, None])
def test_a_page_with_faces_needs_a_licence_that_allows_them(run, tmp_path, monkeypatch, allowed):
    monkeypatch.setattr("reports.page.page.Page._charts", lambda self, section: [])  # slow
    run.provenance["data_sets"]["simulated"]["thumbnails_allowed"] = allowed
    run.thumbnails = dict.fromkeys(run.faces["face_id"], b"RIFF a picture of WEBP")
    results.publish(run, tmp_path, [], whole_page=True)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    shown = base64.b64encode(b"RIFF a picture of WEBP").decode() in page
    assert shown is bool(allowed)


def test_no_folder_of_the_data_is_published():
    plan = {"data": "/home/me/UTKFace.tar.gz", "also": ["/a/b"], "predictions": {"m": "c/d.csv"}}
    provenance = {"command": "study run utkface --data /home/me/UTKFace.tar.gz", "plan": plan}
    results.hide_places(provenance)
    assert "/" not in json.dumps(provenance)
