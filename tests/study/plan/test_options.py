"""Every option of a plan changes what is run, in the way its description says."""

import numpy as np
import pytest

import data
from study import run as study_run
from study.errors import UsageError
from study.plan.cells import Job, grid
from study.plan.contender import ContenderPlan
from study.plan.model import Plan, validate_plan
from study.plan.own import OwnContenders
from study.record.directory import RunDirectory

BASE = {"name": "x", "contenders": {"dummy": {}, "hog-linear": {}}}


@pytest.fixture(scope="module")
def faces(small_faces):
    return data.load(small_faces, pose=False)


@pytest.fixture
def jobs(faces, tmp_path, monkeypatch):
    """Return a function from a plan's changes to its jobs on four cores, by contender."""
    monkeypatch.setattr(study_run, "visible_devices", list)

    def make(**change):
        plan = validate_plan({**BASE, **change})
        run = RunDirectory(tmp_path / "run")
        found = study_run._jobs(plan, OwnContenders(), grid(plan, "x"), faces, run, 4, None)
        return {job.cell.contender: job for job in found}

    return make


def test_nothing_is_forgotten():
    assert set(Plan.model_fields) == {
        "name", "summary", "data", "protocols", "seeds", "folds", "contenders", "predictions",
        "pair", "leak", "also", "stress", "thumbnails", "save_models",
    }  # fmt: skip
    assert set(ContenderPlan.model_fields) == {
        "cores", "threads", "image_size", "of", "train_size",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "n_cells"),
    [
        ({}, 2),
        ({"seeds": [0, 1, 2]}, 6),
        ({"protocols": ["full", "adult"]}, 4),
        ({"folds": 5}, 10),
        ({"seeds": [0, 1], "protocols": ["full", "raw"], "folds": 2}, 16),
    ],
)
def test_protocols_seeds_and_folds_span_the_grid(change, n_cells):
    assert len(grid(validate_plan({**BASE, **change}), "x")) == n_cells


def test_cores_and_threads(jobs):
    assert (jobs()["dummy"].cores, jobs()["dummy"].threads) == (1, 1)
    chosen = jobs(contenders={"dummy": {"cores": 3}, "hog-linear": {"cores": 9, "threads": 2}})
    assert (chosen["dummy"].cores, chosen["dummy"].threads) == (3, 3)
    assert (chosen["hog-linear"].cores, chosen["hog-linear"].threads) == (4, 2)
    assert chosen["dummy"].shared and not chosen["hog-linear"].shared


def test_image_size(jobs):
    chosen = jobs(contenders={"dummy": {"image_size": 24}})["dummy"]
    assert chosen.image_size == 24
    assert np.load(chosen.pixels, mmap_mode="r").shape[1:] == (24, 24, 3)


def test_of_and_train_size_and_options(jobs):
    few = {"of": "hog-linear", "train_size": 30, "alpha": 2.5}
    chosen = jobs(contenders={"few": few})["few"]
    assert (chosen.contender, chosen.train_size, chosen.options) == (
        "hog-linear",
        30,
        {"alpha": 2.5},
    )
    assert Job.from_json(chosen.to_json()) == chosen


def test_models_are_saved_once_per_contender_or_never(jobs, faces, tmp_path):
    assert jobs()["hog-linear"].save_model
    assert not jobs(save_models=False)["hog-linear"].save_model
    plan = validate_plan({**BASE, "seeds": [3, 4], "protocols": ["full", "adult"]})
    cells = grid(plan, "x")
    made = study_run._jobs(plan, OwnContenders(), cells, faces, RunDirectory(tmp_path), 2, None)
    saving = [job.cell for job in made if job.save_model]
    assert {(c.contender, c.seed, c.protocol) for c in saving} == {
        ("dummy", 3, "full"), ("hog-linear", 3, "full"),
    }  # fmt: skip


def test_thumbnails_of_faces_that_may_not_be_shown(small_faces, tmp_path):
    plan = validate_plan({**BASE, "data": str(small_faces), "thumbnails": True})
    with pytest.raises(UsageError, match="does not allow faces in a report"):
        study_run.run_study(plan, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_leak_and_stress_become_extras(faces, tmp_path):
    run = RunDirectory(tmp_path)
    assert study_run._extras(validate_plan(BASE), OwnContenders(), faces, run, 1, None) == []
    plan = validate_plan({**BASE, "leak": ["dummy"]})
    assert [e.name for e in study_run._extras(plan, OwnContenders(), faces, run, 1, None)] == [
        "value of the leak"
    ]
