"""Near duplicates of a data set: similar hashes, then a second look at the pixels."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from .cache import Progress, build_once
from .duplicates import near_pairs
from .fingerprints import HASH_WORDS, VERSION
from .policy import Policy
from .similarity import pair_similarity


def find_near_duplicates(
    faces: pd.DataFrame,
    paths: Sequence[Path],
    policy: Policy,
    cache: Path,
    *,
    n_jobs: int | None,
    progress: Progress,
) -> pd.DataFrame:
    """Return the pairs of different pictures that look alike.

    Copies with identical pixels are represented by the first of them.

    Returns
    -------
    DataFrame
        ``row_a`` < ``row_b`` (positions in ``faces``), ``hamming``, ``similarity``, ``verified``.
    """
    rows = np.flatnonzero(~faces["pixel_sha256"].duplicated())
    farthest = max(policy.near_distance, policy.sure_distance)
    key = hashlib.sha256(f"{VERSION} {farthest}".encode())
    for pixels in faces["pixel_sha256"].iloc[rows]:
        key.update(pixels.encode())

    def build(temporary: Path) -> None:
        hashes = faces[list(HASH_WORDS)].to_numpy(np.uint64)[rows]
        pairs, bits = near_pairs(hashes, farthest, n_jobs=n_jobs, progress=progress)
        pairs = rows[pairs].reshape(-1, 2)
        likeness = pair_similarity(paths, pairs, n_jobs=n_jobs, progress=progress)
        columns = {"row_a": pairs[:, 0], "row_b": pairs[:, 1]}
        pd.DataFrame({**columns, "hamming": bits, "similarity": likeness}).to_parquet(temporary)

    target = cache / "near_duplicates" / f"{key.hexdigest()[:24]}.parquet"
    near = pd.read_parquet(build_once(target, build))
    return near.assign(verified=policy.same_photo(near["hamming"], near["similarity"]))


def face_pairs(faces: pd.DataFrame, near: pd.DataFrame) -> pd.DataFrame:
    """Return the near duplicates by ``face_id``, with what their labels say about each other."""
    first = faces.iloc[near["row_a"]].reset_index(drop=True)
    second = faces.iloc[near["row_b"]].reset_index(drop=True)
    return pd.DataFrame(
        {
            "face_id_a": first["face_id"],
            "face_id_b": second["face_id"],
            "hamming": near["hamming"],
            "similarity": near["similarity"],
            "verified": near["verified"],
            "age_gap": (first["age"] - second["age"]).abs(),
            "same_gender": first["gender"].astype("object") == second["gender"].astype("object"),
        }
    )
