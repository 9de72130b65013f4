"""Which saved model answers where nobody names one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pipelines.persistence import ESTIMATOR
from study.errors import UsageError
from study.record.files import finished_files, read_json
from study.record.records import select_scores


def best_model(run: Path) -> Path:
    """Return the model folder of the contender that holds best on other people's pictures.

    Photographs differ from a data set's faces in sharpness and crop before they differ in anything
    else, and the contender that wins at home may fall furthest there. The rule: the smallest age
    error on changed copies (sharpened, softened, another crop) of *select* faces. Runs that did not
    measure it fall back to the error on *select* as it is; a baseline answers only where there is
    nothing else.
    """
    records = [read_json(p) for p in finished_files(run / "records", "*.json")]
    path = run / "provenance.json"
    plan = read_json(path) if path.is_file() else {}
    scores = select_scores(records, next(iter(plan.get("protocols", [])), None))
    folders = [p for p in sorted((run / "models").iterdir()) if _answers(p)]
    folders = [p for p in folders if not _knows_nothing(p / "card.json")] or folders
    if not folders:
        raise UsageError(
            f"{run} holds no saved model: run the study with save_models = true (a run that was "
            "moved without its models has their cards only)"
        )
    known = [scores.get(folder.name, {}) for folder in folders]
    changed = all(np.isfinite(score.get("mae_changed", np.nan)) for score in known)
    measure = "mae_changed" if changed else "mae"
    errors = [score.get(measure, np.inf) for score in known]
    return folders[int(np.argmin(errors))]


def newest_model(runs: Path) -> Path:
    """Return the run on photographs of people whose training began last.

    Models trained on the embedded rendered faces, and baselines that know nothing, are only used
    when named. Rendering a report again changes nothing here.

    Parameters
    ----------
    runs : Path
        Folder of run directories.

    Returns
    -------
    Path
        The run directory.

    Raises
    ------
    UsageError
        There is none; the message gives the two commands that make one.

    Examples
    --------
    >>> import study
    >>> from pathlib import Path
    >>> model = study.load(study.newest_model(Path("runs")))              # doctest: +SKIP
    """
    cards = runs.glob("*/models/*/card.json")
    cards_of_models = [card for card in cards if _answers(card.parent)]
    candidates = [p for p in cards_of_models if not _is_rendered(p) and not _knows_nothing(p)]
    if not candidates:
        raise UsageError(
            f"no model trained on photographs was found under {runs}/. Make one:\n"
            "  study run --data UTKFace.tar.gz\n"
            "  study predict PHOTO\n"
            "or name a model: study predict PHOTO --model runs/demo (rendered faces, a toy for "
            "real photos)"
        )
    return max(candidates, key=lambda p: (str(_details(p)["trained"]), p.as_posix())).parents[2]


def _answers(folder: Path) -> bool:
    """Whether a model is there, not its card alone: a run may have moved without its models."""
    has = (folder / "card.json", folder / ESTIMATOR, folder / "model.onnx")
    return has[0].is_file() and any(file.is_file() for file in has[1:])


def _details(card: Path) -> dict[str, Any]:
    details: dict[str, Any] = read_json(card)["details"]
    return details


def _is_rendered(card: Path) -> bool:
    return bool(read_json(card)["training_data"]["data_set"] == "embedded")


def _knows_nothing(card: Path) -> bool:
    return bool(_details(card)["family"] == "baseline")
