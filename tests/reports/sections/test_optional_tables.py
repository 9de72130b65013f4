"""Optional tables fill their sections."""

import io

import pandas as pd
import pytest
from PIL import Image

import reports
from reports.tables import RunTables


def test_other_protocols_get_their_own_table(unpictured, run, changed, only):
    young = run.faces.loc[run.faces["age"].between(21, 60), "face_id"]
    adult = only(run, face_id=young.to_numpy()).assign(protocol="adult")
    both = changed(run, predictions=pd.concat([adult, run.predictions]))
    page = reports.render(both)
    assert 'id="others"' in page
    assert "simulated, protocol adult" in page
    assert reports.summary(both)["protocol"] == "full"


def picture(colour, kind="PNG"):
    buffer = io.BytesIO()
    Image.new("RGB", (24, 24), colour).save(buffer, kind)
    return buffer.getvalue()


def test_optional_tables_fill_their_sections(run):
    tested = run.predictions["face_id"].unique()
    full = RunTables(
        run.faces, run.predictions, run.costs, run.provenance, run.splits,
        audit=pd.DataFrame({"file": ["a.jpg"], "problem": "copy", "action": "drop",
                            "detail": "of b.jpg"}),
        pose_error=pd.DataFrame({"angle": ["yaw", "yaw"], "yaw_bin": ["0-10", "10-20"],
                                 "n": [50, 40], "mae": [1.2, 1.9], "bias": [0.1, 0.2],
                                 "slope": [0.98, 0.97]}),
        leak=pd.DataFrame({"kind": ["group"], "n_faces": [3]}),
        curves=pd.DataFrame({"curve": ["learning"] * 2 + ["blur"] * 2,
                             "contender": ["cnn"] * 4, "seed": 0, "x": [100, 200, 1, 2],
                             "metric": "mae", "value": [9.0, 7, 5, 6]}),
        label_noise={"exact": {"age_mae_floor": 1.23, "gender_error_floor": 0.02,
                               "n_photos": 375}, "note": ""},
        near_duplicates=pd.DataFrame({"face_id_a": tested[:3], "face_id_b": tested[3:6],
                                      "verified": [True, False, True]}),
        explanations=pd.DataFrame({"face_id": tested, "kind": "hog", "contender": "hog-linear",
                                   "image": [picture("red")] * len(tested)}),
        thumbnails={face: picture("blue") for face in tested},
        group_maps=pd.DataFrame({"contender": "cnn", "target": ["age", "age", "gender"],
                                 "group": ["0-2 years", "3-5 years", "female"], "n": [16, 7, 16],
                                 "image": [picture("green", k) for k in ("WEBP", "JPEG", "PNG")]}),
    )  # fmt: skip
    page = reports.render(full)
    for words in ("floor of label noise 1.23", "Learning curve: mae", "blur: mae",
                  "Error of the pose estimator", "What the audit found", "Leak test",
                  "Nearly equal pictures whose labels disagree most",
                  "2 pairs whose pictures nearly agree", "hog hog-linear",
                  "Where cnn looks for age", "Where cnn looks for gender", "7 faces"):  # fmt: skip
        assert words in page, words
    assert page.count("data:image/png") > 20
    assert page.count("data:image/webp") == page.count("data:image/jpeg") == 1
    assert "The run holds no" not in page


@pytest.mark.parametrize("name", ["embedded", "utkface"])
def test_caveats_of_the_data_set(unpictured, run, name, changed):
    costs = run.costs.assign(data_set=name)
    page = reports.render(
        changed(run, predictions=run.predictions.assign(data_set=name), costs=costs, splits=None)
    )
    words = {"embedded": "it says nothing about people", "utkface": "Identities are not labelled"}
    assert words[name] in page
