"""The search behind the defaults of the classical contenders: one setting at a time, on *select*.

    python benchmarks/classical_search.py UTKFace.tar.gz [--seed 0] [--every 3] [--jobs 2]

Features are computed once per contender; around the shipped values every setting takes two or
more others. ``*`` marks what ships. The *test* part is never read.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import numpy as np
from parts import Parts
from sklearn.base import clone

from pipelines.registry import get_contender

#: Contender, its head, and the values each setting of the head takes.
GRIDS: dict[tuple[str, str], dict[str, list[float]]] = {
    ("hog-linear", "age"): {"alpha": [3, 10, 30, 100, 300]},
    ("hog-linear", "gender"): {"C": [0.001, 0.003, 0.01, 0.03, 0.1]},
    ("hog-kernel", "age"): {
        "bandwidth": [0.6, 0.75, 0.9],
        "alpha": [0.1, 0.3, 1.0],
        "metric_floor": [0.1, 1.0, 3.0],
    },
    ("hog-kernel", "gender"): {"bandwidth": [0.6, 0.75, 0.9], "alpha": [0.03, 0.1, 0.3]},
}


def settings(head: Any, grid: dict[str, list[float]]) -> Iterator[tuple[str, Any]]:
    """Yield the shipped head first, then heads that differ from it in one setting."""
    shipped = head.get_params()
    values = ", ".join(f"{name} {shipped[name]:g}" for name in grid)
    yield f"{values} *", head
    for name, candidates in grid.items():
        for value in candidates:
            if value != shipped[name]:
                yield f"{name} {value:g}", clone(head).set_params(**{name: value})


def score(head: Any, question: str, X: np.ndarray, Y: np.ndarray) -> str:
    if question == "age":
        return f"{np.abs(head.predict(X) - Y[:, 0]).mean():.2f} years"
    return f"{100 * (head.predict(X) == Y[:, 1]).mean():.1f} %"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", help="UTKFace archive or folder")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=1, help="train on every k-th face")
    parser.add_argument("--jobs", type=int, default=None)
    options = parser.parse_args()
    parts = Parts(options.source, options.seed)
    train, select = parts("train", 128, slice(None, None, options.every)), parts("select", 128)
    print("| contender | question | setting | *select* |\n|---|---|---|---|")
    for contender in dict.fromkeys(name for name, _ in GRIDS):
        model = get_contender(contender).build(random_state=options.seed, n_jobs=options.jobs)
        features = model.features.fit(train[0])
        X, X_select = features.transform(train[0]), features.transform(select[0])
        for (owner, question), grid in GRIDS.items():
            if owner == contender:
                target = train[1][:, int(question == "gender")]
                for label, head in settings(getattr(model, question), grid):
                    fitted = head.fit(X, target)
                    result = score(fitted, question, X_select, select[1])
                    print(f"| {contender} | {question} | {label} | {result} |", flush=True)


if __name__ == "__main__":
    main()
