"""A data set in three lines: ``faces = data.load("embedded")``, ``.table``, ``.images(128)``."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from basis import pictures
from data.audit.findings import Findings
from data.audit.label_noise import label_noise_floor
from data.audit.pairs import face_pairs, find_near_duplicates
from data.audit.policy import Policy, apply_policy, faces_with_ids, has_age
from data.audit.scan import scan
from data.files.source import open_source
from data.images.store import open_pixels
from data.pose.labels import add_pose, remembered_pose

from . import tables
from .bins import add_breakdowns
from .cache import Progress, cache_folder, no_progress, print_progress
from .errors import DataError, NothingUsableError
from .names import find_source
from .readers import Reader, find_reader

TABLE_COLUMNS = (
    "face_id", "age", "age_low", "age_high", "gender", "ethnicity", "group",
    "yaw", "pitch", "roll", "presence", "keep", "drop_reason",
    "path", "sha256", "pixel_sha256", "height", "width",
)  # fmt: skip


class Faces:
    """The faces of one data set: labels, audit and pixels. Made by :func:`load`.

    Attributes
    ----------
    name : str
        Name of the data set.
    table : DataFrame
        One row per readable image, sorted by ``face_id``: the contract ``data.tables.FACES`` with
        the breakdown columns, and ``presence`` (probability of a face, NaN unknown), ``path``
        (inside the data set), ``sha256`` of the file, ``pixel_sha256``, ``height``, ``width``.
    audit : DataFrame of str
        One row per finding: ``file``, ``problem``, ``action``, ``detail``.
    near_duplicates : DataFrame
        Pairs of different pictures with similar hashes: ``face_id_a``, ``face_id_b``,
        ``mirrored`` (one is the mirror image of the other), ``hamming`` (bits of 256),
        ``similarity`` (detail correlation), ``verified``, ``age_gap`` (years), ``same_gender``.
    label_noise : dict
        See :func:`data.label_noise_floor`.
    kind : str
        Name of the reader that recognised it, such as ``utkface``.
    licence : str
        One sentence.
    thumbnails_allowed : bool
        Whether faces may be shown to others.
    content_hash : str
        sha256 over the pixels in row order.
    """

    __module__ = "data"

    def __init__(
        self,
        name: str,
        table: pd.DataFrame,
        audit: pd.DataFrame,
        near_duplicates: pd.DataFrame,
        label_noise: dict[str, Any],
        *,
        reader: Reader,
        folder: Path,
        cache: Path,
        n_jobs: int | None = None,
    ) -> None:
        self.name = name
        self.table = table
        self.audit = audit
        self.near_duplicates = near_duplicates
        self.label_noise = label_noise
        self.kind = reader.name
        self.licence = reader.licence
        self.thumbnails_allowed = reader.thumbnails_allowed
        self.content_hash = content_hash(table["pixel_sha256"])
        self._folder = folder
        self.pixels_folder = cache / "pixels"
        self.n_jobs = n_jobs

    def __repr__(self) -> str:
        kept = int(self.table["keep"].sum())
        return f"<Faces {self.name!r}: {len(self.table):,} faces, {kept:,} kept>"

    def __len__(self) -> int:
        return len(self.table)

    def path(self, face_id: str) -> Path:
        """Return the image file of a face; for an archive, the file unpacked in the cache.

        Raises
        ------
        DataError
            If there is no such face.
        """
        found = self.table.loc[self.table["face_id"] == face_id, "path"]
        if found.empty:
            raise DataError(f"{self.name} has no face {face_id!r}")
        return self._folder / found.iloc[0]

    def paths(self) -> list[Path]:
        """Return the image file of every face, in row order."""
        return [self._folder / path for path in self.table["path"]]

    def images(self, size: int, progress: Progress | None = None) -> np.memmap:
        """Return all images, in row order, decoded once per content and size.

        Parameters
        ----------
        size : int
            Side in pixels; an image that is not square is cropped to its central square.
        progress : callable or None
            Called as ``progress(stage, done, total)``.

        Returns
        -------
        memmap of uint8, shape (n, size, size, 3)
            Read-only RGB; ``.filename`` is the ``.npy`` file, which other processes may map.
        """
        # The content is the decoded pictures in row order; the rest is the rule of the resize.
        target = self.pixels_folder / f"{self.content_hash[:24]}-{size}-v{pictures.VERSION}.npy"
        report = progress or no_progress
        return open_pixels(self.paths(), size, target, n_jobs=self.n_jobs, progress=report)


def content_hash(pixel_hashes: pd.Series) -> str:
    """Return one sha256 for a sequence of images, from the sha256 of each."""
    return hashlib.sha256("\n".join(pixel_hashes).encode()).hexdigest()


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
    near = find_near_duplicates(
        table, [base / p for p in table["path"]], policy, folder, n_jobs=n_jobs, progress=report
    )
    table = apply_policy(table, near, policy, findings)
    noise = label_noise_floor(table)
    faces = Faces(
        name, table, findings.frame(), face_pairs(table, near), noise,
        reader=reader, folder=base, cache=folder, n_jobs=n_jobs,
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
