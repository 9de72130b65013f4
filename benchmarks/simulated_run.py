"""A run with known truth: contenders whose errors were drawn, not computed from pictures.

For tests, for the benchmarks of the report, and for trying the page without a data set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data import bins
from reports.tables import RunTables

ETHNICITIES = ("White", "Black", "Asian", "Indian", "Others")


@dataclass(frozen=True)
class Skill:
    """How good a simulated contender is.

    ``noise`` years of error at 30, growing with age and yaw; ``shrink`` pulls to the mean age;
    ``gender`` is the size of the gender signal; ``seed_share`` the part of the error that
    changes from seed to seed.
    """

    family: str
    noise: float
    shrink: float
    gender: float
    images_per_second: float
    fit_seconds: float
    parameters: float
    intervals: bool = True
    seed_share: float = 0.25


CONTENDERS = {
    "dummy": Skill("baseline", 0.0, 1.0, 0.0, 2e5, 0.1, 0, intervals=False, seed_share=0),
    "hog-linear": Skill("classical", 8.0, 0.35, 1.15, 2400, 42, 8101),
    "hog-kernel": Skill("classical", 7.0, 0.25, 1.5, 800, 310, 4e6),
    "cnn": Skill("cnn", 4.6, 0.08, 1.9, 160, 2900, 3.4e6),
    "cnn-frozen": Skill("cnn", 6.5, 0.2, 1.4, 190, 120, 3.4e6),
}


def simulated_faces(n: int, rng: np.random.Generator, pose_known: float = 0.98) -> pd.DataFrame:
    """Faces with UTKFace's skewed ages, correlated pose, and a few groups of near duplicates."""
    kind = rng.choice(4, n, p=[0.13, 0.07, 0.5, 0.3])
    age = np.select(
        [kind == 0, kind == 1, kind == 2],
        [rng.integers(1, 8, n), rng.integers(8, 18, n), rng.normal(27, 5, n).clip(15, 60)],
        default=rng.gamma(6, 9, n).clip(18, 100),
    )
    female = rng.random(n) < 0.48
    yaw, pitch = rng.normal(0, 12, n), rng.normal(-6 - 2 * female, 7, n) + 6 * (age < 3)
    unknown = rng.random(n) >= pose_known
    twin = rng.random(n) < 0.04
    group = np.arange(n, dtype=np.int64)
    group[1:][twin[1:]] = group[:-1][twin[1:]]
    dropped = rng.random(n) < 0.02
    faces = pd.DataFrame(
        {
            "face_id": [
                f"{int(a)}_{int(f)}_{i:06d}"
                for i, (a, f) in enumerate(zip(age, female, strict=True))
            ],
            "age": np.floor(age).astype("float32"),
            "gender": np.where(female, "female", "male"),
            "ethnicity": pd.Categorical(
                rng.choice(ETHNICITIES, n, p=[0.42, 0.19, 0.15, 0.17, 0.07]), ETHNICITIES
            ),
            "group": group + 7_000_000_000,
            "yaw": np.where(unknown, np.nan, yaw),
            "pitch": np.where(unknown, np.nan, pitch),
            "roll": np.where(unknown, np.nan, rng.normal(0, 3, n)),
            "keep": ~dropped,
            "drop_reason": np.where(dropped, rng.choice(["copy", "label conflict"], n), ""),
        }
    )
    return bins.add_breakdowns(faces)


def simulated_run(
    n_faces: int = 4200,
    seeds: int = 3,
    contenders: tuple[str, ...] = ("dummy", "hog-linear", "hog-kernel", "cnn"),
    pose_known: float = 0.98,
    random_state: int = 0,
    **optional: object,
) -> RunTables:
    """Return tables with ``n_faces`` in the test part (plus four times as many in training)."""
    rng = np.random.default_rng(random_state)
    faces = simulated_faces(5 * n_faces, rng, pose_known)
    kept = faces[faces["keep"]]
    in_test = set(kept["group"].unique()[:n_faces])
    test = kept[kept["group"].isin(in_test)].head(n_faces)
    splits = _splits(kept, set(test["face_id"]), seeds, rng)
    return RunTables(
        faces=faces,
        predictions=pd.concat(
            [_predict(test, name, seed, rng) for name in contenders for seed in range(seeds)],
            ignore_index=True,
        ),
        costs=_costs(contenders, seeds, len(kept) - len(test), rng),
        provenance=_provenance(contenders, seeds),
        splits=splits,
        **optional,
    )


def _predict(test: pd.DataFrame, name: str, seed: int, rng: np.random.Generator) -> pd.DataFrame:
    skill, n = CONTENDERS[name], len(test)
    own = np.random.default_rng([seed_of(name), 0])
    age, yaw = test["age"].to_numpy(float), np.nan_to_num(np.abs(test["yaw"].to_numpy(float)))
    hard = np.random.default_rng(5).gamma(4, 0.25, n)  # faces hard for every contender
    spread = skill.noise * hard * (0.35 + 0.65 * np.minimum(age, 60) / 30) * (1 + yaw / 60)
    shared, fresh = own.standard_normal((2, n)), rng.standard_normal((2, n))
    mix = np.sqrt(1 - skill.seed_share) * shared + np.sqrt(skill.seed_share) * fresh
    pred = (1 - skill.shrink) * age + skill.shrink * 29 + spread * mix[0]
    female = (test["gender"] == "female").to_numpy(float)
    clear = skill.gender * np.minimum(1, 0.35 + age / 25)
    logit = 2.2 * ((2 * female - 1) * clear + mix[1] * (skill.gender > 0)) * 0.9 - 0.1
    half = 1.645 * np.maximum(spread, 0.5) * 1.25 if skill.intervals else np.nan
    return pd.DataFrame(
        {
            "data_set": "simulated",
            "protocol": "full",
            "contender": name,
            "seed": seed,
            "fold": 0,
            "face_id": test["face_id"].to_numpy(),
            "age_pred": pred.clip(0, 110).astype("float32"),
            "age_low": np.asarray(pred.clip(0, 110) - half, "float32") + np.zeros(n, "float32"),
            "age_high": np.asarray(pred.clip(0, 110) + half, "float32") + np.zeros(n, "float32"),
            "p_female": (1 / (1 + np.exp(-logit))).astype("float32"),
        }
    )


def seed_of(name: str) -> int:
    """Return a stable integer for a contender's name."""
    return sum(ord(c) * 31**i for i, c in enumerate(name)) % 2**31


def _splits(
    kept: pd.DataFrame, test_ids: set[str], seeds: int, rng: np.random.Generator
) -> pd.DataFrame:
    frames = []
    group_code = pd.factorize(kept["group"])[0]
    in_test = kept["face_id"].isin(test_ids).to_numpy()
    test_groups = set(group_code[in_test])
    for seed in range(seeds):
        draw = rng.random(group_code.max() + 1)[group_code]
        part = np.select([draw < 0.125, draw < 0.25], ["select", "calibrate"], default="train")
        part = np.where([g in test_groups for g in group_code], "test", part)
        frames.append(
            pd.DataFrame(
                {
                    "data_set": "simulated",
                    "protocol": "full",
                    "seed": seed,
                    "fold": 0,
                    "face_id": kept["face_id"].to_numpy(),
                    "part": part,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _costs(
    contenders: tuple[str, ...], seeds: int, n_train: int, rng: np.random.Generator
) -> pd.DataFrame:
    rows = []
    for name in contenders:
        skill = CONTENDERS[name]
        for seed in range(seeds):
            jitter = rng.uniform(0.95, 1.05)
            rows.append(
                {
                    "data_set": "simulated",
                    "protocol": "full",
                    "contender": name,
                    "seed": seed,
                    "fold": 0,
                    "fit_seconds": skill.fit_seconds * jitter,
                    "predict_images_per_second": skill.images_per_second / jitter,
                    "peak_rss_bytes": (4e8 + skill.parameters * 60) * jitter,
                    "model_bytes": skill.parameters * 4.1 + 900,
                    "n_parameters": skill.parameters,
                    "n_train": n_train,
                    "cores": 2 if skill.family == "cnn" else 1,
                    "threads": 2 if skill.family == "cnn" else 1,
                    "shared": skill.family != "cnn",
                    "device": "cpu",
                }
            )
    return pd.DataFrame(rows)


def _provenance(contenders: tuple[str, ...], seeds: int) -> dict[str, object]:
    return {
        "plan_name": "simulated",
        "plan": {"data": "simulated", "seeds": list(range(seeds))},
        "seeds": list(range(seeds)),
        "protocols": ["full"],
        "contenders": {
            name: {
                "summary": f"simulated {CONTENDERS[name].family} contender",
                "family": CONTENDERS[name].family,
                "trained": True,
                "options": {},
            }
            for name in contenders
        },
        "data_sets": {"simulated": {"title": "simulated faces", "licence": "no pictures"}},
        "select_scores": {
            name: {
                "mae": CONTENDERS[name].noise + 8 * CONTENDERS[name].shrink,
                "accuracy": 0.5 + 0.2 * CONTENDERS[name].gender,
            }
            for name in contenders
        },
        "versions": {"python": "3", "numpy": np.__version__},
        "machine": {"processor": "simulated", "cores": 2},
        "command": "python -m benchmarks.report_speed",
        "started": "2026-11-24T00:00:00+00:00",
        "finished": "2026-11-24T01:00:00+00:00",
    }
