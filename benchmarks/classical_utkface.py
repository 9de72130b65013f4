"""What each idea brings to HOG on UTKFace: one table, on the *select* part.

    python benchmarks/classical_utkface.py UTKFace.tar.gz [--seed 0] [--every 3] [--test]

``--every 3`` trains on a third of the training faces. ``--test`` evaluates the shipped contenders
on the test part too; it is for the last run, after every choice is made.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from parts import Parts
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.svm import SVC, SVR

from pipelines import AgeGender, HogTransformer
from pipelines.classical.machine import FeatureMachineClassifier, FeatureMachineRegressor
from pipelines.classical.mirror_pairs import MirrorPairs
from pipelines.classical.pipelines import hog_pairs
from pipelines.images.shrink import Shrink
from pipelines.registry import get_contender


def machines(features: MirrorPairs, *, age_metric: int = 0) -> AgeGender:
    """Return kernel heads on other features, as they were before ``hog-kernel`` was finished."""
    odd = features.n_odd
    age = FeatureMachineRegressor(odd, alpha=0.3, metric_samples=age_metric, random_state=0)
    gender = FeatureMachineClassifier(odd, bandwidth=0.75, metric_samples=0, random_state=0)
    return AgeGender(age, gender, features, random_state=0)


def signed(*steps: Any, cell_size: int) -> Any:
    return make_pipeline(*steps, HogTransformer(orientations=18, signed=True, cell_size=cell_size))


FINE = ("cells 8", HogTransformer())
COARSE = ("cells 16", HogTransformer(cell_size=16))
SHADING = (
    ("half", signed(Shrink(2), cell_size=8)),
    ("quarter", signed(Shrink(4), cell_size=4)),
)
FULL = ("full", signed(cell_size=8))


def pairs(*features: tuple[str, Any], **sizes: int) -> MirrorPairs:
    return MirrorPairs(FeatureUnion(list(features)), random_state=0, **sizes)


def support_vectors() -> AgeGender:
    features = make_pipeline(HogTransformer(), PCA(500, random_state=0))
    return AgeGender(SVR(C=30, epsilon=2), SVC(C=3), features, random_state=0)


def nystroem() -> AgeGender:
    """Return what most people would do: an approximate kernel map and linear heads."""
    features = make_pipeline(
        hog_pairs(random_state=0),
        Nystroem(gamma=0.008, n_components=2000, random_state=0),
    )
    return AgeGender(Ridge(0.1), RidgeClassifier(0.1), features, random_state=0)


def square_root_of_age() -> AgeGender:
    model = get_contender("hog-kernel").build(random_state=0)
    age = TransformedTargetRegressor(model.age, func=np.sqrt, inverse_func=np.square)
    return model.set_params(age=age)


LADDER: dict[str, Callable[[], Any]] = {
    "hog-linear": lambda: get_contender("hog-linear").build(random_state=0),
    "lbp-linear": lambda: get_contender("lbp-linear").build(random_state=0),
    "PCA 500, RBF SVR and SVC": support_vectors,
    "mirror-even kernel ridge": lambda: machines(pairs(FINE)),
    "+ cells of 16": lambda: machines(pairs(FINE, COARSE)),
    "+ learnt metric, age": lambda: machines(pairs(FINE, COARSE), age_metric=5000),
    "+ signed, half and quarter size": lambda: machines(
        pairs(FINE, COARSE, *SHADING), age_metric=5000
    ),
    "+ signed, full size": lambda: machines(pairs(FINE, COARSE, FULL, *SHADING), age_metric=5000),
    "- unsigned cells of 8": lambda: machines(pairs(COARSE, FULL, *SHADING), age_metric=5000),
    "+ colour differences": lambda: machines(
        hog_pairs(600, 300, random_state=0).set_params(margin=None), age_metric=5000
    ),
    "half of each picture": lambda: machines(hog_pairs(600, 300, random_state=0), age_metric=5000),
    "400 and 200 components": lambda: machines(hog_pairs(random_state=0), age_metric=5000),
    "hog-kernel": lambda: get_contender("hog-kernel").build(random_state=0),
    "learnt metric for gender too": lambda: get_contender("hog-kernel").build(
        random_state=0, gender_metric_samples=5000
    ),
    "1,000 and 500 components": lambda: get_contender("hog-kernel").build(
        random_state=0, n_even=1000, n_odd=500
    ),
    "600 and 300 components": lambda: get_contender("hog-kernel").build(
        random_state=0, n_even=600, n_odd=300
    ),
    "square root of age": square_root_of_age,
    "Nystroem 2,000": nystroem,
}


def row(name: str, model: Any, X: np.ndarray, Y: np.ndarray, fit_seconds: float) -> str:
    start = time.process_time()
    answer = model.predict(X)
    per_second = len(X) / (time.process_time() - start)
    error = np.abs(answer[:, 0] - Y[:, 0])
    low, high = model.predict_age_interval(X).T
    covered = ((low <= Y[:, 0]) & (Y[:, 0] <= high)).mean()
    return (
        f"| {name} | {error.mean():.2f} | {(error <= 5).mean():.3f} | "
        f"{(answer[:, 1] == Y[:, 1]).mean():.3f} | {covered:.3f} | {(high - low).mean():.1f} | "
        f"{fit_seconds:.0f} | {per_second:.0f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", help="UTKFace archive or folder")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=1, help="train on every k-th face")
    parser.add_argument("--only", nargs="*", help="names of rows")
    parser.add_argument("--test", action="store_true", help="the shipped contenders on test too")
    options = parser.parse_args()
    parts = Parts(options.source, options.seed)
    print("| | MAE | CS@5 | gender | coverage | width | fit, CPU s | faces/CPU s |")
    print("|---|---|---|---|---|---|---|---|")
    for name, build in LADDER.items():
        if options.only and name not in options.only:
            continue
        X, Y = parts("train", 128, slice(None, None, options.every))
        start = time.process_time()
        model = build().fit(X, Y, select=parts("select", 128), calibrate=parts("calibrate", 128))
        seconds = time.process_time() - start
        print(row(name, model, *parts("select", 128), seconds), flush=True)
        if options.test and "-" in name.split()[0] and " " not in name:
            print(row(f"{name}, test", model, *parts("test", 128), seconds), flush=True)


if __name__ == "__main__":
    sys.exit(main())
