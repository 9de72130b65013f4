"""The wheel holds what the tree holds, and modules stay short enough to read."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("study", "pipelines", "reports", "data")
LONGEST = 300


def tracked_files():
    """Package files of the working tree, without caches."""
    return {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }


@pytest.mark.slow
def test_wheel_and_tree_hold_the_same_files(tmp_path):
    pytest.importorskip("setuptools", minversion="77")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q"]
    source = tmp_path / "source"
    source.mkdir()
    for name in (*PACKAGES, "pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        subprocess.run(["cp", "-r", str(ROOT / name), str(source)], check=True)
    subprocess.run([*command, "-w", str(tmp_path), str(source)], check=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
        held = {name for name in held if "__pycache__" not in name}
    assert held == tracked_files()


@pytest.mark.parametrize(
    "path", [p for package in PACKAGES for p in sorted((ROOT / package).rglob("*.py"))], ids=str
)
def test_no_module_is_too_long_to_read(path):
    assert len(path.read_text().splitlines()) <= LONGEST


def test_no_module_has_a_name_that_says_nothing():
    empty = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}
    named = {p.stem for package in PACKAGES for p in (ROOT / package).rglob("*.py")}
    assert not named & empty


def test_listing_contenders_imports_no_network_library():
    code = (
        "import sys; from pipelines.registry import contenders; assert contenders(); "
        "print([m for m in ('torch', 'timm', 'skorch') if m in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert answer.stdout.strip() == "[]"
