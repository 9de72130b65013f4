"""Runs that are small, one-sided or half done give a page that says so; wrong ones are refused."""

import numpy as np
import pandas as pd
import pytest

import reports
from benchmarks.simulated_run import simulated_run
from data.tables import ContractError


def test_nan_and_infinite_predictions_are_refused(run, changed):
    for value, words in ((np.nan, "is missing"), (np.inf, "is infinite")):
        predictions = run.predictions.copy()
        predictions.loc[7, "age_pred"] = value
        with pytest.raises(ContractError, match=f"age_pred.*{words}.*row 7"):
            changed(run, predictions=predictions)


def test_duplicated_rows_are_refused(run, changed):
    twice = pd.concat([run.predictions, run.predictions.head(1)])
    with pytest.raises(ContractError, match="more than one row"):
        changed(run, predictions=twice)


def test_unknown_faces_are_named(run, changed):
    with pytest.raises(ContractError, match="is not in faces"):
        changed(run, faces=run.faces.iloc[: len(run.faces) // 10])


def test_unlabelled_faces_are_named(run, changed):
    faces = run.faces.copy()
    at = faces.index[faces["face_id"] == run.predictions["face_id"].iloc[0]][0]
    faces.loc[at, ["age", "keep", "drop_reason"]] = [np.nan, False, "no age"]
    with pytest.raises(ContractError, match="no age or no gender"):
        changed(run, faces=faces)


def test_no_predictions_are_refused(run, changed):
    with pytest.raises(ContractError, match="nothing to report"):
        changed(run, predictions=run.predictions.head(0))


def test_missing_column_of_an_optional_table_is_named(run, changed):
    with pytest.raises(ContractError, match="curves: column 'curve'"):
        changed(run, curves=pd.DataFrame({"x": [1]}))


def test_one_contender_one_seed(unexported, run, changed, only):
    page = reports.render(changed(run, predictions=only(run, contender="cnn", seed=0)))
    assert "There is nothing to compare it with" in page
    assert "One seed only" in page


def test_one_gender(unexported, run, changed, only):
    women = run.faces.loc[run.faces["gender"] == "female", "face_id"]
    alone = changed(run, predictions=only(run, face_id=women.to_numpy()))
    page = reports.render(alone)
    assert "No male face in the test part" in page
    metrics = {r["metric"] for r in reports.summary(alone)["headline"]}
    assert "auc" not in metrics
    assert "accuracy" in metrics


def test_pose_unknown_for_all(unexported):
    run = simulated_run(60, pose_known=0.0)
    assert "The pose of no test face is known" in reports.render(run)
    assert reports.summary(run)["standardised"] == {}


def test_faces_without_age_classes(unexported, run, changed):
    faces = run.faces.drop(columns=["age_class", "age_bin", "yaw_bin", "pitch_bin"])
    page = reports.render(changed(run, faces=faces))
    assert "Age error by gender" in page


def test_hundred_categories_and_a_key_column(unexported, run, changed):
    faces = run.faces.copy()
    codes = np.arange(len(faces))
    faces["camera"] = pd.Categorical([f"camera {k % 100}" for k in codes])
    faces["file"] = pd.Categorical([f"file {k}" for k in codes])
    page = reports.render(changed(run, faces=faces))
    assert "Age error by camera" in page
    assert "Left out because they have more than 100 levels: file" in page


@pytest.mark.parametrize("n", [1, 3])
def test_very_few_faces(unexported, run, n, changed, only):
    ids = run.predictions["face_id"].unique()[:n]
    few = changed(run, predictions=only(run, face_id=ids))
    assert f"Only {n} test faces" in reports.render(few)


def test_interrupted_run_says_what_is_missing(unpictured, run, changed):
    rows = run.predictions
    part = rows[
        (rows["contender"] != "cnn") & ~((rows["contender"] == "dummy") & (rows["seed"] > 0))
    ]
    half = changed(run, predictions=part, costs=run.costs.head(0), splits=None)
    half.failures = [{"cell": {"contender": "cnn", "seed": 1}, "error": "MemoryError"}]
    page = reports.render(half)
    assert "The run is not complete: no predictions of cnn yet" in page
    assert "Not every contender has 3 seeds: dummy (1)" in page
    assert "MemoryError" in page
    assert "The run holds no costs" in page
    assert "The run holds no splits table" in page


def test_faces_that_a_contender_left_out_are_counted(unpictured, run, changed):
    rows = run.predictions
    ids = rows["face_id"].unique()[:5]
    part = rows[~((rows["contender"] == "hog-kernel") & rows["face_id"].isin(ids))]
    partial = changed(run, predictions=part)
    assert f"hog-kernel gave no answer for 5 of {len(rows['face_id'].unique())}" in reports.render(
        partial
    )
    tests = [t for t in reports.summary(partial)["tests"] if t["breakdown"] == ""]
    assert {t["n"] for t in tests} == {len(rows["face_id"].unique()) - 5}


def test_swapped_gender_labels_are_said_on_page_and_terminal(unpictured, run, changed, capsys):
    """A contender far below one half; a constant one that is wrong on most faces is not meant."""
    from study.terminal.results import show_results

    rows = run.predictions.copy()
    swapped = rows["contender"] == "cnn"
    rows.loc[swapped, "p_female"] = 1 - rows.loc[swapped, "p_female"]
    rows.loc[rows["contender"] == "dummy", "p_female"] = 0.6
    one = changed(run, predictions=rows)
    summary = reports.summary(one)
    dummy = [r for r in summary["headline"] if r["contender"] == "dummy"]
    assert next(r["value"] for r in dummy if r["metric"] == "accuracy") < 0.5
    (warning,) = summary["warnings"]
    assert warning.startswith("cnn is wrong on gender more often than a coin: gender accuracy ")
    assert "Labels may be swapped" in warning
    assert "Labels may be swapped" in reports.render(one)
    show_results(summary, "run", list(summary["contenders"]))
    assert "Labels may be swapped" in " ".join(capsys.readouterr().out.split())
    assert reports.summary(run)["warnings"] == []


def test_names_of_any_length_are_drawn_and_told_apart(unexported, run, changed):
    """Names of 69 characters once crashed the page; they differ at the end only."""
    start = "a-contender-with-every-one-of-its-settings-written-into-its-name-lr"
    names = {"hog-kernel": f"{start}01", "cnn": f"{start}02"}
    assert {len(name) for name in names.values()} == {69}
    facts = run.provenance["contenders"]
    one = changed(
        run,
        predictions=run.predictions.replace({"contender": names}),
        costs=run.costs.replace({"contender": names}),
        provenance=run.provenance
        | {"contenders": {names.get(k, k): v for k, v in facts.items()}, "select_scores": {}},
    )
    page = reports.render(one)
    for name in names.values():
        assert name in page
