"""ImageNet weights are worth something on the embedded faces; nothing else shows they arrived."""

from __future__ import annotations

import tarfile
from importlib import resources
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import simplejpeg
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pipelines import CnnAgeGender, TimmFeatures

SIZE = 64


@pytest.fixture(scope="module")
def embedded():
    """Images and answers of 800 embedded faces, people in order of their identity."""
    folder = Path(str(resources.files("data"))) / "embedded"
    truth = pd.read_csv(folder / "truth.csv").sort_values("identity", kind="stable").head(800)
    wanted = {name: row for row, name in enumerate(truth["file"])}
    X = np.zeros((len(truth), SIZE, SIZE, 3), np.uint8)
    with tarfile.open(folder / "faces.tar") as archive:
        for member in archive:
            row = wanted.get(Path(member.name).name)
            if row is not None:
                image = simplejpeg.decode_jpeg(archive.extractfile(member).read())
                X[row] = cv2.resize(image, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    assert X.any((1, 2, 3)).all(), "every face of the table must be in the archive"
    Y = np.column_stack([truth["age"], truth["gender"] == "female"]).astype(float)
    # people are not split: every part ends before a new identity
    cuts = [int(truth["identity"].searchsorted(truth["identity"].iloc[row])) for row in (500, 600)]
    edges = [0, *cuts, len(truth)]
    return [(X[a:b], Y[a:b]) for a, b in pairwise(edges)]


def test_the_weights_of_the_wheel_arrive(embedded):
    """What ImageNet taught is worth years to a ridge on frozen features."""
    (X, Y), _, (X_new, Y_new) = embedded
    error = {}
    for weights in ("imagenet", None):
        features = TimmFeatures(weights=weights, image_size=SIZE, threads=1, random_state=0)
        ridge = make_pipeline(features, StandardScaler(), RidgeCV(np.logspace(0, 6, 13)))
        error[weights] = np.abs(ridge.fit(X, Y[:, 0]).predict(X_new) - Y_new[:, 0]).mean()
    assert error["imagenet"] < 0.85 * error[None]


@pytest.mark.nightly  # two trainings, a minute and a half
def test_fine_tuning_beats_a_random_start(embedded):
    (X, Y), select, (X_new, Y_new) = embedded
    score = {}
    for weights in ("imagenet", None):
        cnn = CnnAgeGender(
            weights=weights,
            image_size=SIZE,
            epochs=4,
            batch_size=32,
            threads=1,
            random_state=0,
            freeze_stages=3 if weights else 0,
        )
        cnn.fit(X, Y, select=select, calibrate=select)
        age, gender = cnn.predict(X_new).T
        score[weights] = np.abs(age - Y_new[:, 0]).mean(), (gender == Y_new[:, 1]).mean()
    constant = np.abs(Y_new[:, 0] - np.median(Y[:, 0])).mean()
    assert score["imagenet"][0] < 0.85 * score[None][0]
    assert score["imagenet"][0] < 0.7 * constant
    assert score["imagenet"][1] > score[None][1] + 0.05
