"""How long a plan takes, by earlier runs on this machine."""

import json
import math

import pandas as pd
import pytest

from study.machine.estimate import estimate
from study.plan.model import validate_plan
from study.record.provenance import processor

PLAN = validate_plan({"name": "x", "contenders": {"dummy": {}, "hog-linear": {"alpha": 3.0}}})


@pytest.fixture
def write_run(tmp_path):
    """Return a function that leaves an earlier run in a folder of runs."""

    def write(name, started, seconds, *, options=None, machine=None, of="embedded"):
        run = tmp_path / name
        run.mkdir()
        settings = {"hog-linear": {"alpha": 3.0} if options is None else options}
        record = {
            "started": started,
            "machine": {"processor": machine or processor()},
            "plan": {"data": of, "contenders": settings},
        }
        (run / "provenance.json").write_text(json.dumps(record))
        costs = {"contender": ["hog-linear"], "fit_seconds": [seconds], "n_train": [1000]}
        pd.DataFrame(costs).to_parquet(run / "costs.parquet")

    return write


def seconds_of(plan, runs):
    return {e.contender: e.seconds for e in estimate(plan, runs)}


def test_the_newest_run_with_the_same_settings_on_this_processor_tells(write_run, tmp_path):
    write_run("old", "2026-01-01", 10.0)
    write_run("new", "2026-02-01", 20.0)
    write_run("other-settings", "2026-03-01", 30.0, options={})
    write_run("fewer-faces", "2026-03-02", 35.0, options={"alpha": 3.0, "train_size": 100})
    write_run("other-machine", "2026-04-01", 40.0, machine="another processor")
    write_run("other-data", "2026-05-01", 50.0, of="home/UTKFace.tar.gz")
    write_run("evaluated", "2026-06-01", math.nan)
    write_run("damaged", "2026-07-01", 60.0)
    (tmp_path / "damaged" / "costs.parquet").write_bytes(b"PAR1 no more")
    write_run("cut", "2026-08-01", 70.0)
    (tmp_path / "cut" / "provenance.json").write_text('{"plan": ')
    found = seconds_of(PLAN, tmp_path)
    assert found["hog-linear"] == 20.0 and math.isnan(found["dummy"])


def test_without_an_earlier_run_nothing_is_claimed(tmp_path):
    assert all(math.isnan(seconds) for seconds in seconds_of(PLAN, tmp_path).values())
    assert [entry.source for entry in estimate(PLAN, tmp_path)] == ["", ""]
