"""Pictures for the report's galleries, for data whose licence allows faces to be shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pandas as pd

import reports
from data import Faces
from data.bins import age_bin
from pipelines import persistence
from pipelines.explanations import explain, explain_group

from .model import Model
from .run_directory import RunDirectory, write_parquet

THUMBNAIL = 96  # px
N_OF_GROUP = 16  # faces whose maps are averaged


def write_pictures(run: RunDirectory, content: reports.RunTables, faces: Faces) -> None:
    """Write thumbnails and explanations of the faces that the galleries show.

    Leaves ``thumbs/<face_id>.jpg``, ``explanations.parquet`` (``face_id, kind, contender,
    image``) and ``group_maps.parquet`` (``contender, target, group, n, image``), and puts them
    into ``content``.

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
    maps = list(_group_maps(run, content, faces))
    if maps:
        write_parquet(run.path / "group_maps.parquet", pd.DataFrame(maps))
    content.thumbnails, content.explanations, content.group_maps = run.read_pictures()


def _explanations(
    run: RunDirectory, faces: Faces, ids: list[str], rows: np.ndarray
) -> Iterator[dict[str, Any]]:
    for model in _models(run) if ids else ():
        found = explain(model.estimator, np.asarray(faces.images(model.image_size)[rows]))
        if found is None:
            continue
        kind, pictures = found
        for face_id, picture in zip(ids, pictures, strict=True):
            image = _small(picture)
            name = model.folder.name
            yield {"face_id": face_id, "kind": kind, "contender": name, "image": image}


def _group_maps(
    run: RunDirectory, content: reports.RunTables, faces: Faces
) -> Iterator[dict[str, Any]]:
    """Yield what each network looks at: for age by age, for gender by gender."""
    tested = faces.table["face_id"].isin(content.predictions["face_id"].unique())
    table = faces.table[tested]
    groupings = {"age": pd.Series(age_bin(table["age"]), table.index), "gender": table["gender"]}
    for model in _models(run):
        for target, groups in groupings.items():
            for group, members in groups.groupby(groups, observed=True):
                rows = members.sample(min(len(members), N_OF_GROUP), random_state=0).index
                positions = faces.table.index.get_indexer(rows)
                images = np.asarray(faces.images(model.image_size)[np.sort(positions)])
                picture = explain_group(model.estimator, images, target)
                if picture is not None:
                    yield {
                        "contender": model.folder.name,
                        "target": target,
                        "group": f"{group} years" if target == "age" else str(group),
                        "n": len(rows),
                        "image": _small(picture),
                    }


def _models(run: RunDirectory) -> Iterator[Model]:
    for folder in sorted((run.path / "models").iterdir()):
        if (folder / persistence.MANIFEST).is_file():
            yield Model(folder)


def _small(picture: np.ndarray) -> bytes:
    small = cv2.resize(picture, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    return _encoded(small, ".jpg")


def _encoded(picture: np.ndarray, suffix: str) -> bytes:
    done, data = cv2.imencode(suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    assert done
    return data.tobytes()
