"""Six faces whose every number can be worked out by hand, ten copies of each for intervals."""

import numpy as np
import pandas as pd
import pytest

import reports
from reports.drawing import figures
from reports.evaluation import Evaluation

COPIES = 10
AGE = [10, 16, 19, 30, 50, 70]
GENDER = ["male", "female", "male", "female", "male", "female"]
YAW = [0.0, 15.0, -25.0, 35.0, 50.0, np.nan]
HOG = [12.0, 19.0, 17.0, 30.0, 45.0, 60.0]  # errors 2 3 -2 0 -5 -10
HOG_P = [0.2, 0.9, 0.6, 0.8, 0.1, 0.4]  # wrong on the third and the last
CNN = [11.0, 17.0, 20.0, 31.0, 51.0, 71.0]  # one year too old everywhere
CNN_P = [0.1, 0.9, 0.2, 0.7, 0.3, 0.6]  # always right
HALF = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]  # half width of the age intervals


def many(values):
    return np.repeat(np.asarray(values), COPIES)


@pytest.fixture(scope="session")
def six():
    """The evaluation of two contenders on the six faces."""
    answers = {
        name: {
            "age": many(age),
            "p_female": many(p),
            "age_low": many(np.subtract(age, HALF)),
            "age_high": many(np.add(age, HALF)),
        }
        for name, age, p in (("hog", HOG, HOG_P), ("cnn", CNN, CNN_P))
    }
    run = reports.from_predictions(
        {"age": many(AGE), "gender": many(GENDER), "yaw": many(YAW), "pitch": many([0.0] * 6)},
        answers,
        pair=("hog", "cnn"),
        families={"hog": "classical", "cnn": "cnn"},
        costs={
            "hog": {"fit_seconds": 10, "predict_images_per_second": 1000, "cores": 1,
                    "model_bytes": 2e6},
            "cnn": {"fit_seconds": 200, "predict_images_per_second": 100, "cores": 2,
                    "model_bytes": 8e6},
        },
    )  # fmt: skip
    run.curves = pd.DataFrame(
        {"curve": "learning", "contender": "cnn", "seed": [0, 1, 0, 1], "x": [100, 100, 200, 200],
         "metric": "mae", "value": [8.0, 6.0, 5.0, 5.0]}
    )  # fmt: skip
    run.pose_error = pd.DataFrame(
        {"angle": ["yaw", "yaw", "pitch"], "yaw_bin": ["0-10", "10-20", "0-10"], "n": 5,
         "mae": [1.0, 2.0, 3.0], "bias": 0.0, "slope": 1.0}
    )  # fmt: skip
    run.part_scores = pd.DataFrame(
        {"contender": ["hog", "cnn"], "seed": 0, "part": "train", "metric": "mae",
         "value": [3.0, 0.5]}
    )  # fmt: skip
    return Evaluation(run)


@pytest.fixture
def drawn(six):
    """Return a function: chart module and variant -> numbers, and the axes that were drawn."""
    looks = figures.looks({"hog": "classical", "cnn": "cnn"})

    def draw(module, variant=""):
        frame = module.frame(six, variant)
        with figures.style():
            return frame, module.plot(frame, looks, variant).axes

    return draw


@pytest.fixture(scope="session")
def markers():
    """Return a function: axes -> x and y of every line that has a marker or is a curve."""

    def find(ax):
        return [line.get_xydata() for line in ax.lines]

    return find
