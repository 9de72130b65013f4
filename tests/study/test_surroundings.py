"""A hostile machine: no space, no permission, an interrupt, an old run."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from study.__main__ import call

ROOT = Path(__file__).parents[2]
PLAN = 'summary = "two"\n[contenders.dummy]\n[contenders.hog-linear]\n'


@pytest.fixture
def arguments(small_faces, tmp_path):
    plan = tmp_path / "two.toml"
    plan.write_text(PLAN)
    return ["run", "--plan", str(plan), "--data", str(small_faces), "--jobs", "1", "--out"]


def test_a_run_of_another_version_is_refused_and_left_as_it_is(arguments, tmp_path, capsys):
    run = tmp_path / "run"
    run.mkdir()
    identity = {"format": 0, "plan": "", "data": ""}
    (run / "identity.json").write_text(json.dumps(identity))
    assert call([*arguments, str(run)]) == 2
    assert "written by another version" in " ".join(capsys.readouterr().err.split())
    assert json.loads((run / "identity.json").read_text()) == identity


def test_an_output_that_cannot_be_written(arguments, tmp_path, monkeypatch, capsys):
    def refuse(self, *options, **more):
        if "locked-away" in self.parts:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self))
        make(self, *options, **more)

    make = Path.mkdir
    monkeypatch.setattr(Path, "mkdir", refuse)
    assert call([*arguments, str(tmp_path / "locked-away")]) == 1
    error = " ".join(capsys.readouterr().err.split())
    assert "Read-only file system" in error and "locked-away" in error
    assert "Traceback" not in error


def test_a_full_disk_loses_nothing_that_was_finished(arguments, tmp_path):
    """The run directory lies on a small disk; then the disk grows and the run continues."""
    disk, script = tmp_path / "disk", tmp_path / "script.sh"
    disk.mkdir()
    study = f"{sys.executable} -m study {' '.join(arguments)} {disk}/run"
    script.write_text(
        f"mount -t tmpfs -o size=300k none {disk} || exit 77\n"
        f"{study}; echo first $?\n"
        f"ls {disk}/run/predictions\n"
        f"mount -o remount,size=80m {disk}\n"
        f"{study}; echo second $?\n"
        f"cp -r {disk}/run {tmp_path}/kept\n"
    )
    if not shutil.which("unshare"):
        pytest.skip("this system has no disks of one's own")
    alone = ["unshare", "--map-root-user", "--mount", "sh", str(script)]
    done = subprocess.run(alone, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this system does not allow a disk of one's own")
    assert "first 1" in done.stdout, done.stderr
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "second 0" in done.stdout, done.stderr
    kept = tmp_path / "kept"
    assert len(list((kept / "predictions").glob("*.parquet"))) == 2
    assert not list(kept.rglob("*.tmp"))
    assert "hog-linear" in (kept / "report.html").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is another signal there")
def test_ctrl_c_says_how_to_go_on(arguments, tmp_path):
    run = tmp_path / "run"
    command = [sys.executable, "-m", "study", *arguments, str(run)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        # a job in the background of a script inherits an ignored SIGINT; a terminal's does not
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not list(run.glob("records/*.log")):
        time.sleep(0.05)
        assert process.poll() is None, "it ended before it could be interrupted"
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command continues" in " ".join(error.split())
    assert "Traceback" not in error
    assert call([*arguments, str(run)]) == 0
