"""False-positive rate of a page: how often it reports a difference where there is none.

    python -m benchmarks.page_null --pages 200

Every run has four contenders that are equally good, on faces whose groups are equally hard,
another data set that is no harder, and changed pictures that cost exactly what the page tolerates
(``BARS``). Half of the runs have one training of each contender, half have three whose errors
differ by 2%. A page counts if any of its words says that a contender, a group, a data set or a
change is better or worse: in the verdict, in a section's finding, in a table's cells. Claim: at
most 5% of pages.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import special, stats

from benchmarks.simulated_run import simulated_faces, simulated_run
from data.tables import UNCHANGED
from reports import OtherSet, RunTables, sections
from reports.display.blocks import Prose
from reports.display.cells import Table
from reports.evaluation import Evaluation
from reports.page.verdict import verdict
from reports.statistics.stress import BARS

CONTENDERS = ("hog-linear", "hog-kernel", "cnn", "cnn-frozen")
CONDITIONS = {f"change {k}": [1.0, 2.0] for k in range(6)}
TRAINING = 0.02  # relative standard deviation of a training's errors
SAID = {  # words that claim a difference; what each is about
    "pair": r"^(?!Borderline).*(estimates age|recognises gender) better than",
    "price": r"errs by [\d.]+ years (less|more) than",
    "groups of the pair": r"is better in|ahead: (?!\S+ in 0 and \S+ in 0\.)|^verdict: ",
    "gaps": r"Widest gaps|^gap: ",
    "angle": r"differs \(p |it changes \(p |angles differ beyond",
    "best": r"(?<!not )(?<!be )told apart|^mark: best",
    "elsewhere": r"on age is|on gender is|is better on|grows most|hold less there",
    "changed pictures": r"to lose clearly|^breaks: ",
}


def null_run(page: int, n: int = 480) -> RunTables:
    """Return a run in which nothing differs from anything.

    Parameters
    ----------
    page : int
        Seed; odd pages have three trainings of each contender, even ones have one.
    n : int
        Test faces.
    """
    rng = np.random.default_rng([page, 2026])
    seeds = 3 if page % 2 else 1
    run = simulated_run(n, seeds, CONTENDERS, random_state=page)
    test = run.faces.set_index("face_id", drop=False).loc[run.predictions["face_id"].unique()]
    skill = {(c, s): 1 + TRAINING * rng.standard_normal() * (seeds > 1)
             for c in CONTENDERS for s in range(seeds)}  # fmt: skip
    away = simulated_faces(400, rng)
    changed = test.sample(200, random_state=page)
    provenance = dict(run.provenance) | {"stress": {"conditions": {
        name: {"title": name.capitalize(), "unit": "steps", "identity": 0, "levels": levels}
        for name, levels in CONDITIONS.items()}}}  # fmt: skip
    return RunTables(
        faces=run.faces,
        predictions=_answers(test, skill, rng),
        costs=run.costs,
        provenance=provenance,
        splits=run.splits,
        stress=_changed(changed, skill, rng),
        also={"elsewhere": OtherSet(away, _answers(away, _first(skill), rng))},
    )


def _first(skill: Mapping[tuple[str, int], float]) -> dict[tuple[str, int], float]:
    return {key: value for key, value in skill.items() if key[1] == 0}


def _latent(faces: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Return a standard normal value a face, half of whose variance its group shares."""
    code = pd.factorize(faces["group"])[0]
    shared = rng.standard_normal(code.max() + 1)[code]
    return np.sqrt(0.5) * (shared + rng.standard_normal(len(faces)))


def _answers(
    faces: pd.DataFrame, skill: Mapping[tuple[str, int], float], rng: np.random.Generator
) -> pd.DataFrame:
    hard = rng.gamma(4, 0.25, len(faces))
    common = [_latent(faces, rng) for _ in range(2)]
    own = {c: [_latent(faces, rng) for _ in range(2)] for c in CONTENDERS}
    frames = []
    for (contender, seed), size in skill.items():
        fresh = rng.standard_normal((2, len(faces)))
        age, gender = (np.sqrt(0.4) * common[k] + np.sqrt(0.4) * own[contender][k]
                       + np.sqrt(0.2) * fresh[k] for k in range(2))  # fmt: skip
        error = 6 * size * hard * age
        frames.append(_cell(faces, contender, seed, error, gender * size, 1.645 * 6 * size * hard))
    return pd.concat(frames, ignore_index=True)


def _cell(
    faces: pd.DataFrame, contender: str, seed: int, error: np.ndarray, gender: np.ndarray,
    half: np.ndarray | float,
) -> pd.DataFrame:  # fmt: skip
    female = (faces["gender"] == "female").to_numpy(float)
    age = faces["age"].to_numpy(float) + error
    return pd.DataFrame({
        "data_set": "simulated", "protocol": "full", "contender": contender, "seed": seed,
        "fold": 0, "face_id": faces["face_id"].to_numpy(), "age_pred": age, "age_low": age - half,
        "age_high": age + half, "p_female": special.expit(2.2 * ((2 * female - 1) * 1.5 + gender)),
    })  # fmt: skip


def _changed(
    faces: pd.DataFrame, skill: Mapping[tuple[str, int], float], rng: np.random.Generator
) -> pd.DataFrame:
    """Return answers to changed pictures: a year more of error, five points fewer right."""
    frames = []
    right = stats.norm.cdf(1.5)
    for contender, seed in _first(skill):
        hard, z, gender = rng.gamma(4, 0.25, len(faces)), _latent(faces, rng), _latent(faces, rng)
        plain = _cell(faces, contender, seed, 6 * hard * z, gender, 14.0)
        frames.append(plain.assign(condition=UNCHANGED, level=0.0))
        for name, levels in CONDITIONS.items():
            for level in levels:
                again = np.sqrt(0.8) * z + np.sqrt(0.2) * rng.standard_normal(len(faces))
                error = 6 * hard * again
                cell = _cell(faces, contender, seed, error + BARS["age"] * np.sign(error),
                             gender, 14.0)  # fmt: skip
                lost = rng.random(len(faces)) < BARS["gender"] / right
                truth = (faces["gender"] == "female").to_numpy()
                cell["p_female"] = np.where(lost, np.where(truth, 0.1, 0.9), cell["p_female"])
                frames.append(cell.assign(condition=name, level=level))
    return pd.concat(frames, ignore_index=True)


def words(run: RunTables) -> list[str]:
    """Return every computed sentence of a page, and the cells of its tables that are verdicts."""
    evaluation = Evaluation(run)
    said = [f"{s.claim} {s.evidence}" for s in verdict(evaluation)]
    for section in sections.made(evaluation, lambda key: [], sections.find()).values():
        said.append(section.finding)
        for block in section.blocks:
            if isinstance(block, Prose):
                said += block.paragraphs
            elif isinstance(block, Table):
                said += _cells(block)
    return said


def _cells(table: Table) -> list[str]:
    found = [f"mark: {cell.mark}" for row in table.rows for cell in row.cells if cell.mark]
    if table.key == "gaps":
        notes = [cell.note for row in table.rows for cell in row.cells]
        found += [f"gap: {note}" for note in notes if note == "beyond chance"]
    if table.key == "tests":
        names = [row.cells[-1].text for row in table.rows]
        found += [f"verdict: {name}" for name in names if name in CONTENDERS]
    if table.key.startswith("stress-"):
        cells = [cell for row in table.rows for cell in row.cells[1:]]
        found += [f"breaks: {cell.text}" for cell in cells if cell.text != "holds"]
    return found


def claims(said: list[str]) -> dict[str, list[str]]:
    """Return the words of a page that claim a difference, by what they are about."""
    found = {about: [s for s in said if re.search(pattern, s)] for about, pattern in SAID.items()}
    return {about: sentences for about, sentences in found.items() if sentences}


def null_rate(pages: int, n: int = 480, first: int = 0) -> dict[str, object]:
    """Return the share of pages that claim a difference, with its interval, of what, in words."""
    found = {page: claims(words(null_run(page, n))) for page in range(first, first + pages)}
    said = [f"page {page}, {about}: {sentences[0]}"
            for page, claimed in found.items() for about, sentences in claimed.items()]  # fmt: skip
    return rate([set(claimed) for claimed in found.values()]) | {"faces": n, "said": said}


def rate(found: Sequence[Collection[str]]) -> dict[str, object]:
    """Return the share of pages with any claim, its 95% interval, and of what the claims are."""
    pages = len(found)
    false = sum(bool(f) for f in found)
    ends = stats.binomtest(false, pages).proportion_ci(method="wilson")
    about = Counter(kind for f in found for kind in f)
    return {"pages": pages, "false": false, "rate": false / pages,
            "low": float(ends.low), "high": float(ends.high),
            "about": {kind: about[kind] / pages for kind in SAID}}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--faces", type=int, default=480)
    parser.add_argument("--first", type=int, default=0, help="seed of the first page")
    options = parser.parse_args()
    print(json.dumps(null_rate(options.pages, options.faces, options.first), indent=1))


if __name__ == "__main__":
    main()
