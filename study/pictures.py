"""Pictures for the report's galleries, for data whose licence allows faces to be shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pandas as pd

import reports
from data import Faces
from pipelines import persistence
from pipelines.explanations import explain

from .model import Model
from .run_directory import RunDirectory, write_parquet

THUMBNAIL = 96  # px


def write_pictures(run: RunDirectory, content: reports.RunTables, faces: Faces) -> None:
    """Write thumbnails and explanations of the faces that the galleries show.

    Leaves ``thumbs/<face_id>.jpg`` and ``explanations.parquet`` (``face_id, kind, contender,
    image``), and puts both into ``content``.

    Parameters
    ----------
    run : RunDirectory
    content : RunTables
        What the report is about to be made from.
    faces : Faces
        Must allow thumbnails.
    """
    ids = reports.gallery_faces(content)
    rows = pd.Index(faces.table["face_id"]).get_indexer(pd.Index(ids))
    folder = run.path / "thumbs"
    folder.mkdir(exist_ok=True)
    pixels = faces.images(THUMBNAIL)
    for face_id, row in zip(ids, rows, strict=True):
        (folder / f"{face_id}.jpg").write_bytes(_encoded(pixels[row], ".jpg"))
    explained = list(_explanations(run, faces, ids, rows))
    if explained:
        write_parquet(run.path / "explanations.parquet", pd.DataFrame(explained))
    content.thumbnails, content.explanations = run.read_pictures()


def _explanations(
    run: RunDirectory, faces: Faces, ids: list[str], rows: np.ndarray
) -> Iterator[dict[str, Any]]:
    for folder in sorted((run.path / "models").iterdir()):
        if not (folder / persistence.MANIFEST).is_file() or not ids:
            continue
        model = Model(folder)
        found = explain(model.estimator, np.asarray(faces.images(model.image_size)[rows]))
        if found is None:
            continue
        kind, pictures = found
        for face_id, picture in zip(ids, pictures, strict=True):
            small = cv2.resize(picture, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
            image = _encoded(small, ".jpg")
            yield {"face_id": face_id, "kind": kind, "contender": folder.name, "image": image}


def _encoded(picture: np.ndarray, suffix: str) -> bytes:
    done, data = cv2.imencode(suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    assert done
    return data.tobytes()
