"""Head pose for data sets that do not bring it: estimated once, remembered by content."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.audit.findings import Findings
from data.cache import Progress, build_once
from data.threads import n_threads

if TYPE_CHECKING:
    from pathlib import Path

    from data.faces import Faces

ANGLES = ("yaw", "pitch", "roll")
IMAGE_SIZE = 200
MIN_PRESENCE = 0.5


def add_pose(
    faces: Faces, findings: Findings, *, estimate: bool, progress: Progress
) -> pd.DataFrame:
    """Return the table with ``yaw``, ``pitch``, ``roll`` (degrees) and ``presence``.

    Angles that the data set brings stay; the others are estimated from the 200-pixel images, or
    stay unknown with ``estimate=False``. Images in which the face mesh finds no face are noted
    and kept: about half of them are faces all the same (profiles, very old people).
    """
    table = faces.table.copy()
    for angle in ANGLES:
        known = table[angle] if angle in table else pd.Series(np.nan, index=table.index)
        table[angle] = known.astype("float32")
    table["presence"] = np.float32(np.nan)
    if not estimate or table[list(ANGLES)].notna().all(axis=None):
        return table
    estimated = _estimated(faces, progress)
    for angle in ANGLES:
        table[angle] = table[angle].fillna(estimated[angle])
    table["presence"] = estimated["presence"]
    absent = table[table["presence"] < MIN_PRESENCE]
    detail = "presence " + absent["presence"].map("{:.2f}".format).astype("str")
    findings.add(absent["path"], "no face found", "marked", detail)
    return table


def _estimated(faces: Faces, progress: Progress) -> pd.DataFrame:
    from .estimate import estimate_pose
    from .mesh import models_hash

    images = faces.images(IMAGE_SIZE, progress=progress)

    def build(temporary: Path) -> None:
        pose = estimate_pose(images, n_jobs=n_threads(faces.n_jobs), progress=progress)
        pose.to_parquet(temporary)

    target = faces.pixels_folder / f"{faces.content_hash[:24]}-pose-{models_hash()[:12]}.parquet"
    return pd.read_parquet(build_once(target, build))
