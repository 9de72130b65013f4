"""Near duplicates of a data set: similar hashes, then a comparison of pixels.

A photo and its mirror image are duplicates too: trainings mirror their faces at random, so a
mirrored copy of a test face would give it away just as well.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from data.cache import Progress, build_once, cache_key, no_progress

from .details import pair_similarity
from .fingerprints import HASH_WORDS, MIRROR_WORDS, VERSION
from .hashes import near_pairs
from .policy import Policy

PAIRS = 2  # of cache keys: raise it when the same pictures give other pairs


def find_near_duplicates(
    faces: pd.DataFrame,
    folder: Path,
    policy: Policy,
    cache: Path,
    *,
    n_jobs: int | None,
    progress: Progress,
) -> pd.DataFrame:
    """Return the pairs of different pictures that look alike.

    Columns: ``row_a`` < ``row_b`` (positions in ``faces``), ``mirrored``, ``hamming``,
    ``similarity``, ``verified``. Copies with identical pixels are represented by the first of them.
    """
    rows = np.flatnonzero(~faces["pixel_sha256"].duplicated())
    farthest = max(policy.near_distance, policy.sure_distance)
    key = cache_key(
        "near duplicates",
        version=[VERSION, PAIRS, cv2.__version__],
        farthest=farthest,
        pixels=faces["pixel_sha256"].iloc[rows].tolist(),
    )

    def build(temporary: Path) -> None:
        words = faces[[*HASH_WORDS, *MIRROR_WORDS]].to_numpy(np.uint64)[rows]
        found = similar_hashes(words, farthest, n_jobs=n_jobs, progress=progress)
        found["similarity"] = pair_similarity(
            [folder / path for path in faces["path"].iloc[rows]],
            found[["row_a", "row_b"]].to_numpy(),
            found["mirrored"].to_numpy(),
            n_jobs=n_jobs,
            progress=progress,
        )
        _likelier_way_round(found).to_parquet(temporary)

    near = pd.read_parquet(build_once(cache / "near_duplicates" / f"{key}.parquet", build))
    # The key knows the distinct pictures and nothing of their copies: so does what it names.
    near[["row_a", "row_b"]] = rows[near[["row_a", "row_b"]]]
    return near.assign(verified=policy.same_photo(near["hamming"], near["similarity"]))


def similar_hashes(
    words: np.ndarray,
    threshold: int,
    *,
    n_jobs: int | None = None,
    progress: Progress = no_progress,
) -> pd.DataFrame:
    """Return the pairs of pictures whose hashes are near, either way round.

    ``words`` are the hashes of every picture and of its mirror image, uint64 ``(n, 8)``. Columns:
    ``row_a`` < ``row_b``, ``mirrored``, ``hamming``; a pair that is near both ways stands there
    twice.
    """
    n = len(words)
    both = np.concatenate([words[:, :4], words[:, 4:]])
    pairs, bits = near_pairs(both, threshold, n_jobs=n_jobs, progress=progress)
    first, second = pairs[:, 0], pairs[:, 1]
    mirrored = second >= n
    second = np.where(mirrored, second - n, second)
    # What holds for a and mirrored b holds for b and mirrored a, and what holds for both holds for
    # both mirrored: there the first stands beyond all pictures, and the second no longer.
    chosen = first < second
    columns = {"row_a": first, "row_b": second, "mirrored": mirrored, "hamming": bits}
    return pd.DataFrame({name: values[chosen] for name, values in columns.items()})


def _likelier_way_round(found: pd.DataFrame) -> pd.DataFrame:
    """Keep of every pair the way round in which the pixels agree more; symmetric faces have two."""
    order = found["similarity"].sort_values(ascending=False, kind="stable").index
    return found.loc[order].drop_duplicates(["row_a", "row_b"]).sort_index(ignore_index=True)


def face_pairs(faces: pd.DataFrame, near: pd.DataFrame) -> pd.DataFrame:
    """Return the near duplicates by ``face_id``, with what their labels say about each other."""
    first = faces.iloc[near["row_a"]].set_axis(near.index)
    second = faces.iloc[near["row_b"]].set_axis(near.index)
    return pd.DataFrame(
        {
            "face_id_a": first["face_id"],
            "face_id_b": second["face_id"],
            "mirrored": near["mirrored"],
            "hamming": near["hamming"],
            "similarity": near["similarity"],
            "verified": near["verified"],
            "age_gap": (first["age"] - second["age"]).abs(),
            "same_gender": first["gender"].astype("object") == second["gender"].astype("object"),
        }
    )
