"""Publishing a run: what is written, what is left out, and whose faces are not shown."""

import json

import pytest

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


def test_a_page_with_faces_needs_a_licence_that_allows_them(run, tmp_path):
    facts = run.provenance["data_sets"]["simulated"]
    run.thumbnails = {run.faces["face_id"].iloc[0]: b"a picture"}
    for facts["thumbnails_allowed"] in (False, None):
        with pytest.raises(SystemExit, match="shows faces of simulated, whose licence"):
            results.publish(run, tmp_path / "results", [], whole_page=True)
    assert not (tmp_path / "results").exists()
    facts["thumbnails_allowed"] = True
    assert results.faces_that_stay_here(run) == []


def test_no_folder_of_the_data_is_published():
    plan = {"data": "/home/me/UTKFace.tar.gz", "also": ["/a/b"], "predictions": {"m": "c/d.csv"}}
    provenance = {"command": "study run utkface --data /home/me/UTKFace.tar.gz", "plan": plan}
    results.hide_places(provenance)
    assert "/" not in json.dumps(provenance)
