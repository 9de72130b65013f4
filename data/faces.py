"""The faces of a data set: labels, audit and pixels, whole or in part."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from basis import pictures
from data.files.listing import file_states
from data.images.store import open_pixels

from .cache import Progress, no_progress
from .errors import DataError
from .learning import Learning
from .readers import Reader


class Faces(Learning):
    """The faces of one data set: labels, audit and pixels. Made by :func:`load`.

    Parameters
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
    reader : Reader
        The reader that recognised the source.
    folder : Path
        Where the paths of ``table`` begin.
    hashes : ndarray of uint64, shape (n, 8)
        Difference hash of every picture and of its mirror image.
    changed : ndarray of int64, shape (n,)
        When each file changed last, ``st_ctime_ns``.
    cache : Path
        Cache folder, for pixels.
    n_jobs : int or None
        Threads; None is one per available core.

    Attributes
    ----------
    kind : str
        Name of the reader that recognised it, such as ``utkface``.
    licence : str
        One sentence.
    thumbnails_allowed : bool
        Whether faces may be shown to others.
    content_hash : str
        sha256 over the pixels in row order.

    Examples
    --------
    >>> import data
    >>> faces = data.load("embedded")                           # doctest: +SKIP
    >>> len(faces)                                              # doctest: +SKIP
    2400
    >>> faces.images(64).shape                                  # doctest: +SKIP
    (2400, 64, 64, 3)
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
        hashes: np.ndarray,
        changed: np.ndarray,
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
        self.hashes = hashes
        self._changed = changed
        self._folder = folder
        self.pixels_folder = cache / "pixels"
        self.n_jobs = n_jobs
        self._whole: Faces = self  # the data set of which these faces are a part
        self._rows: np.ndarray | None = None  # and where they stand in it

    def __repr__(self) -> str:
        kept = int(self.table["keep"].sum())
        return f"<Faces {self.name!r}: {len(self.table):,} faces, {kept:,} kept>"

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, chosen: ArrayLike | slice) -> Self:
        """Return a part of the faces, as ``table[chosen]`` or ``table.iloc[chosen]`` would.

        Parameters
        ----------
        chosen : array-like of bool, of int, or slice
            One truth value a face, or positions of rows.

        Returns
        -------
        Faces
            Its ``audit`` and ``label_noise`` are still about the whole data set, and its pixels
            are taken from the same store.

        Raises
        ------
        DataError
            If a mask has another length than the table.

        Examples
        --------
        >>> import data
        >>> faces = data.load("embedded")                       # doctest: +SKIP
        >>> adults = faces[faces.table["age"] >= 18]            # doctest: +SKIP
        """
        rows = np.arange(len(self))
        if isinstance(chosen, slice):
            rows = rows[chosen]
        else:
            index = np.asarray(chosen)
            if index.dtype == bool and len(index) != len(self):
                raise DataError(
                    f"the mask has {len(index)} values for {len(self)} faces of {self.name}"
                )
            rows = rows[index if index.size else index.astype(np.intp)]
        part = type(self).__new__(type(self))
        part.__dict__.update(self.__dict__)
        part.table = self.table.iloc[rows].reset_index(drop=True)
        ids, pairs = part.table["face_id"], self.near_duplicates
        inside = pairs["face_id_a"].isin(ids) & pairs["face_id_b"].isin(ids)
        part.near_duplicates = pairs[inside].reset_index(drop=True)
        part.hashes = self.hashes[rows]
        part.content_hash = content_hash(part.table["pixel_sha256"])
        part._rows = rows if self._rows is None else self._rows[rows]
        return part

    def kept(self) -> Self:
        """Return the faces that the audit keeps: no copies, contradictions or missing labels.

        Returns
        -------
        Faces

        Examples
        --------
        >>> import data
        >>> faces = data.load("embedded").kept()                # doctest: +SKIP
        """
        return self[self.table["keep"].to_numpy()]

    def path(self, face_id: str) -> Path:
        """Return the image file of a face; for an archive, the file unpacked in the cache.

        Parameters
        ----------
        face_id : str
            As in ``table``.

        Returns
        -------
        Path
            Whether it exists is not looked at.

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
        """Return the image file of every face, in row order.

        Returns
        -------
        list of Path
        """
        return [self._folder / path for path in self.table["path"]]

    def images(self, size: int, progress: Progress | None = None) -> np.ndarray:
        """Return all images, in row order, decoded once per content and size.

        Parameters
        ----------
        size : int
            Side in pixels; an image that is not square is cropped to its central square.
        progress : callable or None
            Called as ``progress(stage, done, total)``.

        Returns
        -------
        ndarray of uint8, shape (n, size, size, 3)
            RGB: of a whole data set a read-only memory map, of a part of one a copy.

        Raises
        ------
        DataError
            If the size is out of range, the disk is full, or a file has changed since the audit.

        Examples
        --------
        >>> import data
        >>> X = data.load("embedded").images(64)                # doctest: +SKIP
        """
        if self._rows is not None:
            return self._whole.images(size, progress)[self._rows]
        report, target = progress or no_progress, self._pixels_file(size)
        if not target.exists():
            self._refuse_changed_files()
        return open_pixels(self.paths(), size, target, n_jobs=self.n_jobs, progress=report)

    def _refuse_changed_files(self) -> None:
        """Raise if a file is not the one that was audited: its pixels have another name."""
        for state, changed, path in zip(
            file_states(self._folder, self.table["path"].tolist()),
            self._changed.tolist(),
            self.table["path"],
            strict=True,
        ):
            if state is not None and state.st_ctime_ns != changed:
                raise DataError(
                    f"{self._folder / path} has changed since the data set was checked: "
                    "load the data set again"
                )

    def pixels_file(self, size: int, progress: Progress | None = None) -> Path:
        """Return the ``.npy`` file behind :meth:`images`, which other processes may map.

        Parameters
        ----------
        size : int
            Side in pixels.
        progress : callable or None
            Called as ``progress(stage, done, total)``.

        Returns
        -------
        Path
            Built if need be. For a part of a data set the file of the whole.

        Examples
        --------
        >>> import data
        >>> data.load("embedded").pixels_file(64).suffix        # doctest: +SKIP
        '.npy'
        """
        self._whole.images(size, progress)
        return self._whole._pixels_file(size)

    def _pixels_file(self, size: int) -> Path:
        # The content is the decoded pictures in row order; the rest is the rule of the resize.
        return self.pixels_folder / f"{self.content_hash[:24]}-{size}-v{pictures.VERSION}.npy"


def content_hash(pixel_hashes: pd.Series) -> str:
    """Return one sha256 for a sequence of images, from the sha256 of each."""
    return hashlib.sha256("\n".join(pixel_hashes).encode()).hexdigest()
