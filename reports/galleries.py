"""Galleries: the faces that teach most. Pictures appear only if the run was given them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from .blocks import Block, Gallery, Picture, Prose
from .comparison import seed_mean
from .display import from_frame, number
from .evaluation import Evaluation

SHOWN = 8
MAX_BYTES = 900_000  # of pictures on the page, before base64


def gallery_blocks(evaluation: Evaluation) -> list[Block]:
    """Return largest errors, surprising gender errors and disagreements: pictures or tables."""
    pictures = _Pictures(evaluation)
    blocks: list[Block] = []
    if not evaluation.run.thumbnails:
        blocks.append(
            Prose(["The run was given no pictures: faces are named, not shown."], "missing")
        )
    for key, title, note, table in _rankings(evaluation):
        if table.empty:
            continue
        if evaluation.run.thumbnails:
            shown = [pictures.of(row) for row in table.to_dict("records")]
            blocks.append(Gallery(key, title, note, shown))
        else:
            units = {"true age": "years", "spread": "years"}
            units |= {c: "years" for c in table.columns if c.startswith("age by")}
            blocks.append(from_frame(table, key, title, [], units=units, note=note))
    return blocks


def _rankings(evaluation: Evaluation) -> list[tuple[str, str, str, pd.DataFrame]]:
    panel = evaluation.panel
    names = [c for c in panel.contenders if evaluation.family(c) != "baseline"] or panel.contenders
    best = min(names, key=lambda c: (np.nan_to_num(evaluation.value(c, "mae"), nan=np.inf), c))
    ages = np.stack([_mean_age(evaluation, c) for c in names])
    p = np.stack([_mean_p(evaluation, c) for c in names])
    error = np.nan_to_num(seed_mean(panel, best, "mae"))
    wrong = np.nan_to_num(np.where(panel.female == 1, 1 - p, p).min(axis=0))
    spread = np.nan_to_num(np.ptp(ages, axis=0))
    describe = _describer(evaluation, names, ages, p)
    found = [
        ("largest-errors", f"Largest errors of age by {best}",
         "The contender with the lowest error, where it is furthest off.",
         describe(_top(error))),
        ("surprising-gender", "Surest mistakes of gender",
         "Every contender is sure, and disagrees with the annotation: often it is the annotation.",
         describe(_top(np.where(wrong > 0.5, wrong, 0)))),
    ]  # fmt: skip
    if len(names) > 1:
        title = "Where contenders disagree most about age"
        found.append(("disagreement", title, "Largest minus smallest estimate.",
                      describe(_top(spread))))  # fmt: skip
    return found


def _top(score: np.ndarray) -> np.ndarray:
    order = np.argsort(-score, kind="stable")[:SHOWN]
    return order[score[order] > 0]


def _describer(
    evaluation: Evaluation, names: list[str], ages: np.ndarray, p: np.ndarray
) -> Callable[[np.ndarray], pd.DataFrame]:
    faces = evaluation.panel.faces

    def describe(where: np.ndarray) -> pd.DataFrame:
        rows: list[dict[str, Any]] = []
        for k in where:
            row: dict[str, Any] = {"face": faces["face_id"].iloc[k]}
            row |= {"true age": float(evaluation.panel.age[k])}
            row |= {"gender": str(faces["gender"].iloc[k])}
            row |= {f"age by {c}": float(ages[j, k]) for j, c in enumerate(names)}
            row |= {f"p female by {c}": float(p[j, k]) for j, c in enumerate(names)}
            rows.append(row)
        return pd.DataFrame(rows)

    return describe


def _mean_age(evaluation: Evaluation, contender: str) -> np.ndarray:
    ages = evaluation.panel.answers[contender].age
    known = np.isfinite(ages)
    with np.errstate(invalid="ignore"):
        return np.where(known, ages, 0).sum(axis=0) / known.sum(axis=0)


def _mean_p(evaluation: Evaluation, contender: str) -> np.ndarray:
    p = evaluation.panel.answers[contender].p_female
    known = np.isfinite(p)
    with np.errstate(invalid="ignore"):
        return np.where(known, p, 0).sum(axis=0) / known.sum(axis=0)


class _Pictures:
    """Turns faces into data URIs until the page has enough of them."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.run, self.left = evaluation.run, MAX_BYTES
        table = self.run.explanations
        self.explained: dict[str, list[tuple[str, bytes]]] = {}
        if table is not None:
            for row in table.to_dict("records"):
                caption = f"{row.get('kind', '')} {row.get('contender', '') or ''}".strip()
                self.explained.setdefault(row["face_id"], []).append((caption, row["image"]))

    def of(self, row: dict[str, Any]) -> Picture:
        face = row["face"]
        images = []
        thumbnail = (self.run.thumbnails or {}).get(face)
        if thumbnail is not None:
            images += self._add("face", thumbnail)
            for caption, image in self.explained.get(face, []):
                images += self._add(caption, image)
        facts = [f"{row['true age']:.0f} years, {row['gender']}"]
        for key, value in row.items():
            if key.startswith("age by"):
                name = key.removeprefix("age by ")
                chance = row.get(f"p female by {name}", float("nan"))
                facts.append(f"{name}: {number(value, 'years')}, {number(chance, 'share')} female")
        return Picture(str(face), facts, images)

    def _add(self, caption: str, image: bytes) -> list[tuple[str, str]]:
        self.left -= len(image)
        if self.left < 0:
            return []
        kind = "png" if image[:4] == b"\x89PNG" else "jpeg"
        return [(caption, f"data:image/{kind};base64,{base64.b64encode(image).decode()}")]
