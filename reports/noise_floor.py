"""The floor of label noise: an error that no contender can be measured to go below."""

from __future__ import annotations

import pandas as pd

from .tables import RunTables


def noise_floor(run: RunTables) -> dict[str, float] | None:
    """Return the floor of label noise: ``mae`` in years, ``error`` of gender, ``n_photos``.

    Reads ``label_noise`` of ``RunTables``: either flat, or with the floor of exact copies under
    ``exact`` as ``data.label_noise_floor`` gives it.
    """
    noise = run.label_noise
    if not noise:
        return None
    exact = noise.get("exact", noise)
    mae = exact.get("age_mae_floor", exact.get("mae"))
    if mae is None or pd.isna(mae):
        return None
    error = exact.get("gender_error_floor", exact.get("gender", float("nan")))
    photos = exact.get("n_photos", exact.get("n_pairs", 0))
    return {"mae": float(mae), "error": float(error), "n_photos": float(photos)}
