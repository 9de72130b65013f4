"""Every number of a page as it was when the library and SciPy agreed with it, in ``golden.json``.

Other tests compare single numbers with other implementations; this one notices that any number of
any table has moved. After a change that is meant, this module run as a script writes the file anew,
and the change is named in the changelog.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import reports
from benchmarks.simulated_run import simulated_faces, simulated_run
from data.tables import UNCHANGED
from reports.evaluation import Evaluation
from reports.statistics import age_assurance, elsewhere

GOLDEN = Path(__file__).parent / "golden.json"
N = 600


def stressed(predictions):
    """Return answers on changed pictures: the more they are changed, the worse."""
    rng, home = np.random.default_rng(1), predictions[predictions["seed"] == 0]
    found = [home.assign(condition=UNCHANGED, level=0.0)]
    for name, level, years, turned in (
        ("blur", 1, 0.3, 0.02),
        ("blur", 4, 4, 0.2),
        ("dark", 2, 1.3, 0.1),
    ):
        rows = home.assign(condition=name, level=float(level))
        rows["age_pred"] += years * rng.choice([-1, 2], len(rows))
        turn = rng.random(len(rows)) < turned
        rows["p_female"] = rows["p_female"].where(~turn, 1 - rows["p_female"])
        found.append(rows)
    return pd.concat(found, ignore_index=True)


def other_set(predictions):
    """Return another set of people: some of known age, some of a range, some of gender alone."""
    rng = np.random.default_rng(2)
    people = simulated_faces(400, rng)
    people["face_id"] = "o" + people["face_id"]
    age = people["age"].to_numpy(float).copy()
    for column, step in (("age_low", -3), ("age_high", 4)):
        people[column] = np.where(np.arange(400) % 4 == 0, np.maximum(age + step, 0), np.nan)
    people["age"] = np.where(np.arange(400) % 4 < 2, np.nan, age).astype("float32")
    nothing = np.arange(400) % 4 == 1
    people["keep"] = ~nothing
    people["drop_reason"] = np.where(nothing, "label missing", "")
    cells = []
    for name, error in (("hog-linear", 9.0), ("hog-kernel", 7.0), ("cnn", 6.0)):
        guess = age + rng.normal(1, error, 400)
        p = np.clip((people["gender"] == "female") * 0.5 + rng.random(400) * 0.6, 0.01, 0.99)
        cells.append(
            pd.DataFrame(
                {"data_set": "other", "protocol": "full", "contender": name, "seed": 0, "fold": 0,
                 "face_id": people["face_id"], "age_pred": guess, "age_low": guess - 11,
                 "age_high": guess + 13, "p_female": p}
            )
        )  # fmt: skip
    trials = pd.DataFrame(
        {"contender": "cnn", "k": np.repeat([0, 50], [1, 5]), "draw": [0, 0, 1, 2, 3, 4], "n": 300,
         "coverage": [0.7, 0.8, 0.85, 0.9, 0.95, 0.99], "width": [20.0, 24, 25, 29, 31, 40]}
    )  # fmt: skip
    return reports.OtherSet(people, pd.concat(cells, ignore_index=True), {}, trials)


def made_run():
    run = simulated_run(N)
    predictions = run.predictions
    ties = predictions["contender"] == "hog-linear"
    predictions.loc[ties, "age_pred"] = predictions.loc[ties, "age_pred"].round()
    predictions.loc[ties, "p_female"] = predictions.loc[ties, "p_female"].round(1)
    silent = predictions["face_id"].isin(sorted(set(predictions["face_id"]))[:37])
    predictions = predictions[~(silent & (predictions["contender"] == "hog-kernel"))]
    return reports.RunTables(
        run.faces, predictions, run.costs, run.provenance, stress=stressed(predictions),
        also={"other": other_set(predictions)},
    )  # fmt: skip


def made_tables():
    run = Evaluation(made_run())
    panel = run.panel
    others = run.elsewhere["other"]
    found = {
        "headline": run.headline, "tests": run.tests, "best": run.best, "gaps": run.gaps,
        "stress": run.stress, "breaking points": run.breaking_points, "costs": run.costs,
        "assurance": run.age_assurance, "buffers": age_assurance.buffers(panel),
        "home and away": elsewhere.compare_with_home(others, 0.8),
        "pair away": run.pair_elsewhere["other"],
        "recalibration": elsewhere.recalibration_table(run.run.also["other"].recalibration),
        "changes": run.changes,
    }  # fmt: skip
    found |= {f"pass {t}": age_assurance.pass_rates(panel, t) for t in (13, 18)}
    found |= {f"by {c}": t for c, t in run.breakdown_tables.items()}
    found |= {f"standardised {c}": t for c, t in run.standardised.items()}
    found |= {f"regression {c}": t for c, t in run.regressions.items()}
    found |= {f"{a} x {b}": run.crossed(a, b) for a, b in run.crossings}
    return found


def summed_up(table):
    """Return of each column: how many numbers, their mean, and a mean that knows their order."""
    out = {}
    for name in table:
        if pd.api.types.is_numeric_dtype(table[name]) or table[name].dtype == bool:
            values = table[name].to_numpy(float)
            known = np.isfinite(values)
            place = np.linspace(1, 2, len(values))[known]
            means = (
                [float(v.mean()) for v in (values[known], values[known] * place)]
                if known.any()
                else []
            )
            out[str(name)] = [int(known.sum()), *(float(f"{v:.8g}") for v in means)]
        elif name != "seeds":
            out[str(name)] = {
                str(k): int(n) for k, n in table[name].astype(str).value_counts().items()
            }
    return out


@pytest.fixture(scope="module")
def found():
    return {name: summed_up(table.reset_index(drop=True)) for name, table in made_tables().items()}


KEPT = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}


def test_no_table_is_missing(found):
    assert {n: list(t) for n, t in found.items()} == {n: list(t) for n, t in KEPT.items()}


@pytest.mark.parametrize("name", KEPT)
def test_no_number_has_moved(found, name):
    moved = {
        column: (found[name][column], kept)
        for column, kept in KEPT[name].items()
        if found[name][column]
        != (kept if isinstance(kept, dict) else pytest.approx(kept, rel=2e-5, abs=2e-5))
    }
    assert moved == {}


if __name__ == "__main__":
    tables = {
        name: summed_up(table.reset_index(drop=True)) for name, table in made_tables().items()
    }
    GOLDEN.write_text(json.dumps(tables, indent=0, sort_keys=False) + "\n")
