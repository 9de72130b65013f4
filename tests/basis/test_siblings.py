"""A user's own file under one of our names is named, instead of failing somewhere else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from basis.siblings import check_siblings

ROOT = Path(__file__).parents[2]


def error_of(code, folder):
    """The last line that a fresh interpreter in ``folder`` complains with."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


def test_our_own_siblings_are_found():
    check_siblings(str(ROOT / "pipelines" / "__init__.py"), ("basis", "data", "reports"))


@pytest.mark.parametrize("name", ["reports.py", "reports/__init__.py"])
def test_the_file_in_the_way_is_named(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine = 1\n")
    file = str(ROOT / "pipelines" / "__init__.py")
    code = f"from basis.siblings import check_siblings; check_siblings({file!r}, ('reports',))"
    seen = error_of(code, tmp_path)
    assert seen.startswith("ImportError: pipelines needs the package 'reports' in")
    assert str(path) in seen and "rename it" in seen
    assert "reports.py" in error_of("import reports; " + code, tmp_path) or name != "reports.py"


def test_a_missing_sibling_is_named(tmp_path):
    with pytest.raises(ImportError, match=r"'nobody' in .*, which is not there: install"):
        check_siblings(str(ROOT / "pipelines" / "__init__.py"), ("nobody",))


def test_a_folder_of_files_is_not_in_the_way(tmp_path):
    (tmp_path / "basis").mkdir()
    assert error_of("import pipelines; pipelines.AgeGender", tmp_path) == ""


def test_another_basis_is_named(tmp_path):
    (tmp_path / "basis.py").write_text("mine = 1\n")
    seen = error_of("import pipelines", tmp_path)
    assert seen.startswith("ImportError") and str(tmp_path / "basis.py") in seen
