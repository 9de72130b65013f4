"""What one does with a study besides running it: other predictions, curves, models, clusters."""

import json
import re
import shutil

import cv2
import numpy as np
import pandas as pd
import pytest

import study
from data import tables
from study.__main__ import call


@pytest.fixture
def run(finished):
    """The directory of the finished study."""
    return finished.path


def test_copies_are_kept_once_and_their_value_is_measured(run):
    audit = pd.read_csv(run / "audit.csv")
    assert (audit["problem"].str.contains("copy")).sum() >= 12
    leak = pd.read_parquet(run / "leak.parquet")
    assert set(leak["contender"]) == {"hog-linear"}


def test_a_split_that_leaks_stops_the_study(source, tmp_path, monkeypatch, capsys):
    import data

    def leaking(table, **options):
        copies = table[table["keep"]].head(40)
        parts = ["train", "select", "calibrate", "test"] * 10
        return (
            copies[["face_id"]]
            .assign(**{k: options[k] for k in ("data_set", "protocol", "seed", "fold")})
            .assign(part=parts)
        )

    real = data.load

    def one_group(*arguments, **options):
        faces = real(*arguments, **options)
        faces.table["group"] = 7
        return faces

    monkeypatch.setattr(data, "split", leaking)
    monkeypatch.setattr(data, "load", one_group)
    (tmp_path / "one.toml").write_text('summary = "x"\n[contenders.dummy]\n')
    arguments = ["run", "--plan", str(tmp_path / "one.toml"), "--data", str(source)]
    assert call([*arguments, "--out", str(tmp_path / "run")]) == 1
    assert "the split leaks: group" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "run").exists()


def test_a_variant_trains_on_fewer_faces_and_gives_a_learning_curve(run):
    costs = tables.read_table(run / "costs.parquet", tables.COSTS).set_index("contender")
    assert costs.loc["hog-linear@30", "n_train"] == 30
    curve = pd.read_parquet(run / "curves.parquet")
    points = curve[(curve["contender"] == "hog-linear") & (curve["metric"] == "mae")]
    assert sorted(points["x"]) == [30, costs.loc["hog-linear", "n_train"]]


def test_predictions_of_another_model_join_the_comparison(source, tmp_path, capsys):
    ids = [path.name.split(".")[0] for path in source.iterdir()]
    table = pd.DataFrame({"face_id": ids, "age": 30.0, "p_female": 0.6})
    table.to_csv(tmp_path / "other.csv", index=False)
    (tmp_path / "one.toml").write_text('summary = "x"\n[contenders.dummy]\n')
    arguments = ["run", "--plan", str(tmp_path / "one.toml"), "--data", str(source)]
    out = ["--out", str(tmp_path / "run")]
    assert call([*arguments, *out, "--predictions", f"other={tmp_path / 'other.csv'}"]) == 0
    assert "may have seen these images" in (tmp_path / "run" / "report.html").read_text()
    table.head(3).to_csv(tmp_path / "few.csv", index=False)
    out = ["--out", str(tmp_path / "run2")]
    assert call([*arguments, *out, "--predictions", f"few={tmp_path / 'few.csv'}"]) == 2
    assert "test faces" in " ".join(capsys.readouterr().err.split())
    # beside a finished run a wrong file changes nothing: the mended one joins it
    (tmp_path / "fewer.csv").write_bytes((tmp_path / "few.csv").read_bytes())
    given = ["--out", str(tmp_path / "run"), "--predictions", f"other={tmp_path / 'other.csv'}"]
    third = ["--predictions", f"third={tmp_path / 'fewer.csv'}"]
    assert call([*arguments, *given, *third]) == 2
    table.to_csv(tmp_path / "fewer.csv", index=False)
    assert call([*arguments, *given, *third]) == 0


def test_a_saved_model_predicts_what_the_study_predicted(run, source):
    model = study.load(run / "models" / "hog-linear")
    table = pd.read_parquet(run / "predictions" / "full.hog-linear.seed0.fold0.parquet")
    import data

    faces = data.load(source)
    rows = pd.Index(faces.table["face_id"]).get_indexer(pd.Index(table["face_id"]))
    answers = model.predict(faces.images(model.image_size)[rows])
    np.testing.assert_allclose(answers[:, 0], table["age_pred"], rtol=1e-5)


def test_a_photo_with_faces_gives_ages_intervals_and_pose(run, source, tmp_path, capsys):
    face = cv2.imread(str(sorted(source.iterdir())[40]))
    photo = np.full((500, 700, 3), 90, dtype=np.uint8)
    photo[100:340, 80:320] = cv2.resize(face, (240, 240))
    cv2.imwrite(str(tmp_path / "photo.png"), photo)
    (tmp_path / "notes.jpg").write_text("no picture")
    model = str(run / "models" / "hog-linear")
    files = [str(tmp_path / "photo.png"), str(tmp_path / "notes.jpg")]
    assert call(["predict", *files, "--model", model, "--json", "--draw", str(tmp_path)]) == 0
    found, unread = json.loads(capsys.readouterr().out)
    assert found["age_low"] <= found["age"] <= found["age_high"]
    assert 0 <= found["p_female"] <= 1
    assert unread["face"] is None and "not an image" in unread["problem"]
    assert (tmp_path / "photo.faces.png").is_file()


def test_without_a_model_predict_says_how_to_make_one(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.png").write_bytes(b"")
    assert call(["predict", "photo.png"]) == 2
    assert "study run --data" in capsys.readouterr().err


def test_a_model_altered_by_hand_is_refused(run, tmp_path, capsys):
    folder = tmp_path / "model"
    shutil.copytree(run / "models" / "hog-linear", folder)
    path = folder / "estimator.skops"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert call(["model", "card", str(folder)]) == 2
    assert "estimator.skops" in " ".join(capsys.readouterr().err.split())


def test_card_names_uses_and_measured_errors(run, capsys):
    assert call(["model", "card", str(run / "models" / "hog-linear")]) == 0
    card = capsys.readouterr().out
    assert "Not for" in card and "| gender | female |" in card


def test_evaluate_on_another_set_and_compare(run, small_faces, tmp_path, capsys):
    model, out = str(run / "models" / "hog-linear"), str(tmp_path / "elsewhere")
    assert call(["evaluate", model, str(small_faces), "--out", out]) == 0
    said = capsys.readouterr()
    assert "hog-linear on" in said.out
    assert re.search(r"\d+ pictures without a face, 0 faces without an age", said.err)
    assert call(["evaluate", model, str(small_faces), "--out", out, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {row["metric"] for row in told["headline"]} >= {"mae", "cs5", "accuracy"}
    page = tmp_path / "compare.html"
    assert call(["compare", str(run), out, "--out", str(page)]) == 0
    assert "hog-linear" in page.read_text()
