"""The faces inside the package: rendered heads with true age, gender, pose and identity.

``truth.csv`` beside the archive of images holds the labels; the pose is the one the camera was
given, so nothing about it is estimated. Pictures of one head share an identity.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from basis.files import sha256_of
from data.files.archives import unpack_archive
from data.files.source import UNPACKING

from ..cache import Progress, build_once, cache_key
from ..errors import DataError
from . import Reader
from .labelled import labels_to_faces, read_labels

FOLDER = Path(__file__).parents[1] / "embedded"
ARCHIVE, TRUTH = "faces.tar", "truth.csv"


def recognises(source: Path) -> bool:
    """Tell whether ``source`` is the folder (packed or not) of the embedded faces.

    Their table tells: another ``truth.csv`` is somebody's labels, and their pictures are not ours
    to show.
    """
    table = source / TRUTH
    return table.is_file() and sha256_of(table) == sha256_of(FOLDER / TRUTH)


def unpack(source: Path, cache: Path, progress: Progress) -> Path:
    """Return a folder with the pictures and the table side by side."""
    if not (source / ARCHIVE).is_file():
        return source
    truth = (source / TRUTH).read_bytes()

    def build(folder: Path) -> None:
        unpack_archive(source / ARCHIVE, folder, progress)
        (folder / TRUTH).write_bytes(truth)

    content = {name: sha256_of(source / name) for name in (ARCHIVE, TRUTH)}
    key = cache_key("embedded faces", files=content, version=UNPACKING)
    return build_once(cache / "unpacked" / key, build)


def read(source: Path) -> pd.DataFrame:
    """Return one row for every rendered face.

    Raises
    ------
    DataError
        If the table lacks identity or pose: a rendered face without them is a mistake.
    """
    labels = read_labels(source / TRUTH)
    missing = {"identity", "yaw", "pitch", "roll"} - set(labels.columns)
    if missing:
        raise DataError(f"{source / TRUTH} lacks the columns {', '.join(sorted(missing))}")
    return labels_to_faces(labels, prefix=Path(), stay_inside=True)


READER = Reader(
    name="embedded",
    summary="the rendered faces inside this package, with true age, gender and head pose",
    recognises=recognises,
    read=read,
    licence="Rendered from CC0 MakeHuman assets; the pictures are CC0 and may be shown anywhere.",
    thumbnails_allowed=True,
    source=FOLDER,
    unpack=unpack,
)
