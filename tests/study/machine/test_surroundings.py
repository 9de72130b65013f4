"""Settings that shells, notebooks and containers leave behind; systems that are not POSIX."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd

from study.machine.surroundings import DROPPED, settle_environment

ROOT = Path(__file__).parents[3]

NO_POSIX = """
import builtins, os, sys

OURS = {"basis", "data", "pipelines", "reports", "study"}
POSIX = {"fcntl", "resource", "pwd", "grp", "termios", "posix", "tty", "pty", "syslog"}
for name in ("fcntl", "pwd", "grp", "termios"):  # psutil needs its own resource here
    sys.modules[name] = None
real = builtins.__import__


def guarded(name, globals=None, locals=None, fromlist=(), level=0):
    if name in POSIX and (globals or {}).get("__name__", "").split(".")[0] in OURS:
        raise ModuleNotFoundError(f"{name} is not on this system")
    return real(name, globals, locals, fromlist, level)


builtins.__import__ = guarded
for name in ("posix_fallocate", "sched_getaffinity", "fork", "mkfifo", "setsid",
             "O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC"):
    if hasattr(os, name):
        delattr(os, name)
"""
HOSTILE = {
    "MPLBACKEND": "module://a_notebook_that_is_not_here",
    "PYTHONWARNINGS": "error",
    "PYTHONOPTIMIZE": "2",
    "PYTHONIOENCODING": "ascii",
    "OMP_THREAD_LIMIT": "1",
    "LANG": "C",
    "LC_ALL": "C",
    "TERM": "dumb",
    "COLUMNS": "20",
    "NO_COLOR": "1",
    "TZ": "Pacific/Kiritimati",
}


def study(arguments, cwd=ROOT, path=(), **environment):
    """Run the command line in a process of its own."""
    path = os.pathsep.join([*map(str, path), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-m", "study", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        check=False,
    )


def test_inherited_settings_are_replaced_or_not_passed_on(tmp_path):
    environment = {**HOSTILE, "AGE_GENDER_STUDY_CACHE": str(tmp_path)}
    settle_environment(environment)
    assert environment["MPLBACKEND"] == "Agg"
    assert not set(DROPPED) & set(environment)
    assert environment["MPLCONFIGDIR"] == str(tmp_path / "matplotlib")


def test_a_hostile_system_without_posix_gives_the_same_numbers(finished, tmp_path):
    """Everything at once: were it not for the settings, each of them alone would break it."""
    (tmp_path / "sitecustomize.py").write_text(NO_POSIX)
    arguments = [*finished.arguments[:-1], tmp_path / "run", "--set", "leak=[]", "--json"]
    done = study(arguments, path=[tmp_path], **HOSTILE)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout.decode("utf-8"))["headline"]
    cells = sorted((tmp_path / "run" / "predictions").glob("*.parquet"))
    assert len(cells) == 4
    for path in cells:
        before = pd.read_parquet(finished.path / "predictions" / path.name)
        pd.testing.assert_frame_equal(pd.read_parquet(path), before, check_exact=True)


def test_listing_works_under_hostile_settings():
    done = study(["list"], **HOSTILE)
    assert done.returncode == 0, done.stderr.decode()
    assert "hog-kernel" in done.stdout.decode("ascii")


def test_without_a_writable_home_the_sentence_names_the_variable(small_faces, tmp_path):
    (tmp_path / "file").write_text("")
    home = {"HOME": str(tmp_path / "file"), "XDG_CACHE_HOME": "", "AGE_GENDER_STUDY_CACHE": ""}
    done = study(["data", "check", small_faces, "--no-pose"], **home)
    error = " ".join(done.stderr.decode().split())
    assert done.returncode == 2, error
    assert "AGE_GENDER_STUDY_CACHE" in error and "Traceback" not in error
    folder = {**home, "AGE_GENDER_STUDY_CACHE": str(tmp_path / "scratch")}
    done = study(["data", "check", small_faces, "--no-pose", "--json"], **folder)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["kept"] > 50
