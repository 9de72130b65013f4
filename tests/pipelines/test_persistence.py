"""Fitted estimators on disk: bit-equal, whole, and nothing in them that was not trusted by name."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import pipelines
from basis.files import sha256_of
from pipelines import SCORERS, HogTransformer, ModelFileError, hog_ridge_age, load, save
from pipelines.persistence import TRUSTED
from pipelines.testing import striped_faces


class Stranger(StandardScaler):
    """A user's own class."""


STRANGER = f"{Stranger.__module__}.Stranger"


@pytest.fixture
def saved(tmp_path):
    X, Y = striped_faces(20)
    model = hog_ridge_age().fit(X, Y[:, 0])
    return model, X, save(model, tmp_path / "model")


def test_round_trip_is_bit_equal_and_overwrites(saved):
    model, X, folder = saved
    np.testing.assert_array_equal(load(folder).predict(X), model.predict(X))
    save(model, folder)
    assert sorted(p.name for p in folder.iterdir()) == ["estimator.skops", "model.json"]


@pytest.mark.parametrize("scoring", [None, "neg_mean_absolute_error", SCORERS["age_mae"]])
def test_a_fitted_search(scoring, tmp_path):
    X, Y = striped_faces(24)
    pipeline = make_pipeline(HogTransformer(), Ridge())
    grid = {"ridge__alpha": [1.0, 100.0]}
    search = GridSearchCV(pipeline, grid, cv=GroupKFold(2), scoring=scoring)
    search.fit(X, Y[:, 0], groups=np.arange(24) // 2)
    again = load(save(search, tmp_path))
    np.testing.assert_array_equal(again.predict(X), search.predict(X))
    assert again.best_params_ == search.best_params_


def test_one_type_more_is_refused_and_taken_when_it_is_named(saved, tmp_path):
    _, X, folder = saved
    own = make_pipeline(HogTransformer(), Stranger(), Ridge()).fit(X, np.arange(20.0))
    with pytest.raises(ModelFileError, match="Stranger, which loading would refuse"):
        save(own, tmp_path / "other")
    save(own, tmp_path / "other", trusted=[STRANGER])
    with pytest.raises(ModelFileError, match=r"name them in load\(folder, trusted="):
        load(tmp_path / "other")
    again = load(tmp_path / "other", trusted=[STRANGER])
    np.testing.assert_array_equal(again.predict(X), own.predict(X))
    skops.io.dump(own, folder / "estimator.skops")
    manifest = json.loads((folder / "model.json").read_text())
    manifest["sha256"]["estimator.skops"] = sha256_of(folder / "estimator.skops")
    (folder / "model.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelFileError, match="holds types that are not trusted"):
        load(folder)


def test_every_public_class_is_trusted_under_its_public_name():
    for name in pipelines.__all__:
        if isinstance(getattr(pipelines, name), type):
            assert f"{getattr(pipelines, name).__module__}.{name}" == f"pipelines.{name}"
            assert f"pipelines.{name}" in TRUSTED
    assert not any(name.startswith("pipelines.load") for name in TRUSTED)


def test_pickles_name_the_public_path(saved):
    assert b"pipelines.hog" not in pickle.dumps(saved[0])


def test_damage_that_has_its_checksum_is_named_all_the_same(saved):
    """Found by fuzzing: zipfile's and skops' own errors came through."""
    _, _, folder = saved
    manifest = json.loads((folder / "model.json").read_text())
    whole = (folder / "estimator.skops").read_bytes()
    for content in (b"", b"not a zip", whole[:-9], whole[:40] + b"?" + whole[41:], whole[9:]):
        (folder / "estimator.skops").write_bytes(content)
        manifest["sha256"]["estimator.skops"] = sha256_of(folder / "estimator.skops")
        (folder / "model.json").write_text(json.dumps(manifest))
        with pytest.raises(ModelFileError, match=r"estimator\.skops is damaged or holds another"):
            load(folder)
    (folder / "model.json").write_text(json.dumps({"format": 2, "sha256": 3}))
    with pytest.raises(ModelFileError, match="is not a model manifest"):
        load(folder)


@pytest.mark.parametrize("error", [MemoryError, ImportError])
def test_what_is_not_the_files_fault_is_not_called_damage(saved, monkeypatch, error):
    def fail(*args, **kwargs):
        raise error("of the machine")

    monkeypatch.setattr(skops.io, "load", fail)
    with pytest.raises(error, match="of the machine"):
        load(saved[2])


def test_damaged_folders(saved, tmp_path):
    _, _, folder = saved
    with pytest.raises(FileNotFoundError, match="no model in"):
        load(tmp_path)
    (folder / "estimator.skops").write_bytes(b"not a zip")
    with pytest.raises(ModelFileError, match="differs from its checksum"):
        load(folder)
    (folder / "model.json").write_text(json.dumps({"format": 99, "sha256": {}}))
    with pytest.raises(ModelFileError, match="format 99"):
        load(folder)
    (folder / "model.json").write_text(json.dumps({"format": 1, "sha256": {}}))
    with pytest.raises(ModelFileError, match=r"classes have moved since\. Train the model again"):
        load(folder)
    (folder / "model.json").write_bytes(pickle.dumps({}))
    with pytest.raises(ModelFileError, match="not a model manifest"):
        load(folder)
