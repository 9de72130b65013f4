"""Copies across data sets: faces of one that are pictures of another.

A test on another data set is none for a face that the model was trained with, and the same picture
is seldom the same bytes there: it has been compressed again, resized or mirrored.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd

from data.audit.details import pair_similarity
from data.audit.fingerprints import both_hashes
from data.audit.hashes import distances
from data.audit.policy import Policy
from data.cache import Progress, no_progress
from data.threads import n_threads

COLUMNS = ("face_id_a", "face_id_b", "mirrored", "hamming", "similarity")
_STEP = 256


def near_copies(
    faces: Any,
    others: Any,
    policy: Policy | None = None,
    *,
    n_jobs: int | None = None,
    progress: Progress = no_progress,
) -> pd.DataFrame:
    """Return the faces of one data set that are near duplicates of a face of another one.

    Every pair is compared, by the rules that find near duplicates within a data set: nothing is
    missed that they would find.

    Parameters
    ----------
    faces, others : Faces
        Whole data sets or parts of them. Identical pixels are not looked for: ``pixel_sha256``
        tells them.
    policy : Policy or None
        When two pictures are one photo.
    n_jobs : int or None
        Threads; None is one per available core.
    progress : callable
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    DataFrame
        One row for every face of ``others`` that is a near duplicate: ``face_id_a`` (the most
        similar of ``faces``), ``face_id_b``, ``mirrored``, ``hamming``, ``similarity``.
    """
    there = np.flatnonzero(~others.table["pixel_sha256"].isin(faces.table["pixel_sha256"]))
    paths = others.paths()
    near = _same_photos(
        faces, others.hashes[there], [paths[row] for row in there], policy, n_jobs, progress
    )
    near["face_id_b"] = others.table["face_id"].to_numpy()[there[near["row_b"]]]
    return near[list(COLUMNS)]


def near_pictures(
    faces: Any,
    pictures: np.ndarray,
    policy: Policy | None = None,
    *,
    n_jobs: int | None = None,
    progress: Progress = no_progress,
) -> pd.DataFrame:
    """Return the pictures of an array that are near duplicates of a face, as :func:`near_copies`.

    A portrait and the chip that was once cut out of it have little in common; cut out again, as
    the chips of ``faces`` were, the two are near duplicates.

    Parameters
    ----------
    faces : Faces
        A whole data set or a part of it.
    pictures : ndarray of uint8, shape (n, rows, columns, 3)
        RGB.
    policy : Policy or None
        When two pictures are one photo.
    n_jobs : int or None
        Threads; None is one per available core.
    progress : callable
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    DataFrame
        One row for every picture that is a near duplicate: ``face_id_a``, ``row`` (of the array),
        ``mirrored``, ``hamming``, ``similarity``.
    """
    hashes = np.array([both_hashes(picture) for picture in pictures]).reshape(-1, 8)
    near = _same_photos(faces, hashes, list(pictures), policy, n_jobs, progress)
    return near.rename(columns={"row_b": "row"})[
        ["face_id_a", "row", "mirrored", "hamming", "similarity"]
    ]


def _same_photos(
    faces: Any,
    hashes: np.ndarray,
    pictures: list[Any],
    policy: Policy | None,
    n_jobs: int | None,
    progress: Progress,
) -> pd.DataFrame:
    """Return for every picture (``row_b``) that is one of a face the most similar of these."""
    policy = policy or Policy()
    here = np.flatnonzero(~faces.table["pixel_sha256"].duplicated())
    threshold = max(policy.near_distance, policy.sure_distance)
    near = _similar_hashes(faces.hashes[here], hashes, threshold, n_jobs, progress)
    paths = faces.paths()
    near["similarity"] = pair_similarity(
        [paths[row] for row in here] + pictures,
        near[["row_a", "row_b"]].to_numpy() + np.array([0, len(here)]),
        near["mirrored"].to_numpy(),
        n_jobs=n_jobs,
        progress=progress,
    )
    near = near[policy.same_photo(near["hamming"], near["similarity"])]
    near = near.sort_values("similarity", ascending=False, kind="stable").drop_duplicates("row_b")
    near = near.sort_values("row_b", ignore_index=True)
    near["face_id_a"] = faces.table["face_id"].to_numpy()[here[near["row_a"]]]
    return near


def _similar_hashes(
    here: np.ndarray, there: np.ndarray, threshold: int, n_jobs: int | None, progress: Progress
) -> pd.DataFrame:
    """Return ``row_a``, ``row_b``, ``mirrored``, ``hamming`` of near hashes, uint64 ``(n, 8)``."""
    from data.audit.kernels import pairs_between

    plain = np.ascontiguousarray(here[:, :4])
    starts = range(0, len(here), _STEP)
    found = []
    for mirrored in (False, True):
        turned = np.ascontiguousarray(there[:, 4:] if mirrored else there[:, :4])

        def search(start: int, turned: np.ndarray = turned) -> np.ndarray:
            return pairs_between(plain, turned, start, min(start + _STEP, len(plain)), threshold)

        pairs = [np.empty((0, 2), np.int64)]
        with ThreadPoolExecutor(n_threads(n_jobs)) as pool:
            for done, block in enumerate(pool.map(search, starts), 1):
                pairs.append(block)
                progress("compare with training faces", done, len(starts))
        both = np.concatenate(pairs)
        bits = distances(np.concatenate([plain, turned]), both + np.array([0, len(plain)]))
        columns = {"row_a": both[:, 0], "row_b": both[:, 1], "hamming": bits}
        found.append(pd.DataFrame(columns).assign(mirrored=mirrored))
    return pd.concat(found, ignore_index=True)
