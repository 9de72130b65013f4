"""Every flag of every command arrives where it is meant to."""

import re
from pathlib import Path

import pytest
import typer

from study.__main__ import app, call
from study.errors import StudyFailed


def leaves(command, words=()):
    """Yield every command below ``command`` with the words that call it."""
    for name, child in getattr(command, "commands", {}).items():
        yield from leaves(child, (*words, name))
    if not hasattr(command, "commands"):
        yield words, command


FLAGS = sorted(
    (words, option)
    for words, command in leaves(typer.main.get_command(app))
    for parameter in command.params
    for option in parameter.opts
    if option.startswith("--") and option != "--help"
)


@pytest.fixture
def recorded(monkeypatch):
    """Replace a function by one that keeps what it was called with, and stops there."""
    calls = []

    def replace(place):
        def record(*arguments, **options):
            calls.append((arguments, options))
            raise StudyFailed("recorded")

        monkeypatch.setattr(place, record)
        return calls

    return replace


def test_flags_of_run_reach_the_study(recorded, tmp_path):
    calls = recorded("study.run.run_study")
    (tmp_path / "other.csv").write_text("face_id,age,p_female\n")
    (tmp_path / "own.py").write_text(
        "from pipelines import AgeGender\n"
        "from sklearn.dummy import DummyClassifier, DummyRegressor\n"
        "CONTENDERS = {'mine': AgeGender(DummyRegressor(), DummyClassifier())}\n"
    )
    arguments = ["run", "--plan", "demo", "--data", "faces.tar", "--out", str(tmp_path / "out")]
    arguments += ["--set", "seeds=[7]", "--set", "cnn.epochs=2", "--without", "hog-linear"]
    arguments += ["--predictions", f"other={tmp_path / 'other.csv'}", "--overwrite", "--jobs", "3"]
    arguments += ["--contenders", str(tmp_path / "own.py"), "--engine", "dask"]
    arguments += ["--scheduler", "tcp://host:1", "--stress", "all", "--also", "embedded"]
    assert call(arguments) == 1
    ((plan, out), options) = calls[0]
    assert plan.data == "faces.tar" and plan.seeds == (7,) and out == tmp_path / "out"
    assert plan.contenders["cnn"].options["epochs"] == 2
    assert "hog-linear" not in plan.contenders
    assert plan.predictions == {"other": str(tmp_path / "other.csv")}
    assert plan.stress is not None and plan.also
    assert (options["cores"], options["scheduler"]) == (3, "tcp://host:1")
    assert options["overwrite"] is True and list(options["contenders"]) == ["mine"]


def test_flags_of_evaluate_reach_the_evaluation(recorded, monkeypatch, tmp_path):
    class Chosen:
        card = {"contender": "cnn"}

    monkeypatch.setattr("study.models.model.load", lambda folder: Chosen())
    calls = recorded("study.models.evaluate.evaluate")
    where = ["evaluate", "runs/x", "there.csv", "--out", str(tmp_path / "out"), "--align"]
    assert call(where) == 1
    assert call(where[:-1]) == 1
    (arguments, options), (_, plain) = calls
    assert arguments[1:] == ("there.csv", tmp_path / "out")
    assert options["align"] is True and not plain["align"]


def test_flags_of_data_add_reach_the_registry(recorded):
    calls = recorded("data.add_data_set")
    where = ["data", "add", "mine", "faces.zip", "--sha256", "0" * 64, "--accept-licence"]
    assert call(where) == 1
    arguments, options = calls[0]
    assert arguments == ("mine", "faces.zip")
    assert options["sha256"] == "0" * 64 and options["accept_licence"] is True


def test_flags_of_data_stress_reach_the_sheet(recorded, small_faces, tmp_path):
    calls = recorded("data.stress.sheet.contact_sheet")
    chosen = sorted(small_faces.iterdir())[3].name.split(".")[0]
    where = ["data", "stress", str(small_faces), "--out", str(tmp_path / "x.png")]
    assert call([*where, "--face", chosen, "--condition", "blur"]) == 1
    (chip, face_id, conditions), _ = calls[0]
    assert chip.shape == (200, 200, 3) and face_id == chosen and list(conditions) == ["blur"]


@pytest.fixture(scope="module")
def texts():
    return [path.read_text(encoding="utf-8") for path in Path(__file__).parents[1].rglob("*.py")]


@pytest.mark.parametrize(("words", "flag"), FLAGS, ids=lambda value: str(value))
def test_every_flag_is_used_by_a_test(words, flag, texts):
    """A flag nobody tries may do nothing: some test file calls the command with it."""
    command = re.compile(rf"[\"']{words[0]}[\"']|{' '.join(words)}")
    named = re.compile(rf"[\"']{flag}[\"'=]|{flag} |{flag}`|--no-{flag[2:]}")
    assert any(command.search(text) and named.search(text) for text in texts)
