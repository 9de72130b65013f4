"""``study model export``: the same answers from onnxruntime, intervals included."""

import json

import cv2
import numpy as np
import pandas as pd
import pytest

import data
import study
from study.__main__ import call

pytest.importorskip("onnxscript", reason="extra onnx not installed")
pytest.importorskip("onnxruntime", reason="extra onnx not installed")

PLAN = """
summary = "two networks"
[contenders.cnn-frozen]
image_size = 48
[contenders.cnn-scratch]
recipe = "demo"
epochs = 1
image_size = 48
backbone = "tf_mobilenetv3_small_minimal_100"
freeze_stages = 0
"""


@pytest.fixture(scope="module")
def run(small_faces, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    (folder / "nets.toml").write_text(PLAN)
    arguments = ["run", "--plan", str(folder / "nets.toml"), "--data", str(small_faces)]
    assert call([*arguments, "--out", str(folder / "run")]) == 0
    return folder / "run"


@pytest.fixture(scope="module")
def exported(run):
    assert call(["model", "export", str(run / "models" / "cnn-scratch")]) == 0
    return run / "models" / "cnn-scratch"


def test_both_engines_say_the_same(exported, small_faces):
    crops = np.asarray(data.load(small_faces).images(200)[:30])
    slow, fast = study.load(exported), study.load(exported, engine="onnx")
    expected, found = slow.predict_all(crops), fast.predict_all(crops)
    np.testing.assert_allclose(found["age"], expected["age"], atol=1e-3)
    np.testing.assert_allclose(found["p_female"], expected["p_female"], atol=1e-4)
    np.testing.assert_allclose(found["interval"], expected["interval"], atol=1e-2)
    assert fast.card == slow.card


def test_frozen_features_are_saved_without_what_belonged_to_the_process(run, small_faces):
    table = pd.read_parquet(run / "predictions" / "full.cnn-frozen.seed0.fold0.parquet")
    faces, model = data.load(small_faces), study.load(run / "models" / "cnn-frozen")
    rows = pd.Index(faces.table["face_id"]).get_indexer(pd.Index(table["face_id"]))
    answers = model.predict_all(np.asarray(faces.images(48)[rows]))
    np.testing.assert_allclose(answers["age"], table["age_pred"], rtol=1e-4)


def test_the_weights_of_frozen_features_are_on_record(run):
    record = json.loads((run / "records" / "full.cnn-frozen.seed0.fold0.json").read_text())
    assert record["weights"]["kind"] == "package"
    assert len(record["weights"]["sha256"]) == 64
    assert record["costs"]["n_parameters"] > 1e6


def test_predict_takes_the_engine(exported, small_faces, tmp_path, capsys):
    photo = cv2.resize(cv2.imread(str(sorted(small_faces.iterdir())[40])), (400, 400))
    cv2.imwrite(str(tmp_path / "photo.png"), photo)
    rows = {}
    for engine in ("python", "onnx"):
        options = ["--model", str(exported), "--engine", engine, "--json"]
        assert call(["predict", str(tmp_path / "photo.png"), *options]) == 0
        rows[engine] = json.loads(capsys.readouterr().out)
    assert len(rows["onnx"]) == 1
    assert rows["onnx"][0]["age"] == pytest.approx(rows["python"][0]["age"], abs=1e-3)


def test_what_cannot_be_exported_or_loaded(finished, capsys):
    plain = str(finished.path / "models" / "hog-linear")
    assert call(["model", "export", plain]) == 2
    assert "hog-linear is no network" in " ".join(capsys.readouterr().err.split())
    options = ["--model", plain, "--engine"]
    assert call(["predict", __file__, *options, "onnx"]) == 2
    assert "study model export" in " ".join(capsys.readouterr().err.split())
    assert call(["predict", __file__, *options, "tensorrt"]) == 2
    assert "choose python or onnx" in " ".join(capsys.readouterr().err.split())
