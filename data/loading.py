"""From a source to faces: read, audited, de-duplicated, with head pose."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from data.audit.findings import Findings
from data.audit.fingerprints import HASH_WORDS, MIRROR_WORDS
from data.audit.label_noise import label_noise_floor
from data.audit.pairs import face_pairs, find_near_duplicates
from data.audit.policy import Policy, apply_policy, faces_with_ids, has_age
from data.audit.scan import scan
from data.files.source import open_source
from data.pose.labels import add_pose, remembered_pose

from . import tables
from .bins import add_breakdowns
from .cache import Progress, cache_folder, no_progress, print_progress
from .errors import NothingUsableError
from .faces import Faces
from .names import find_source
from .readers import find_reader

TABLE_COLUMNS = (
    "face_id", "age", "age_low", "age_high", "gender", "ethnicity", "group",
    "yaw", "pitch", "roll", "presence", "keep", "drop_reason",
    "path", "sha256", "pixel_sha256", "height", "width",
)  # fmt: skip


def load(
    source: str | Path,
    *,
    cache: str | Path | None = None,
    verbose: int = 0,
    pose: bool = True,
    progress: Progress | None = None,
    policy: Policy | None = None,
    n_jobs: int | None = None,
) -> Faces:
    """Read, check and de-duplicate a data set.

    The first call unpacks, decodes and compares all files and estimates head pose; what it finds
    is cached by content, so that the second call takes about a second.

    Parameters
    ----------
    source : str or Path
        ``"embedded"``, a name registered with ``study data add``, or the path of a folder, a tar
        or zip archive, a parquet file (image bytes, age, gender) or a CSV table
        (``path, age, gender`` and, if known, ``ethnicity, identity, yaw, pitch, roll``).
    cache : str, Path or None
        Cache folder; see :func:`data.cache_folder` for the default.
    verbose : int
        1 prints a line per stage if no ``progress`` is given.
    pose : bool
        Estimate yaw, pitch and roll where the data set does not bring them. Takes 10 ms of one
        core per face, once.
    progress : callable or None
        Called as ``progress(stage, done, total)``.
    policy : Policy or None
        What to do about duplicates and contradictions.
    n_jobs : int or None
        Threads; None is one per available core.

    Returns
    -------
    Faces

    Raises
    ------
    DataError
        If the source does not exist, or is damaged or unsafe.
    NothingUsableError
        If it holds no labelled face; ``audit`` of the exception says why.

    Examples
    --------
    >>> import data
    >>> faces = data.load("embedded")  # doctest: +SKIP
    >>> X = faces.images(128)          # doctest: +SKIP
    """
    report = progress or (print_progress if verbose else no_progress)
    policy = policy or Policy()
    folder = cache_folder(cache)
    name, path = find_source(source, folder)
    opened = open_source(path, folder, report)
    reader = find_reader(opened, source)
    if reader.unpack:
        opened = reader.unpack(opened, folder, report)
    base = opened if opened.is_dir() else opened.parent
    findings = Findings()
    listing = scan(opened, reader, folder, findings, n_jobs=n_jobs, progress=report)
    table = faces_with_ids(listing, findings)
    usable = table["usable"] & has_age(table) & table["gender"].notna()
    if not usable.any():
        findings.add(table["path"], table["problem"], "dropped", table["detail"])
        raise NothingUsableError(
            f"{source} holds no readable face with age and gender", findings.frame()
        )
    near = find_near_duplicates(table, base, policy, folder, n_jobs=n_jobs, progress=report)
    table = apply_policy(table, near, policy, findings)
    noise = label_noise_floor(table)
    faces = Faces(
        name, table, findings.frame(), face_pairs(table, near), noise,
        reader=reader, folder=base, cache=folder, n_jobs=n_jobs,
        hashes=table[[*HASH_WORDS, *MIRROR_WORDS]].to_numpy(np.uint64),
        changed=table["changed"].to_numpy(np.int64),
    )  # fmt: skip

    def estimate() -> pd.DataFrame:
        store = faces.pixels_folder / faces.content_hash[:24]
        images = partial(faces.images, progress=report)
        return remembered_pose(images, store, n_jobs=n_jobs, progress=report)

    faces.table = add_pose(faces.table, findings, estimate if pose else None)
    faces.table = tables.FACES.validate(add_breakdowns(_with_all_columns(faces.table)))
    faces.audit = findings.frame()
    return faces


def _with_all_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Return the public columns in order, missing ones as unknown."""
    table = table.reindex(columns=list(TABLE_COLUMNS))
    if not isinstance(table["ethnicity"].dtype, pd.CategoricalDtype):
        table["ethnicity"] = pd.Categorical(table["ethnicity"])
    return table
