"""A model folder whose estimator is small enough to check by hand."""

import json

import numpy as np
import pytest

from study.models import model as models

CARD = {
    "contender": "stub",
    "details": {"image_size": 32, "family": "classical", "trained": "2026-03-01T10:00:00+00:00"},
    "training_data": {
        "data_set": "photos",
        "n_train": 1200,
        "licence": "Ours.",
        "ranges": {
            "age": [20.0, 60.0],
            "yaw": [-30.0, 30.0],
            "pitch": [-15.0, 15.0],
            "sharpness": [4.0, 90.0],
        },
    },
    "errors": [{"breakdown": "all", "group": "all", "mae": 4.25, "gender_accuracy": 0.931}],
}


class BrightnessIsAge:
    """Answers with the mean brightness of a crop as its age."""

    def predict_all(self, crops, level=0.9):
        age = crops.mean(axis=(1, 2, 3))
        interval = np.stack([age - 10 * level, age + 10 * level], axis=1)
        return {"age": age, "interval": interval, "p_female": np.full(len(age), 0.25)}


@pytest.fixture
def write_model(monkeypatch):
    """Return a function that writes a model folder with a card of its own."""
    monkeypatch.setitem(models.ENGINES, "python", lambda folder: BrightnessIsAge())

    def write(folder, *, trained=None, data_set=None, family=None, contender=None):
        folder.mkdir(parents=True)
        card = json.loads(json.dumps(CARD))
        card["contender"] = contender or folder.name
        card["details"]["trained"] = trained or card["details"]["trained"]
        card["details"]["family"] = family or card["details"]["family"]
        card["training_data"]["data_set"] = data_set or card["training_data"]["data_set"]
        (folder / "card.json").write_text(json.dumps(card))
        (folder / "model.json").write_text("{}")
        (folder / "estimator.skops").write_text("")
        return folder

    return write


@pytest.fixture
def model(write_model, tmp_path):
    return models.Model(write_model(tmp_path / "trained" / "models" / "stub"))
