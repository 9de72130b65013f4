"""Several runs on one page."""

import numpy as np
import pytest

import reports
from benchmarks.simulated_run import simulated_run


def test_compare_pairs_shared_faces(run, changed):
    other = simulated_run(60, random_state=1)
    better = run.predictions.copy()
    cnn = better["contender"] == "cnn"
    truth = better["face_id"].map(run.faces.set_index("face_id")["age"])
    better.loc[cnn, "age_pred"] = ((better["age_pred"] + truth) / 2)[cnn]
    better["age_low"] = np.nan
    better["age_high"] = np.nan
    page = reports.compare({"before": run, "after": changed(run, predictions=better)})
    assert "Change against the first run" in page
    assert "has the plan and the versions of before" in page
    strangers = {face: f"other {face}" for face in other.faces["face_id"]}
    apart = changed(
        other,
        faces=other.faces.assign(face_id=other.faces["face_id"].map(strangers)),
        predictions=other.predictions.assign(face_id=other.predictions["face_id"].map(strangers)),
        splits=None,
    )
    assert "shares no contender or no test face" in reports.compare([run, apart])


def test_changes_are_exact(run, changed):
    from reports.panel import panels
    from reports.runs.compare import changes

    shifted = run.predictions.copy()
    shifted["p_female"] = 1 - shifted["p_female"]
    table = changes(panels(run)[0], panels(changed(run, predictions=shifted))[0]).set_index(
        "contender"
    )
    right = reports.summary(run)["headline"]
    accuracy = {r["contender"]: r["value"] for r in right if r["metric"] == "accuracy"}
    assert table.loc["cnn", "less error"] == 0
    assert table.loc["cnn", "more right"] == pytest.approx(1 - 2 * accuracy["cnn"], abs=0.01)


def test_comparing_needs_two(run):
    with pytest.raises(ValueError, match="at least two runs"):
        reports.compare([run])


def test_index_lists_newest_first_and_escapes(summary):
    page = reports.index(
        [
            {"name": "<b>old", "href": None, "started": "2026-01-01T00:00:00", "summary": None},
            {"name": "new", "href": "new/report.html", "started": "2026-02-01T00:00:00",
             "summary": summary},
        ]
    )  # fmt: skip
    assert page.index("new/report.html") < page.index("&lt;b&gt;old")
    assert "cnn estimates age better" in page
    assert "no report yet" in page
    assert "No run yet" in reports.index([])
