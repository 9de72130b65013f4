"""The wheel holds what the tree holds, and modules stay short enough to read."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("study", "pipelines", "reports", "data", "basis")
LONGEST = 300


def tracked_files():
    """Package files of the working tree, without caches."""
    return {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    pytest.importorskip("setuptools", minversion="77")
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in (*PACKAGES, "pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    # the build backend as pip calls it
    build = "from setuptools import build_meta; build_meta.build_wheel('..')"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_wheel_and_tree_hold_the_same_files(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        held = {name for name in held if "__pycache__" not in name}
    assert held == tracked_files()
    assert "pipelines/__init__.pyi" in held


def test_the_installed_package_needs_no_network_and_no_checkout(wheel, tmp_path):
    site, empty, cache = (tmp_path / name for name in ("site", "empty", "cache"))
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "-q"]
    subprocess.run([*install, "--target", str(site), str(wheel)], check=True)
    empty.mkdir()
    unplugged = ["unshare", "--map-root-user", "--net"]
    if (
        not shutil.which("unshare")
        or subprocess.run([*unplugged, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("this system does not allow a process without network")
    study = [sys.executable, "-P", "-m", "study"]
    # what needs files of the package: faces, meshes, weights, the page's template
    options = ["--set", "cnn.epochs=1", "--set", "cnn.image_size=48", "--jobs", "1"]
    options += ["--without", "hog-linear", "--without", "hog-kernel"]
    done = subprocess.run(
        [*unplugged, *study, "run", *options],
        cwd=empty,
        env={**os.environ, "PYTHONPATH": str(site), "AGE_GENDER_STUDY_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = {path.relative_to(empty).as_posix() for path in empty.rglob("*.html")}
    assert found == {"runs/demo/report.html", "runs/index.html"}
    provenance = json.loads((empty / "runs" / "demo" / "provenance.json").read_text())
    assert set(provenance["contenders"]) == {"dummy", "cnn"}


@pytest.mark.parametrize(
    "path", [p for package in PACKAGES for p in sorted((ROOT / package).rglob("*.py"))], ids=str
)
def test_no_module_is_too_long_to_read(path):
    assert len(path.read_text().splitlines()) <= LONGEST


def test_every_test_stands_in_the_room_it_tests():
    folders = {
        path.parent.relative_to(ROOT / "tests") for path in ROOT.glob("tests/*/**/test_*.py")
    }
    rooms = folders - {Path("project"), Path("fuzz")}
    assert not [room for room in rooms if not (ROOT / room / "__init__.py").is_file()]


def test_no_module_has_a_name_that_says_nothing():
    empty = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}
    named = {p.stem for package in PACKAGES for p in (ROOT / package).rglob("*.py")}
    assert not named & empty


@pytest.mark.parametrize(
    "use",
    [
        "from pipelines.registry import contenders; assert contenders()",
        "import study.commands.run, study.commands.report, study.run, study.models.card",
    ],
)
def test_listing_contenders_and_starting_a_command_import_no_network_library(use):
    code = f"import sys; {use}; print([m for m in ('torch', 'timm', 'skorch') if m in sys.modules])"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert answer.stdout.strip() == "[]"
