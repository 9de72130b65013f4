"""What a contender scores on *select* and *train*, beside the test part."""

from __future__ import annotations

from typing import Any

import numpy as np

from data import stress

from .parts import Parts

#: How the faces are changed: what differs first between one source of portraits and another.
CHANGES = (("sharpen", 6.0), ("blur", 2.0), ("scale", 0.9))

#: Faces of *select* whose changed copies are answered.
CHANGED_FACES = 400


def select_score(estimator: Any, parts: Parts) -> dict[str, float]:
    """Return scores on *select*: they choose, so that *test* need not.

    ``mae`` in years, ``accuracy`` of gender, and ``mae_changed``: the mean absolute error over
    changed copies of a sample of the faces, by which it is told who holds on other people's
    pictures.
    """
    images, labels = parts.xy("select")
    answers = estimator.predict(images)
    aged = np.flatnonzero(~np.isnan(labels[:, 0]))
    few = aged[np.linspace(0, len(aged) - 1, min(len(aged), CHANGED_FACES)).astype(int)]
    face_id = parts.faces["face_id"].to_numpy()[parts.rows("select")][few]
    errors = []
    for condition, level in CHANGES:
        changed = stress.change(images[few], condition, level, list(face_id))
        errors.append(np.abs(estimator.predict(changed)[:, 0] - labels[few, 0]).mean())
    return {
        "mae": float(np.abs(answers[aged, 0] - labels[aged, 0]).mean()),
        "accuracy": float((answers[:, 1] == labels[:, 1]).mean()),
        "mae_changed": float(np.mean(errors)),
    }


def train_score(
    estimator: Any, images: np.ndarray, labels: np.ndarray, seed: int, most: int = 1000
) -> dict[str, float]:
    """Return error in years and gender accuracy on some of the faces that it was fitted on."""
    some = np.sort(np.random.default_rng(seed).permutation(len(labels))[:most])
    answers = estimator.predict(images[some])
    return {
        "mae": float(np.nanmean(np.abs(answers[:, 0] - labels[some, 0]))),
        "accuracy": float((answers[:, 1] == labels[some, 1]).mean()),
    }
