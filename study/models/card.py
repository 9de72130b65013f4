"""Model cards: what a saved model was trained on, how it errs and for whom, what it is not for.

Fields follow Mitchell et al., "Model Cards for Model Reporting", FAT* 2019.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from basis.files import write_json, write_text
from data import tables
from reports import RunTables
from study.engine.cell import FAMILIAR, RANGES
from study.engine.parts import some_of
from study.errors import StudyFailed
from study.record.files import read_json

INTENDED_USE = (
    "Research on how age and gender estimation from faces succeeds and fails: by age, gender and "
    "head pose, against other methods on the same faces."
)
NOT_FOR = (
    "Identifying people, or any decision about a person (access, hiring, policing, advertising).",
    "Telling anybody's gender identity: the annotation is binary and was made by others.",
    "Proof of age. The interval is a statement about a population like the training data.",
)


def make_card(run: RunTables, contender: str, trained: str | None = None) -> dict[str, Any]:
    """Return the card of one contender's saved model as a JSON-able dict.

    ``trained`` is when its training began, if that is known better than by the start of the run.
    """
    chosen = _answers(run, contender)
    first = chosen.iloc[0]
    return {
        "contender": contender,
        "details": {
            **run.provenance["contenders"][contender],
            "versions": run.provenance["versions"],
            "seed": int(first["seed"]),
            "protocol": str(first["protocol"]),
            "trained": trained or run.provenance["started"],
        },
        "intended_use": INTENDED_USE,
        "not_for": list(NOT_FOR),
        "training_data": _training_data(run, first),
        "errors": _errors(run.faces, chosen),
        "caveats": [
            "Errors are measured on the test part of the same data set; other photos can be worse.",
            "Labels of UTKFace are partly a model's output; identities are unlabelled.",
        ],
    }


def _answers(run: RunTables, contender: str) -> pd.DataFrame:
    """Return what the saved model answered: that of the first protocol, seed and fold."""
    rows, plan = run.predictions, run.provenance
    same = (rows["protocol"] == plan["protocols"][0]) & (rows["seed"] == plan["seeds"][0])
    return rows[same & (rows["fold"] == 0) & (rows["contender"] == contender)]


def _training_data(run: RunTables, cell: pd.Series) -> dict[str, Any]:
    splits = run.splits
    assert splits is not None
    same = (splits["protocol"] == cell["protocol"]) & (splits["seed"] == cell["seed"])
    same &= splits["fold"] == cell["fold"]
    ids = splits.loc[same & (splits["part"] == "train"), "face_id"]
    plan = run.provenance["plan"].get("contenders", {}).get(cell["contender"], {})
    rows = np.flatnonzero(run.faces["face_id"].isin(ids).to_numpy())
    faces = run.faces.iloc[some_of(rows, plan.get("train_size"), int(cell["seed"]))]
    return {
        "data_set": str(cell["data_set"]),
        **run.provenance["data_sets"][str(cell["data_set"])],
        "n_train": len(faces),
        "ranges": {
            name: [float(x) for x in np.nanquantile(faces[name].astype(float), FAMILIAR)]
            for name in ("age", "yaw", "pitch", "roll")
            if faces[name].notna().any()
        },
    }


def _errors(faces: pd.DataFrame, predictions: pd.DataFrame) -> list[dict[str, Any]]:
    """MAE in years and gender accuracy overall and by every breakdown group."""
    joined = predictions.merge(faces, on="face_id")
    joined["error"] = (joined["age_pred"] - joined["age"]).abs()
    joined["right"] = (joined["p_female"] >= 0.5) == (joined["gender"] == "female")
    rows = [{"breakdown": "all", "group": "all", **_scores(joined)}]
    for column in tables.breakdown_columns(faces):
        for group, part in joined.groupby(column, observed=True):
            rows.append({"breakdown": column, "group": str(group), **_scores(part)})
    return rows


def _scores(rows: pd.DataFrame) -> dict[str, float | int]:
    return {
        "n": len(rows),
        "mae": round(float(rows["error"].mean()), 3),
        "gender_accuracy": round(float(rows["right"].mean()), 4),
    }


def to_markdown(card: dict[str, Any]) -> str:
    """Return the card as text for people."""
    data = card["training_data"]
    lines = [
        f"# Model card: {card['contender']}",
        "",
        card["details"]["summary"] + ".",
        "",
        f"**Intended use.** {card['intended_use']}",
        "",
        "**Not for**",
        "",
        *(f"- {sentence}" for sentence in card["not_for"]),
        "",
        f"**Training data.** {data['n_train']} faces of {data['data_set']} ({data['licence']}).",
        "",
        "**Measured error** (held-out test part)",
        "",
        "| breakdown | group | n | age MAE (years) | gender accuracy |",
        "|---|---|---|---|---|",
        *(
            f"| {e['breakdown']} | {e['group']} | {e['n']} | {e['mae']:.2f} "
            f"| {e['gender_accuracy']:.3f} |"
            for e in card["errors"]
        ),
        "",
        "**Caveats**",
        "",
        *(f"- {sentence}" for sentence in card["caveats"]),
    ]
    return "\n".join(lines) + "\n"


def _when(card: Path) -> str | None:
    """Return when a model was trained by the card it has: a run may go on later and elsewhere."""
    try:
        return str(read_json(card)["details"]["trained"])
    except (FileNotFoundError, StudyFailed, KeyError, TypeError):
        return None


def write_cards(run_path: Path, run: RunTables) -> None:
    """Write ``card.json`` and ``CARD.md`` into every model folder of a run."""
    for folder in sorted((run_path / "models").iterdir()):
        if folder.is_dir() and len(_answers(run, folder.name)):
            card = make_card(run, folder.name, _when(folder / "card.json"))
            if (folder / RANGES).is_file():  # of pixels, which the tables of a run do not hold
                card["training_data"]["ranges"].update(read_json(folder / RANGES))
            write_json(folder / "card.json", card)
            write_text(folder / "CARD.md", to_markdown(card))
