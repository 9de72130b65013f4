"""Another data set, made ready for models that were trained elsewhere: labels, crops, what to skip.

``study run --also`` and ``study evaluate`` both start here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

import data
from basis.files import sha256_of
from basis.pictures import decode
from data.bins import age_ends
from data.cache import build_once, cache_folder, cache_key
from data.leaks.between import near_copies, near_pictures
from data.pose import align as aligning
from data.pose import detect as detecting
from data.pose.detect import find_faces
from data.pose.mesh import models_hash
from data.threads import in_threads

from .cropped import is_cropped, whole
from .model import SOURCE_SIZE

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Elsewhere:
    """Faces of another data set.

    Attributes
    ----------
    faces : data.Faces
    table : DataFrame
        Those that can be asked about, in the order of ``crops``: rows of ``faces.table``.
    crops : ndarray of uint8, shape (n, 200, 200, 3)
    facts : dict
        ``title``, ``kind``, ``licence``, ``content_hash``, ``n_faces``; ``aligned`` (whether our
        detector cropped them), ``judged_by`` (why, '' where the user said so),
        ``n_without_face``, ``n_seen`` (training faces left out), ``n_near`` (near duplicates of
        training faces left out, by the whole picture or by its crop); each None where what the
        model was fitted with, or its pictures, are not at hand; ``sharpness`` (median variance of
        the Laplacian of the crops).
    """

    faces: data.Faces
    table: pd.DataFrame
    crops: np.ndarray
    facts: dict[str, Any]


def look_elsewhere(
    source: str,
    *,
    seen: pd.Series | None = None,
    training: data.Faces | None = None,
    align: bool | None = None,
    progress: Progress,
) -> Elsewhere:
    """Load a data set and crop its faces as the training faces are.

    Parameters
    ----------
    source : str
        As for ``data.load``.
    seen : Series of str, optional
        ``pixel_sha256`` of the faces the models were fitted with: such pictures are left out.
    training : data.Faces, optional
        The same faces with their pictures: near duplicates of these are left out too, and
        portraits of which one of these was cut.
    align : bool, optional
        Find and align the face in each picture first. None: where the pictures are not square or
        the landmarks of some of them do not lie where they lie in a chip of UTKFace.
    progress : callable
        ``(stage, done, total)``.

    Raises
    ------
    DataError
        The data set holds no gender, no age, or no picture with a face that is not left out.
    """
    faces = load_labelled(source, progress)
    rows = _askable(faces.table)
    known = pd.Series(False, index=rows.index) if seen is None else rows["pixel_sha256"].isin(seen)
    near = pd.Series(False, index=rows.index)
    if training is not None:
        asked = faces[rows.index.to_numpy()]
        copies = near_copies(training, asked, n_jobs=faces.n_jobs, progress=progress)
        near = rows["face_id"].isin(copies["face_id_b"]) & ~known
    table = rows[~known & ~near].reset_index(drop=True)
    if table.empty:
        raise data.DataError(f"{source}: every face in it is a training face, none is left to ask")
    aligned, judged_by = bool(align), ""
    if align is None:
        cropped, judged_by = is_cropped(faces, table)
        aligned = not cropped
    crops, found = _crops(faces, table, align=aligned, progress=progress)
    if not found.any():
        raise data.DataError(f"{source}: no face was found in any of its {len(table):,} pictures")
    table, crops, n_near = table[found].reset_index(drop=True), crops[found], int(near.sum())
    if training is not None and aligned:
        copies = near_pictures(training, crops, n_jobs=faces.n_jobs, progress=progress)["row"]
        if len(copies) == len(table):
            raise data.DataError(f"{source}: every face in it is a training face")
        if len(copies):
            table, crops = table.drop(copies).reset_index(drop=True), np.delete(crops, copies, 0)
        n_near += len(copies)
    facts = {
        "title": faces.name,
        "kind": faces.kind,
        "licence": faces.licence,
        "content_hash": faces.content_hash,
        "n_faces": len(faces.table),
        "aligned": aligned,
        "judged_by": judged_by,
        "n_without_face": int((~found).sum()),
        "n_seen": None if seen is None else int(known.sum()),
        "n_near": None if training is None else n_near,
        "sharpness": sharpness(crops),
    }
    return Elsewhere(faces, table, crops, facts)


def load_labelled(source: str, progress: Progress | None) -> data.Faces:
    """Load a data set and refuse it where it holds no age or no gender."""
    faces = data.load(source, progress=progress)
    kept = faces.table[faces.table["keep"]]
    for column, known in (("age", age_ends(kept)[0].notna()), ("gender", kept["gender"].notna())):
        if not known.any():
            raise data.DataError(f"{source} holds no face with a known {column}")
    return faces


def _askable(table: pd.DataFrame) -> pd.DataFrame:
    """Return kept faces, and those that are dropped for want of an age but have a gender."""
    no_age = (table["drop_reason"] == "label missing") & table["gender"].notna()
    asked = table[table["keep"] | (no_age & age_ends(table)[0].isna())]
    # of the same pixels one is asked: the kept one, else the first that has a gender
    order = asked.sort_values("keep", ascending=False, kind="stable")["pixel_sha256"]
    again = order.duplicated().reindex(asked.index)
    return asked[asked["keep"] | ~again]


def _crops(
    faces: data.Faces, table: pd.DataFrame, *, align: bool, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """Return crops and which of them hold a face; found faces are remembered in the cache."""
    ids = table["face_id"].tolist()
    if not align:
        return np.stack([whole(faces, face_id) for face_id in ids]), np.ones(len(ids), dtype=bool)

    def build(temporary: Any) -> None:
        chips = np.zeros((len(ids), SOURCE_SIZE, SOURCE_SIZE, 3), np.uint8)
        row = 0
        for part in in_threads(lambda some: [_found(faces, i) for i in some], ids, faces.n_jobs):
            for chip in part:
                if chip is not None:
                    chips[row] = chip
                row += 1
            progress(f"align {faces.name}", row, len(ids))
        with temporary.open("wb") as file:
            np.save(file, chips, allow_pickle=False)

    path = build_once(cache_folder() / "aligned" / f"{key_of_chips(table)}.npy", build)
    chips = np.load(path, mmap_mode="r", allow_pickle=False)
    return chips, np.array([bool(chip.any()) for chip in chips])


def _found(faces: data.Faces, face_id: str) -> np.ndarray | None:
    """Return the largest face of a picture, cropped, or None."""
    candidates = find_faces(decode(faces.path(face_id).read_bytes()).pixels, size=SOURCE_SIZE)
    return candidates[0].chip if candidates else None


def key_of_chips(table: pd.DataFrame) -> str:
    """Return the name of the cache entry: the pictures in their order, and all that finds faces."""
    code = {Path(str(m.__file__)).name: sha256_of(str(m.__file__)) for m in (aligning, detecting)}
    return cache_key(
        "aligned",
        pixels=table["pixel_sha256"].tolist(),
        size=SOURCE_SIZE,
        version=[code, models_hash()],
    )


def sharpness(crops: np.ndarray) -> float:
    """Return the median variance of the Laplacian of grey crops, grey levels squared."""
    grey = (cv2.cvtColor(np.ascontiguousarray(crop), cv2.COLOR_RGB2GRAY) for crop in crops)
    return float(np.median([cv2.Laplacian(picture, cv2.CV_64F).var() for picture in grey]))
