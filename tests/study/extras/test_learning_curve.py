"""The learning curve's numbers, by hand."""

import json

import pandas as pd
import pytest

from benchmarks.simulated_run import simulated_run
from data import tables
from study.extras.learning_curve import write_learning_curve


@pytest.fixture
def run(tmp_path):
    for folder in ("predictions", "records"):
        (tmp_path / folder).mkdir()
    plan = {"contenders": {"dummy": {}, "cnn": {}, "cnn@20": {"of": "cnn", "train_size": 20}}}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    return tmp_path


def write(run, contender, n_train, protocol="full", error=2.0):
    """Write the cell of a contender that is ``error`` years off and wrong on every fourth face."""
    simulated = simulated_run(80)
    tables.write_table(simulated.faces, run / "faces.parquet", tables.FACES)
    cell = simulated.predictions
    cell = cell[(cell["contender"] == cell["contender"].iloc[0]) & (cell["seed"] == 0)]
    faces = simulated.faces.set_index("face_id").loc[cell["face_id"]]
    female = (faces["gender"] == "female").to_numpy()
    wrong = pd.Series(range(len(cell))).mod(4).eq(0).to_numpy()
    cell = cell.assign(
        contender=contender,
        protocol=protocol,
        age_pred=(faces["age"].to_numpy() + error).astype("float32"),
        age_low=float("nan"),
        age_high=float("nan"),
        p_female=(female ^ wrong).astype("float32"),
    )
    name = f"{protocol}.{contender}.seed0.fold0"
    tables.write_table(cell, run / "predictions" / f"{name}.parquet", tables.PREDICTIONS)
    (run / "records" / f"{name}.json").write_text(json.dumps({"costs": {"n_train": n_train}}))
    return 1 - wrong.mean()


def test_points_are_error_and_accuracy_at_the_number_of_training_faces(run):
    accuracy = write(run, "cnn", 48, error=2.0)
    write(run, "cnn@20", 20, error=5.0)
    write(run, "cnn", 30, protocol="adult", error=3.0)
    write(run, "dummy", 48)
    write_learning_curve(run)
    curve = pd.read_parquet(run / "curves.parquet")
    assert set(curve["curve"]) == {"learning"} and set(curve["contender"]) == {"cnn"}
    found = curve.set_index(["metric", "protocol", "x"])["value"]
    assert found["mae", "full", 20.0] == pytest.approx(5.0, abs=1e-5)
    assert found["mae", "full", 48.0] == pytest.approx(2.0, abs=1e-5)
    assert found["mae", "adult", 30.0] == pytest.approx(3.0, abs=1e-5)
    assert found["accuracy", "full", 20.0] == pytest.approx(accuracy)
    assert len(curve) == 6


def test_a_curve_of_which_no_cell_finished_is_no_table(run):
    write(run, "dummy", 48)
    (run / "curves.parquet").write_text("of an earlier run")
    write_learning_curve(run)
    assert not (run / "curves.parquet").exists()


def test_a_plan_of_one_size_has_no_curve(run):
    (run / "plan.json").write_text(json.dumps({"contenders": {"dummy": {}}}))
    write(run, "dummy", 48)
    write_learning_curve(run)
    assert not (run / "curves.parquet").exists()
