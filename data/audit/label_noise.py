"""How good can a perfect model look? The floor that contradicting labels of one photo set.

Photos that stand in the data set more than once were labelled more than once. No model, however
good, can agree with two labels of the same pixels: the part of its error that this explains is a
floor for the noise of the labels, as far as photos with copies are like all others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

N_BOOTSTRAP = 2000


def label_noise_floor(faces: pd.DataFrame) -> dict[str, Any]:
    """Estimate the error that a perfect model would show because labels contradict each other.

    Parameters
    ----------
    faces : DataFrame
        With ``pixel_sha256``, ``photo`` (copies and near duplicates), ``age``, ``gender``,
        ``usable``.

    Returns
    -------
    dict
        For ``exact`` copies and for all ``photos`` with a verified duplicate: ``n_photos``,
        ``n_images``, ``share_conflicting`` (more than two years apart, or both genders);
        ``age_mae_floor`` in years: the mean distance to the median of a photo's labels, which no
        prediction can beat on these images, with its 95% bootstrap interval over photos
        (``_low``, ``_high``); ``age_mae_if_independent`` in years: what a model that knows the
        true age would show if the labels of a photo erred independently and normally, which is
        the mean distance of two labels divided by the square root of two;
        ``gender_error_floor``: share of labels in the minority of their photo, with interval.
        Without any such photo only ``n_photos`` and ``n_images``, both 0.

    Examples
    --------
    >>> import data
    >>> import pandas as pd
    >>> copies = pd.DataFrame({"pixel_sha256": ["1", "1"], "photo": [0, 0], "age": [20.0, 30.0]})
    >>> floor = data.label_noise_floor(copies.assign(gender="female", usable=True))
    >>> floor["exact"]["age_mae_floor"], floor["exact"]["gender_error_floor"]
    (5.0, 0.0)
    """
    labelled = faces[faces["usable"] & faces["age"].notna() & faces["gender"].notna()]
    return {
        "exact": _floor(labelled, "pixel_sha256"),
        "photos": _floor(labelled, "photo"),
        "note": (
            "Only photos that occur more than once tell; a label that was copied with its photo "
            "hides its error, so the truth lies above the floor."
        ),
    }


def _floor(labelled: pd.DataFrame, key: str) -> dict[str, Any]:
    repeated = labelled[labelled.duplicated(key, keep=False)]
    if repeated.empty:
        return {"n_photos": 0, "n_images": 0}
    female = (repeated["gender"] == "female").to_numpy()
    ages = repeated["age"].to_numpy(dtype=float)
    _, photo, counts = np.unique(
        repeated[key].to_numpy(dtype=object), return_inverse=True, return_counts=True
    )
    rows = np.split(np.argsort(photo, kind="stable"), np.cumsum(counts)[:-1])
    table = pd.DataFrame([_photo(ages[r], female[r]) for r in rows])
    age_low, age_high = _interval(table["age_error"], table["n"])
    gender_low, gender_high = _interval(table["minority"], table["n"])
    n_images = int(table["n"].sum())
    return {
        "n_photos": len(table),
        "n_images": n_images,
        "share_conflicting": float(((table["gap"] > 2) | (table["minority"] > 0)).mean()),
        "age_mae_floor": float(table["age_error"].sum() / n_images),
        "age_mae_floor_low": age_low,
        "age_mae_floor_high": age_high,
        "age_mae_if_independent": float(table["pair_distance"].mean() / np.sqrt(2)),
        "gender_error_floor": float(table["minority"].sum() / n_images),
        "gender_error_floor_low": gender_low,
        "gender_error_floor_high": gender_high,
    }


def _photo(ages: np.ndarray, female: np.ndarray) -> dict[str, float]:
    """Return the contradictions among the labels of one photo."""
    n = len(ages)
    distances = np.abs(ages[:, None] - ages[None, :])
    return {
        "n": n,
        "gap": distances.max(),
        "age_error": np.abs(ages - np.median(ages)).sum(),
        "pair_distance": distances.sum() / (n * (n - 1)),
        "minority": min(female.sum(), n - female.sum()),
    }


def _interval(sums: pd.Series, counts: pd.Series) -> tuple[float, float]:
    """Return the 95% interval of ``sums / counts`` by resampling photos."""
    rng = np.random.default_rng(0)
    total, size = sums.to_numpy(), counts.to_numpy()
    ratios: list[float] = []
    while len(ratios) < N_BOOTSTRAP:  # some draws at a time, in 8 MB or so
        some = min(N_BOOTSTRAP - len(ratios), max(1, 1_000_000 // len(total)))
        draws = rng.integers(len(total), size=(some, len(total)))
        ratios.extend(total[draws].sum(axis=1) / size[draws].sum(axis=1))
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(low), float(high)
