"""Head pose for data sets that do not bring it: estimated once, remembered by content."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from basis.faces import ANGLES, MIN_PRESENCE
from data.audit.findings import Findings
from data.cache import Progress, build_once
from data.threads import n_threads

IMAGE_SIZE = 200


def add_pose(
    table: pd.DataFrame, findings: Findings, estimate: Callable[[], pd.DataFrame] | None
) -> pd.DataFrame:
    """Return the table with ``yaw``, ``pitch``, ``roll`` (degrees) and ``presence``.

    Angles that the data set brings stay; the others come from ``estimate``, or stay unknown
    without it. Images in which the face mesh finds no face are noted and kept: about half of
    them are faces all the same (profiles, very old people).
    """
    table = table.copy()
    for angle in ANGLES:
        known = table[angle] if angle in table else pd.Series(np.nan, index=table.index)
        table[angle] = known.astype("float32")
    table["presence"] = np.float32(np.nan)
    if estimate is None or table[list(ANGLES)].notna().all(axis=None):
        return table
    estimated = estimate()
    for angle in ANGLES:
        table[angle] = table[angle].fillna(estimated[angle])
    table["presence"] = estimated["presence"]
    absent = table[table["presence"] < MIN_PRESENCE]
    detail = "presence " + absent["presence"].map("{:.2f}".format).astype("str")
    findings.add(absent["path"], "no face found", "marked", detail)
    return table


def remembered_pose(
    images: Callable[[int], np.ndarray],
    store: Path,
    *,
    n_jobs: int | None,
    progress: Progress,
) -> pd.DataFrame:
    """Return the estimated pose of all images, computed once per content and face mesh.

    Parameters
    ----------
    images : callable
        Called with a side in pixels; returns uint8 ``(n, side, side, 3)``.
    store : Path
        Where to remember it: a path named after the content of the images, without suffix.
    """
    from .mesh import models_hash

    def build(temporary: Path) -> None:
        from .estimate import estimate_pose  # and scikit-learn: a second to import, once needed

        pose = estimate_pose(images(IMAGE_SIZE), n_jobs=n_threads(n_jobs), progress=progress)
        pose.to_parquet(temporary)

    target = store.with_name(f"{store.name}-pose{IMAGE_SIZE}-{models_hash()}.parquet")
    return pd.read_parquet(build_once(target, build))
