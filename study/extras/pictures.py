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
from pipelines.explanations import explain, explain_groups
from study.models.model import Model
from study.record.directory import RunDirectory
from study.record.files import write_parquet

THUMBNAIL = 96  # px
QUALITY = 80  # of WebP: a third of the bytes of JPEG as OpenCV writes it by itself
N_OF_GROUP = 16  # faces whose maps are averaged


def write_pictures(run: RunDirectory, content: reports.RunTables, faces: Faces) -> None:
    """Write thumbnails and explanations of the faces that the galleries show.

    Leaves ``thumbs/<face_id>.webp``, ``explanations.parquet`` (``face_id, kind, contender, image``)
    and ``group_maps.parquet`` (``contender, target, group, n, image``), and puts them into
    ``content``.
    """
    ids = reports.gallery_faces(content)
    rows = pd.Index(faces.table["face_id"]).get_indexer(pd.Index(ids))
    folder = run.path / "thumbs"
    folder.mkdir(exist_ok=True)
    pixels = faces.images(THUMBNAIL)
    for face_id, row in zip(ids, rows, strict=True):
        (folder / f"{face_id}.webp").write_bytes(_encoded(pixels[row]))
    explained: list[dict[str, Any]] = []
    maps: list[dict[str, Any]] = []
    for model in _models(run):
        explained += _explanations(model, faces, ids, rows)
        maps += _group_maps(model, content, faces)
    for name, found in (("explanations", explained), ("group_maps", maps)):
        if found:
            write_parquet(run.path / f"{name}.parquet", pd.DataFrame(found))
    content.thumbnails, content.explanations, content.group_maps = run.read_pictures()


def _explanations(
    model: Model, faces: Faces, ids: list[str], rows: np.ndarray
) -> Iterator[dict[str, Any]]:
    """Yield what one contender looked at in each of some faces."""
    pixels = np.asarray(faces.images(model.image_size)[rows])
    found = explain(model.estimator, pixels) if ids else None
    if found is not None:
        kind, pictures = found
        for face_id, picture in zip(ids, pictures, strict=True):
            image, name = _small(picture), model.folder.name
            yield {"face_id": face_id, "kind": kind, "contender": name, "image": image}


def _group_maps(model: Model, content: reports.RunTables, faces: Faces) -> Iterator[dict[str, Any]]:
    """Yield what one network looks at: for age by age, for gender by gender."""
    tested = faces.table["face_id"].isin(content.predictions["face_id"].unique()).to_numpy()
    age = pd.Categorical(age_bin(faces.table["age"]))
    groupings = {"age": age.rename_categories(lambda name: f"{name} years")}
    groupings["gender"] = pd.Categorical(faces.table["gender"])
    for target, groups in groupings.items():
        frame = pd.DataFrame({"group": groups, "row": np.arange(len(groups))})[tested]
        some = frame.groupby("group", observed=True).sample(frac=1, random_state=0)
        some = some.groupby("group", observed=True).head(N_OF_GROUP).sort_values("row")
        images = np.asarray(faces.images(model.image_size)[some["row"].to_numpy()])
        chosen = some["group"].astype(object).to_numpy()
        pictures = explain_groups(model.estimator, images, chosen, target)
        for group in groups.categories.intersection(list(pictures), sort=False):
            yield {
                "contender": model.folder.name,
                "target": target,
                "group": group,
                "n": int((chosen == group).sum()),
                "image": _small(pictures[group]),
            }


def _models(run: RunDirectory) -> Iterator[Model]:
    for folder in sorted((run.path / "models").iterdir()):
        if (folder / persistence.MANIFEST).is_file():
            yield Model(folder)


def _small(picture: np.ndarray) -> bytes:
    small = cv2.resize(picture, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    return _encoded(small)


def _encoded(picture: np.ndarray) -> bytes:
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    assert done
    return data.tobytes()
