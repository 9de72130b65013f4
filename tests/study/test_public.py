"""What study offers: documented, imported when used; help answers at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from docstrings import example_faults, section_faults, tops, with_methods

import study

ROOT = Path(__file__).parents[2]
PUBLIC = tops("study", study.__all__)
EXCEPTIONS = ["study.StudyFailed", "study.UsageError"]


@pytest.mark.parametrize("path", with_methods(PUBLIC))
def test_every_public_name_is_documented(path):
    assert not section_faults(path)


@pytest.mark.parametrize("path", [path for path in PUBLIC if path not in EXCEPTIONS])
def test_examples_run(path):
    assert not example_faults(path)


def seconds(code):
    """The processor time of a fresh interpreter, best of three."""
    measure = f"import time, sys\n{code}\nprint(time.process_time())"
    ask = [sys.executable, "-c", measure]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    return min(
        float(
            subprocess.run(
                ask, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
            ).stdout.split()[-1]
        )
        for _ in range(3)
    )


def test_help_takes_little_more_than_typer_and_rich_take():
    needed = seconds(
        "import typer\napp = typer.Typer(rich_markup_mode='markdown')\n"
        "@app.command()\ndef a(x: int = 1): 'Say.'\n@app.command()\ndef b(x: int = 1): 'Say.'\n"
        "app(['--help'], standalone_mode=False)"
    )
    ours = seconds("from study.__main__ import call\nassert call(['--help']) == 0")
    assert ours <= 1.2 * needed + 0.05


def test_neither_help_nor_import_loads_what_is_used_later():
    code = (
        "import sys, study\nfrom study.__main__ import call\ncall(['--help'])\n"
        "late = ('torch', 'sklearn', 'pandas', 'numpy', 'matplotlib', 'cv2', 'numba', 'pydantic')\n"
        "print([name for name in late if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "reports.py").write_text("x = 1\n")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", "import study"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "ImportError" in done.stderr and str(tmp_path / "reports.py") in done.stderr
