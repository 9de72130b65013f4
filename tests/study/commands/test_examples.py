"""Every example of every command's ``--help`` is run, in this process, on a few small faces.

Those of ``study run`` with ``--dry-run``: trainings take seconds each, and other tests run them.
"""

import inspect
import re
import shlex
import shutil
import tarfile
from pathlib import Path

import cv2
import pandas as pd
import pytest
import typer

import data
from study.__main__ import app, call
from study.engine import cell, local

PLAN = """
summary = "small"
[contenders.dummy]
[contenders.hog-linear]
image_size = 48
[contenders.cnn]
of = "cnn-scratch"
recipe = "demo"
epochs = 1
image_size = 32
backbone = "tf_mobilenetv3_small_minimal_100"
freeze_stages = 0
mirror = false
"""
OWN = """
from pipelines import AgeGender
from sklearn.dummy import DummyClassifier, DummyRegressor

CONTENDERS = {"mine": AgeGender(age=DummyRegressor(), gender=DummyClassifier())}
"""


def leaves(command, words=()):
    """Yield every command below ``command`` with the words that call it."""
    for name, child in getattr(command, "commands", {}).items():
        yield from leaves(child, (*words, name))
    if not hasattr(command, "commands"):
        yield words, command


COMMANDS = dict(leaves(typer.main.get_command(app)))
EXAMPLES = [
    (words, re.split(r"\s{2,}|\s>\s", line.strip())[0])
    for words, command in COMMANDS.items()
    for line in re.findall(r"study [a-z][^\n]*", inspect.cleandoc(command.help or ""))
    if line.split()[1 : 1 + len(words)] == list(words)
]


def test_every_command_has_an_example():
    assert {words for words, _ in EXAMPLES} == set(COMMANDS)


def execute_here(job, *_):
    """Run a cell without the process of its own, which takes seconds to start."""
    if not job.predictions_path.is_file():
        cell.run(job)
    return local.Outcome(job, None, 0.0)


@pytest.fixture(scope="module")
def files(small_faces, tmp_path_factory):
    """The files that the examples name, as they would lie in a reader's folder."""
    desk = tmp_path_factory.mktemp("desk")
    faces = sorted(small_faces.iterdir())
    with tarfile.open(desk / "UTKFace.tar.gz", "w:gz") as archive:
        archive.add(small_faces, "UTKFace")
    photo = cv2.copyMakeBorder(cv2.imread(str(faces[40])), *[60] * 4, cv2.BORDER_REPLICATE)
    (desk / "holiday").mkdir()
    for place in ("family.jpg", "holiday/one.jpg"):
        cv2.imwrite(str(desk / place), photo)
    shutil.copytree(small_faces, desk / "portraits")
    labels = [path.name.split("_")[:2] for path in faces]
    pd.DataFrame(
        {
            "path": [f"portraits/{path.name}" for path in faces],
            "age": [int(age) for age, _ in labels],
            "gender": [("male", "female")[int(gender)] for _, gender in labels],
        }
    ).to_csv(desk / "portraits.csv", index=False)
    ids = [path.name.split(".")[0] for path in faces]
    pd.DataFrame({"face_id": ids, "age": 30.0, "p_female": 0.5}).to_csv(
        desk / "deepface.csv", index=False
    )
    (desk / "my_models.py").write_text(OWN)
    (desk / "small.toml").write_text(PLAN)
    return desk


@pytest.fixture
def surroundings(files, monkeypatch):
    """Plans, data sets and addresses lead to the small files; no new process, no page drawn."""
    small = files / "small.toml"
    plans = dict.fromkeys(("demo", "quick", "utkface"), small)
    monkeypatch.setattr("study.plan.files.shipped_plans", lambda: plans)
    monkeypatch.setattr(local, "execute", execute_here)
    monkeypatch.setattr("reports.render", lambda *_, **__: "<html></html>")
    monkeypatch.setattr("data.files.download.fetch", lambda *_, **__: files / "portraits.csv")
    load = data.load
    shorter = {"embedded": files / "portraits"}
    monkeypatch.setattr(data, "load", lambda s, **options: load(shorter.get(s, s), **options))


@pytest.fixture(scope="module")
def runs(files):
    """Runs under the names that the examples give them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "execute", execute_here)
        patch.setattr("reports.render", lambda *_, **__: "<html></html>")
        arguments = ["run", "--plan", str(files / "small.toml"), "--data", str(files / "portraits")]
        assert call([*arguments, "--out", str(files / "run"), "--jobs", "1"]) == 0
    return files / "run"


@pytest.mark.parametrize(("words", "example"), EXAMPLES, ids=lambda value: str(value))
def test_an_example_runs(words, example, files, runs, surroundings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if words == ("cache", "clear"):
        monkeypatch.setenv("AGE_GENDER_STUDY_CACHE", str(tmp_path / "cache"))
    for path in files.iterdir():
        if path != runs and path.suffix != ".toml":
            Path(path.name).symlink_to(path)
    if words != ("run",):
        for name in ("demo", "quick-UTKFace", "utkface"):
            shutil.copytree(runs, Path("runs", name))
    if "onnx" in example or words == ("model", "export"):
        pytest.importorskip("onnxscript", reason="extra onnx not installed")
        shutil.rmtree(
            "runs/quick-UTKFace/models/hog-linear"
        )  # which is better here, and no network
    before = set(tmp_path.rglob("*"))
    dry = ["--dry-run"] if words == ("run",) else []
    assert call([*shlex.split(example)[1:], *dry]) == 0
    out = re.search(r"--out (\S+)", example)
    if out and not dry:
        made = Path(out[1])
        assert made.exists() and made not in before
