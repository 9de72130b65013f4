"""Who is rendered, and from which side: a balanced design whose every prefix is balanced.

A block holds 66 people, one for each age bin x gender x group, and second renders of half of them.
Yaw, pitch and roll are stratified inside a block; of many random assignments the one that keeps
all blocks so far least correlated with age and gender is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from .shape import ETHNICITIES

# The display bins of age; 0-2 starts at 1 year, the last one ends at 90.
AGE_BINS = (
    (1, 3), (3, 6), (6, 13), (13, 18), (18, 25), (25, 35),
    (35, 45), (45, 55), (55, 65), (65, 75), (75, 90.99),
)  # fmt: skip
YAW, PITCH, ROLL = 60.0, 20.0, 15.0
TRIES = 48


@dataclass(frozen=True)
class Person:
    """What stays the same in all renders of one identity."""

    identity: int
    age: float
    gender: str
    dominant: str


@dataclass(frozen=True)
class Shot:
    """One render: a person and the pose of the head in degrees."""

    index: int
    person: Person
    yaw: float
    pitch: float
    roll: float


def _people(rng: np.random.Generator, block: int) -> list[Person]:
    """One person for every age bin, gender and group, in random order."""
    cells = list(product(range(len(AGE_BINS)), ("male", "female"), ETHNICITIES))
    people = []
    for place, cell in enumerate(rng.permutation(len(cells))):
        age_bin, gender, group = cells[cell]
        low, high = AGE_BINS[age_bin]
        age = round(float(rng.uniform(low, high)), 2)
        people.append(Person(block * len(cells) + place, min(age, high - 0.01), gender, group))
    return people


def _again(people: list[Person], block: int) -> list[Person]:
    """Half of the people, the other half in the next block, for a second render."""
    chosen = []
    for person in people:
        age_bin = next(k for k, (_, high) in enumerate(AGE_BINS) if person.age < high)
        parity = age_bin + (person.gender == "male") + ETHNICITIES.index(person.dominant) + block
        if parity % 2 == 0:
            chosen.append(person)
    return chosen


def _strata(rng: np.random.Generator, count: int, limit: float) -> np.ndarray:
    """``count`` values spread evenly over +-limit, in random order."""
    places = (rng.permutation(count) + rng.random(count)) / count
    return np.round((2 * places - 1) * limit, 2)


def shots(seed: int, count: int) -> list[Shot]:
    """Return the first ``count`` renders of the design."""
    result: list[Shot] = []
    poses = np.zeros((0, 3))
    block = 0
    while len(result) < count:
        rng = np.random.default_rng([seed, 0, block])
        people = _people(rng, block)
        people += _again(people, block)
        known = [shot.person for shot in result] + people
        traits = np.array([[p.age, p.gender == "male"] for p in known], float)
        best, best_pose = np.inf, np.zeros((len(people), 3))
        for _ in range(TRIES):
            n = len(people)
            drawn = np.stack([_strata(rng, n, limit) for limit in (YAW, PITCH, ROLL)], 1)
            every = np.vstack([poses, drawn])
            # Signed and unsigned yaw alike: the breakdown is by |yaw|.
            table = np.column_stack([traits, every, np.abs(every[:, 0])])
            worst = np.abs(np.corrcoef(table, rowvar=False)[:2, 2:]).max()
            if worst < best:
                best, best_pose = worst, drawn
        for person, (yaw, pitch, roll) in zip(people, best_pose, strict=True):
            result.append(Shot(len(result), person, float(yaw), float(pitch), float(roll)))
        poses = np.vstack([poses, best_pose])
        block += 1
    return result[:count]
