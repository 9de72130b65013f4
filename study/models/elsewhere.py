"""Another data set, made ready for models that were trained elsewhere: labels, crops, what to skip.

``study run --also`` and ``study evaluate`` both start here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

import data
from basis.files import sha256_of
from basis.pictures import decode, to_square
from data import tables
from data.bins import age_ends
from data.cache import build_once, cache_folder
from data.pose import align as aligning
from data.pose import detect as detecting
from data.pose.align import TEMPLATE_SIZE, utkface_template
from data.pose.detect import find_faces
from data.pose.mesh import FaceMesh
from data.threads import in_threads

from .model import SOURCE_SIZE

Progress = Callable[[str, int, int], None]
N_LOOKED_AT = 40  # pictures that decide whether a data set is cropped already
CROPPED_WITHIN = 12.0  # px of a 200 px chip: UTKFace itself has 3, other crops 20 and more


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
        detector cropped them), ``n_without_face``, ``n_seen`` (training faces left out),
        ``sharpness`` (median variance of the Laplacian of the crops).
    """

    faces: data.Faces
    table: pd.DataFrame
    crops: np.ndarray
    facts: dict[str, Any]


def look_elsewhere(
    source: str,
    *,
    seen: pd.Series | None = None,
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
    table = rows[~known].reset_index(drop=True)
    if table.empty:
        raise data.DataError(f"{source}: every face in it is a training face, none is left to ask")
    aligned = not is_cropped(faces, table) if align is None else align
    crops, found = _crops(faces, table, align=aligned, progress=progress)
    if not found.any():
        raise data.DataError(f"no face was found in any picture of {faces.name}")
    facts = {
        "title": faces.name,
        "kind": faces.kind,
        "licence": faces.licence,
        "content_hash": faces.content_hash,
        "n_faces": len(faces.table),
        "aligned": aligned,
        "n_without_face": int((~found).sum()),
        "n_seen": int(known.sum()),
        "sharpness": sharpness(crops[found]),
    }
    return Elsewhere(faces, table[found].reset_index(drop=True), crops[found], facts)


def fitted_with(run: Path, protocol: str, seed: int, fold: int = 0) -> pd.Series:
    """Return the ``pixel_sha256`` of every face a model of a run was fitted with.

    Parameters
    ----------
    run : Path
        The run directory; without its tables nothing is known and the Series is empty.
    protocol, seed, fold
        The split whose *train*, *select* and *calibrate* parts the model saw.
    """
    if not ((run / "splits.parquet").is_file() and (run / "faces.parquet").is_file()):
        return pd.Series(dtype="str")
    splits = tables.read_table(run / "splits.parquet", tables.SPLITS)
    faces = tables.read_table(run / "faces.parquet", tables.FACES)
    here = (splits["protocol"] == protocol) & (splits["seed"] == seed) & (splits["fold"] == fold)
    ids = splits.loc[here & (splits["part"] != "test"), "face_id"]
    return faces.loc[faces["face_id"].isin(ids), "pixel_sha256"]


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
    no_age &= age_ends(table)[0].isna() & ~table["pixel_sha256"].duplicated()
    return table[table["keep"] | no_age]


def is_cropped(faces: data.Faces, table: pd.DataFrame) -> bool:
    """Tell whether a data set is cropped as UTKFace is, from some of its pictures.

    The median distance of 43 landmarks to their places in a chip of UTKFace decides; a data set
    of pictures that are not square is not.
    """
    if (table["height"] != table["width"]).mean() > 0.5:
        return False
    some = table.iloc[np.unique(np.linspace(0, len(table) - 1, N_LOOKED_AT).astype(int))]
    chips = np.stack([_whole(faces, face_id) for face_id in some["face_id"]])
    points, presence = FaceMesh().landmarks_batch(chips)
    landmarks, places = utkface_template()
    away = np.linalg.norm(points[:, landmarks, :2] - places, axis=2).mean(axis=1)
    sure = np.asarray(presence) >= 0.5
    return bool(sure.mean() > 0.5 and np.median(away[sure]) < CROPPED_WITHIN)


def _whole(faces: data.Faces, face_id: str) -> np.ndarray:
    return to_square(decode(faces.path(face_id).read_bytes()).pixels, TEMPLATE_SIZE)


def _crops(
    faces: data.Faces, table: pd.DataFrame, *, align: bool, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """Return crops and which of them hold a face; found faces are remembered in the cache."""
    ids = table["face_id"].tolist()
    if not align:
        return np.stack([_whole(faces, face_id) for face_id in ids]), np.ones(len(ids), dtype=bool)
    key = f"{faces.content_hash[:24]}-{hash_of(ids)}-{SOURCE_SIZE}"

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

    path = build_once(cache_folder() / "aligned" / f"{key}.npy", build)
    chips = np.load(path, mmap_mode="r", allow_pickle=False)
    return chips, np.array([bool(chip.any()) for chip in chips])


def _found(faces: data.Faces, face_id: str) -> np.ndarray | None:
    """Return the largest face of a picture, cropped, or None."""
    candidates = find_faces(decode(faces.path(face_id).read_bytes()).pixels, size=SOURCE_SIZE)
    return candidates[0].chip if candidates else None


def hash_of(ids: list[str]) -> str:
    """Return twelve digits for a list of faces and the code that finds them."""
    digest = hashlib.sha256("\n".join(ids).encode())
    for module in (aligning, detecting):
        digest.update(sha256_of(str(module.__file__)).encode())
    return digest.hexdigest()[:12]


def sharpness(crops: np.ndarray) -> float:
    """Return the median variance of the Laplacian of grey crops, grey levels squared."""
    grey = (cv2.cvtColor(np.ascontiguousarray(crop), cv2.COLOR_RGB2GRAY) for crop in crops)
    return float(np.median([cv2.Laplacian(picture, cv2.CV_64F).var() for picture in grey]))
