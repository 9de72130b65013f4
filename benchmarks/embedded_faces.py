"""Are the embedded faces a fair test bed? Shape must tell more than colour, and a CNN more still.

    python benchmarks/embedded_faces.py          HOG against 8x8 colour thumbnails, minutes
    python benchmarks/embedded_faces.py --cnn    and the contender ``cnn`` (recipe ``demo``)

Five folds by identity. HOG and colour get the same two learners for age (ridge, and RBF support
vectors on principal components) and the better of the two counts, so that neither loses to its
learner. Exits with 1 if a gate fails.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

import data
from pipelines import HogTransformer, get_contender

SIZE, FOLDS, COMPONENTS = 128, 5, 300
COLOUR_SIDE = 8


@dataclass(frozen=True)
class Problem:
    """Faces with what is asked of them."""

    images: np.ndarray
    age: np.ndarray
    female: np.ndarray
    group: np.ndarray

    def folds(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Rows to train on and to test on; no identity on both sides."""
        return list(GroupKFold(FOLDS).split(self.age, groups=self.group))


@dataclass(frozen=True)
class Result:
    """Out-of-fold errors of one kind of input."""

    mae: float
    gender: float


def load() -> Problem:
    """Read the embedded faces at the size of the study."""
    faces = data.load("embedded")
    keep = faces.table["keep"].to_numpy()
    table = faces.table[keep]
    return Problem(
        np.asarray(faces.images(SIZE))[keep],
        table["age"].to_numpy(float),
        (table["gender"] == "female").to_numpy(int),
        table["group"].to_numpy(),
    )


def colour_thumbnails(images: np.ndarray) -> np.ndarray:
    """Shrink images to 8x8 colours: light, skin tone, hair and background, no shape."""
    side = (COLOUR_SIDE, COLOUR_SIDE)
    small = [cv2.resize(image, side, interpolation=cv2.INTER_AREA) for image in images]
    return np.asarray(small, np.float32).reshape(len(images), -1) / 255


def classical(problem: Problem, features: np.ndarray) -> Result:
    """Cross-validate the two age learners and a support vector gender classifier."""
    folds = problem.folds()
    components = min(COMPONENTS, features.shape[1])

    def compact(model: SVR | SVC) -> object:
        return make_pipeline(StandardScaler(), PCA(components, random_state=0), model)

    ages = (
        make_pipeline(StandardScaler(), RidgeCV(np.logspace(-1, 5, 13))),
        compact(SVR(C=30, epsilon=2)),
    )
    errors = [
        np.abs(cross_val_predict(model, features, problem.age, cv=folds) - problem.age).mean()
        for model in ages
    ]
    guess = cross_val_predict(compact(SVC(C=3)), features, problem.female, cv=folds)
    return Result(float(min(errors)), float((guess == problem.female).mean()))


def network(problem: Problem, report: Callable[[str], None]) -> Result:
    """Train the contender ``cnn`` on every fold."""
    answers = np.zeros((len(problem.age), 2))
    targets = np.column_stack([problem.age, problem.female])
    for number, (train, test) in enumerate(problem.folds(), 1):
        model = get_contender("cnn").build(random_state=0, recipe="demo")
        model.fit(problem.images[train], targets[train], groups=problem.group[train])
        answers[test] = model.predict(problem.images[test])
        error = np.abs(answers[test, 0] - problem.age[test]).mean()
        report(f"cnn, fold {number}/{FOLDS}: {error:.2f} years")
    error = np.abs(answers[:, 0] - problem.age).mean()
    return Result(float(error), float((answers[:, 1] == problem.female).mean()))


def gates(median: float, hog: Result, colour: Result, cnn: Result | None) -> dict[str, bool]:
    """Return what was promised of the set, and whether it holds."""
    checks = {
        "HOG at most 90% of the age error of colour": hog.mae <= 0.9 * colour.mae,
        "HOG at most 70% of the age error of the median": hog.mae <= 0.7 * median,
        "gender by HOG between .75 and .95": 0.75 <= hog.gender <= 0.95,
    }
    if cnn is not None:
        wrong = (1 - cnn.gender) / (1 - hog.gender)
        checks["CNN at most 80% of the age error of HOG"] = cnn.mae <= 0.8 * hog.mae
        checks["CNN at most 70% of the gender errors of HOG"] = wrong <= 0.7
    return checks


def main() -> int:
    """Print the table and the gates."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cnn", action="store_true", help="also train the contender cnn")
    options = parser.parse_args()
    problem = load()
    median = float(np.abs(problem.age - np.median(problem.age)).mean())
    rows = {
        "hog": classical(problem, HogTransformer().fit_transform(problem.images)),
        "colour": classical(problem, colour_thumbnails(problem.images)),
    }
    if options.cnn:
        rows["cnn"] = network(problem, lambda line: print(line, file=sys.stderr))
    print(f"{len(problem.age)} faces, {len(np.unique(problem.group))} identities")
    print(f"{'median':8}  age {median:5.2f} years")
    for name, result in rows.items():
        print(f"{name:8}  age {result.mae:5.2f} years   gender {result.gender:.3f}")
    checks = gates(median, rows["hog"], rows["colour"], rows.get("cnn"))
    for claim, holds in checks.items():
        print(("holds  " if holds else "FAILS  ") + claim)
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
