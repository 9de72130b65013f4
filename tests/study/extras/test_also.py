"""Other data sets that cannot be used: a sentence that names the source, before any training."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from study.__main__ import call

PLAN = 'summary = "one"\nsave_models = true\n[contenders.dummy]\n'


@pytest.fixture
def refused(small_faces, tmp_path, capsys):
    """Return a function that runs a study with another data set and gives the message."""

    def run(source):
        (tmp_path / "one.toml").write_text(PLAN)
        out = tmp_path / "run"
        arguments = ["run", "--plan", str(tmp_path / "one.toml"), "--data", str(small_faces)]
        assert call([*arguments, "--out", str(out), "--also", str(source)]) == 2
        assert not list(out.glob("predictions/*"))
        error = " ".join(capsys.readouterr().err.split())
        assert "Traceback" not in error
        return error

    return run


@pytest.fixture
def table(small_faces, tmp_path):
    """Return a function that writes six faces with a table of labels of the given columns."""

    def write(name, **columns):
        folder = tmp_path / name
        folder.mkdir()
        paths = [shutil.copy(p, folder) for p in sorted(small_faces.iterdir())[:6]]
        labels = pd.DataFrame({"path": [Path(path).name for path in paths], **columns})
        labels.to_csv(folder / "labels.csv", index=False)
        return folder

    return write


def test_no_age(refused, table):
    error = refused(table("ageless", age=[""] * 6, gender=["male", "female"] * 3))
    assert "also:" in error
    assert "ageless" in error
    assert "age" in error.replace("ageless", "")


def test_no_gender(refused, table):
    error = refused(table("genderless", age=range(20, 26), gender=[""] * 6))
    assert "also:" in error
    assert "genderless" in error
    assert "gender" in error.replace("genderless", "")


def test_no_readable_picture(refused, tmp_path):
    folder = tmp_path / "broken"
    folder.mkdir()
    for number in range(3):
        (folder / f"30_1_0_2017010100000000{number}.jpg").write_bytes(b"\xff\xd8 no picture")
    error = refused(folder)
    assert "broken" in error
    assert "no readable face" in error


def test_a_file_that_is_not_there(refused, tmp_path):
    error = refused(tmp_path / "nowhere.csv")
    assert "nowhere.csv" in error
    assert "exist" in error


def test_a_table_whose_pictures_are_not_there(refused, tmp_path):
    (tmp_path / "lost.csv").write_text("path,age,gender\na.jpg,30,male\n")
    error = refused(tmp_path / "lost.csv")
    assert "lost.csv" in error
    assert "image" in error


def test_the_data_set_of_the_study_itself(refused, small_faces):
    error = refused(small_faces)
    assert str(small_faces) in error


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("training", "every face in it is a training face"),
        ("walls", "no face was found in any"),
    ],
)
def test_nothing_left_to_ask_costs_the_extra_and_not_the_report(
    kind, words, small_faces, tmp_path, capsys
):
    folder = tmp_path / kind
    folder.mkdir()
    if kind == "training":
        for path in sorted(small_faces.iterdir()):
            shutil.copy(path, folder)
    else:
        rng = np.random.default_rng(0)
        for number in range(4):
            wall = np.full((240, 300, 3), rng.integers(60, 200, 3), np.uint8)
            Image.fromarray(wall).save(folder / f"30_{number % 2}_0_2017010100000000{number}.png")
    (tmp_path / "one.toml").write_text(PLAN)
    out = tmp_path / "run"
    arguments = ["run", "--plan", str(tmp_path / "one.toml"), "--data", str(small_faces)]
    if kind == "training":  # of the study's own test faces, which nobody has seen, none are here
        splits_first(arguments, out)
        keep_training_faces(out, folder)
    call([*arguments, "--out", str(out), "--also", str(folder), "--overwrite"])
    said = " ".join("".join(capsys.readouterr()).split())
    assert (out / "report.html").is_file()
    assert words in said
    assert words in (out / "report.html").read_text()
    assert kind in said


def splits_first(arguments, out):
    assert call([*arguments, "--out", str(out)]) == 0


def keep_training_faces(out, folder):
    """Remove the faces of the test part from a copy of the data set."""
    splits = pd.read_parquet(out / "splits.parquet")
    tested = set(splits.loc[splits["part"] == "test", "face_id"])
    for path in folder.iterdir():
        if path.name.split(".")[0] in tested:
            path.unlink()


def test_renamed_pictures_are_the_same_pictures(small_faces, tmp_path):
    """Answers are kept by what is seen; whoever renames files finds them under the new names."""
    home, away = tmp_path / "home", tmp_path / "away"
    for folder, files in ((home, sorted(small_faces.iterdir())[6:]),
                          (away, sorted(small_faces.iterdir())[:6])):  # fmt: skip
        folder.mkdir()
        for path in files:
            shutil.copy(path, folder)
    (tmp_path / "one.toml").write_text(PLAN)
    arguments = ["run", "--plan", str(tmp_path / "one.toml"), "--data", str(home)]
    arguments += ["--out", str(tmp_path / "run"), "--also", str(away)]
    assert call(arguments) == 0
    before = pd.read_parquet(tmp_path / "run" / "also.parquet")
    pieces = {p.name for p in (tmp_path / "run" / "also" / "away").glob("dummy-*.parquet")}
    for path in list(away.iterdir()):
        path.rename(path.with_name(path.name.replace("_2026", "_2027")))
    assert call(arguments) == 0
    after = pd.read_parquet(tmp_path / "run" / "also.parquet")
    assert {p.name for p in (tmp_path / "run" / "also" / "away").glob("dummy-*.parquet")} == pieces
    assert set(after["face_id"]).isdisjoint(before["face_id"]) and len(after) == len(before) > 2
    assert after["age_pred"].tolist() == before["age_pred"].tolist()
