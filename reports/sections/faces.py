"""Galleries: the faces that teach most. Pictures appear only if the run was given them."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.bins import age_labels
from reports.display.blocks import Block, Gallery, Picture, Prose
from reports.display.cells import Cell, Column, Row, Table, text_cell
from reports.display.words import finite, number
from reports.evaluation import Evaluation
from reports.panel import Array
from reports.statistics.pairs import seed_mean

TITLE = "Faces worth a look"
ORDER = 140

SHOWN = 8
MAX_BYTES = 900_000  # of pictures on the page, before base64


@dataclass(frozen=True)
class Ranking:
    """Faces in order of interest; ``where`` are their positions in the panel."""

    key: str
    title: str
    note: str
    where: NDArray[np.int64]


def lead(evaluation: Evaluation) -> str:
    """Say what the section is about."""
    return "Where contenders fail and where they disagree."


def finding(evaluation: Evaluation) -> str:
    """Count the genders that nobody gets right, and say how far off the leader can be."""
    name = evaluation.leader
    error = seed_mean(evaluation.panel, name, "mae")
    said = []
    if np.isfinite(error).any():
        said.append(f"{name} is off by up to {number(float(np.nanmax(error)), 'years')} years")
    wrong = _wrong(evaluation, _MeanAnswers(evaluation))
    n = int((wrong > 0.5).sum())
    verb = "face gets" if n == 1 else "faces get"
    said.append(f"{n:,} {verb} the other gender from every contender shown")
    return f"{'; '.join(said)}."


def _wrong(evaluation: Evaluation, answers: _MeanAnswers) -> Array:
    """Return the smallest probability that any contender gives the other gender, by face."""
    p = answers.p_female
    return np.nan_to_num(np.where(evaluation.panel.female == 1, 1 - p, p).min(axis=0))


def blocks(evaluation: Evaluation, charts: list[Block]) -> list[Block]:
    """Return largest errors, sure gender mistakes and disagreements, as pictures or as tables."""
    found: list[Block] = []
    pictures = _Pictures(evaluation)
    if not evaluation.run.thumbnails:
        text = "The run was given no pictures: faces are named, not shown."
        found.append(Prose([text], "missing"))
    answers = _MeanAnswers(evaluation)
    for ranking in _rankings(evaluation, answers):
        if not len(ranking.where):
            continue
        if evaluation.run.thumbnails:
            shown = [pictures.of(k, answers) for k in ranking.where]
            found.append(Gallery(ranking.key, ranking.title, ranking.note, shown))
        else:
            found.append(_table(evaluation, ranking, answers))
    return (
        found + _group_maps(evaluation, pictures) + _near_duplicates(evaluation, pictures) + charts
    )


def _group_maps(evaluation: Evaluation, pictures: _Pictures) -> list[Block]:
    """Return one gallery per network and question: its mean map over each group's mean face."""
    maps = evaluation.run.group_maps
    if maps is None:
        return []
    blocks: list[Block] = []
    for (contender, target), rows in maps.groupby(["contender", "target"], sort=False):
        shown = [
            Picture(row["group"], [f"{row['n']} faces"], pictures.add("map", row["image"]))
            for row in rows.to_dict("records")
        ]
        title = f"Where {contender} looks for {target}"
        note = (
            "Grad-CAM averaged over some test faces of each group, on their mean face: what raises "
            f"the {'estimated age' if target == 'age' else 'certainty of the predicted gender'}."
        )
        blocks.append(Gallery(f"maps-{target}-{contender}", title, note, shown))
    return blocks


def gallery_tables(evaluation: Evaluation) -> list[Table]:
    """Return the rankings as tables, whether or not the page shows pictures instead."""
    answers = _MeanAnswers(evaluation)
    return [_table(evaluation, r, answers) for r in _rankings(evaluation, answers) if len(r.where)]


def shown_faces(evaluation: Evaluation) -> list[str]:
    """Return the ``face_id`` of every face in a ranking or a shown near-duplicate pair, once."""
    names = evaluation.panel.faces["face_id"].to_numpy()
    rankings = _rankings(evaluation, _MeanAnswers(evaluation))
    ids = [str(names[k]) for ranking in rankings for k in ranking.where]
    pairs = _worst_pairs(evaluation)
    if pairs is not None:
        ids += [str(i) for column in ("face_id_a", "face_id_b") for i in pairs[column]]
    return list(dict.fromkeys(ids))


class _MeanAnswers:
    """Ages and probabilities of the shown contenders, averaged over seeds, shape (C, F)."""

    def __init__(self, evaluation: Evaluation) -> None:
        panel = evaluation.panel
        self.names = evaluation.shown
        self.age = np.stack([_seed_average(panel.answers[c].age) for c in self.names])
        self.p_female = np.stack([_seed_average(panel.answers[c].p_female) for c in self.names])


def _seed_average(values: Array) -> Array:
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.where(known, values, 0).sum(axis=0) / known.sum(axis=0)


def _rankings(evaluation: Evaluation, answers: _MeanAnswers) -> list[Ranking]:
    panel, names = evaluation.panel, answers.names
    best = min(names, key=lambda c: (np.nan_to_num(evaluation.value(c, "mae"), nan=np.inf), c))
    error = np.nan_to_num(seed_mean(panel, best, "mae"))
    wrong = _wrong(evaluation, answers)
    found = [
        Ranking(
            "largest-errors",
            f"Largest errors of age by {best}",
            "The contender with the lowest error, where it is furthest off.",
            _top(error),
        ),
        Ranking(
            "sure-mistakes",
            "Surest mistakes of gender",
            _mistake_note(wrong),
            _top(np.where(wrong > 0.5, wrong, 0)),
        ),
    ]
    if len(names) > 1:
        spread = np.nan_to_num(np.ptp(answers.age, axis=0))
        title = "Where contenders disagree most about age"
        found.append(
            Ranking("disagreement", title, "Largest minus smallest estimate.", _top(spread))
        )
    return found


def _mistake_note(wrong: Array) -> str:
    """Say how sure the least sure contender is on the faces that every one gets wrong."""
    shown = wrong[_top(np.where(wrong > 0.5, wrong, 0))]
    if not len(shown):
        return ""
    return (
        f"Every contender gives the annotated gender less than half; the least sure of them gives "
        f"the other one {number(float(shown.min()), 'share')} to "
        f"{number(float(shown.max()), 'share')}."
    )


def _top(score: Array) -> NDArray[np.int64]:
    order = np.argsort(-score, kind="stable")[:SHOWN]
    return order[score[order] > 0]


def _table(evaluation: Evaluation, ranking: Ranking, answers: _MeanAnswers) -> Table:
    """Name the faces of a ranking with what each contender said."""
    panel = evaluation.panel
    columns = [Column("face", numeric=False), Column("age"), Column("gender", numeric=False)]
    columns += [Column(c, contender=panel.contenders.index(c)) for c in answers.names]
    rows = []
    for k in ranking.where:
        cells = [text_cell(panel.faces["face_id"].iloc[k])]
        cells.append(Cell(number(panel.age[k]), finite(panel.age[k])))
        cells.append(text_cell(panel.faces["gender"].iloc[k]))
        for j, name in enumerate(answers.names):
            cells.append(
                Cell(
                    number(answers.age[j, k], "years"),
                    finite(answers.age[j, k]),
                    note=f"{number(answers.p_female[j, k], 'share')} female",
                    contender=panel.contenders.index(name),
                )
            )
        rows.append(Row(cells))
    return Table(ranking.key, ranking.title, columns, rows, ranking.note)


def _found_pairs(evaluation: Evaluation) -> pd.DataFrame | None:
    """Return the near duplicates without the candidates whose details did not agree."""
    table = evaluation.run.near_duplicates
    if table is None or "verified" not in table:
        return table
    return table[table["verified"].astype(bool)]


def _worst_pairs(evaluation: Evaluation) -> pd.DataFrame | None:
    """Return the shown near duplicates with their ages, or None if there are none."""
    table = _found_pairs(evaluation)
    if table is None or table.empty:
        return None
    age = evaluation.run.faces.set_index("face_id")["age"]
    pairs = table[table["face_id_a"].isin(age.index) & table["face_id_b"].isin(age.index)].copy()
    pairs["age a"], pairs["age b"] = (
        age.loc[pairs[c]].to_numpy(float) for c in ("face_id_a", "face_id_b")
    )
    pairs["gap"] = np.nan_to_num((pairs["age a"] - pairs["age b"]).abs())
    return pairs.sort_values("gap", ascending=False, kind="stable").head(SHOWN)


def _near_duplicates(evaluation: Evaluation, pictures: _Pictures) -> list[Block]:
    """Show the near duplicates with the largest gap of age."""
    table, pairs = _found_pairs(evaluation), _worst_pairs(evaluation)
    if table is None or pairs is None:
        return []
    title = "Nearly equal pictures whose labels disagree most"
    note = (
        f"{len(table):,} pairs whose pictures nearly agree were found, largest gap of age first; a "
        "pair shares a group and is never split."
    )
    if evaluation.run.thumbnails:
        shown = [pictures.pair(row) for row in pairs.to_dict("records")]
        return [Gallery("near-duplicates", title, note, shown)]
    columns = [Column("face", numeric=False), Column("age")] * 2
    rows = [
        Row(
            [
                text_cell(r["face_id_a"]),
                Cell(number(r["age a"]), finite(r["age a"])),
                text_cell(r["face_id_b"]),
                Cell(number(r["age b"]), finite(r["age b"])),
            ]
        )
        for r in pairs.to_dict("records")
    ]
    return [Table("near-duplicates", title, columns, rows, note)]


class _Pictures:
    """Turns faces into data URIs until the page has enough of them."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.run, self.panel, self.left = evaluation.run, evaluation.panel, MAX_BYTES
        self.explained: dict[str, list[tuple[str, bytes]]] = {}
        if self.run.explanations is not None:
            for row in self.run.explanations.to_dict("records"):
                caption = f"{row['kind']} {row.get('contender') or ''}".strip()
                self.explained.setdefault(row["face_id"], []).append((caption, row["image"]))

    def of(self, k: int, answers: _MeanAnswers) -> Picture:
        """Return a face with its explanations and what each contender said."""
        face = str(self.panel.faces["face_id"].iloc[k])
        images = self._images(face)
        if images:
            for caption, image in self.explained.get(face, []):
                images += self.add(caption, image)
        whole = finite(self.panel.age[k])
        age = age_labels(self.panel.faces.iloc[[k]]).iloc[0] if whole is None else f"{whole:.0f}"
        facts = [f"{age} years, {self.panel.faces['gender'].iloc[k]}"]
        facts += [
            f"{name}: {number(answers.age[j, k], 'years')}, "
            f"{number(answers.p_female[j, k], 'share')} female"
            for j, name in enumerate(answers.names)
        ]
        return Picture(face, facts, images)

    def pair(self, row: dict[str, object]) -> Picture:
        """Return two near duplicates side by side."""
        first, second = str(row["face_id_a"]), str(row["face_id_b"])
        facts = [f"{row['age a']:.0f} and {row['age b']:.0f} years"]
        return Picture(f"{first}, {second}", facts, self._images(first) + self._images(second))

    def _images(self, face: str) -> list[tuple[str, str]]:
        thumbnail = (self.run.thumbnails or {}).get(face)
        return self.add("face", thumbnail) if thumbnail is not None else []

    def add(self, caption: str, image: bytes) -> list[tuple[str, str]]:
        """Return a picture as caption and data URI, nothing once the page is full."""
        self.left -= len(image)
        if self.left < 0:
            return []
        kind = {b"\x89PNG": "png", b"RIFF": "webp"}.get(image[:4], "jpeg")
        return [(caption, f"data:image/{kind};base64,{base64.b64encode(image).decode()}")]
