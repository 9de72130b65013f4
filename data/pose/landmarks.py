"""Landmarks of faces for models that need them: computed once, remembered by content."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from basis.files import replacing
from data.cache import cache_folder
from data.threads import n_threads

from .canonical import canonical_face
from .mesh import N_LANDMARKS, FaceMesh, models_hash

_KEY_BYTES = 16


class FaceLandmarks:
    """The face mesh of pictures of one face each, remembered in the cache by their pixels.

    What a model takes that wants landmarks: it need not know where they come from.

    Parameters
    ----------
    cache : str, Path or None
        Cache folder; see :func:`data.cache_folder`.
    remember : bool
        Whether results are written to the cache; they are read in any case.

    Examples
    --------
    >>> import data
    >>> faces = data.load("embedded")                                      # doctest: +SKIP
    >>> points, presence = data.FaceLandmarks()(faces.images(200)[:10])    # doctest: +SKIP
    >>> points.shape                                                       # doctest: +SKIP
    (10, 468, 3)
    """

    def __init__(self, cache: str | Path | None = None, *, remember: bool = True) -> None:
        self.cache = None if cache is None else str(cache)
        self.remember = remember

    def without_memory(self) -> FaceLandmarks:
        """Return one that writes nothing to the cache, for models that leave this machine.

        Returns
        -------
        FaceLandmarks
            It knows no cache folder but the default one.
        """
        return FaceLandmarks(remember=False)

    @property
    def canonical(self) -> np.ndarray:
        """The neutral frontal face, float64 ``(468, 3)``: x right, y down, z into the scene."""
        return canonical_face().points

    def __call__(self, images: np.ndarray, n_jobs: int | None = None) -> tuple[Any, Any]:
        """Return landmarks ``(n, 468, 3)`` in px of the image and presence ``(n,)`` of a face."""
        keys = [_key(image) for image in images]
        known = self._remembered(set(keys))
        missing = [row for row, key in enumerate(keys) if key not in known]
        if missing:
            mesh = FaceMesh()
            some = _Rows(images, missing)
            points, presence = mesh.landmarks_batch(some, n_jobs=n_threads(n_jobs))  # type: ignore[arg-type]
            new = np.concatenate([points.reshape(len(points), -1), presence[:, None]], axis=1)
            known |= {keys[row]: found for row, found in zip(missing, new, strict=True)}
            if self.remember:
                self._write([keys[row] for row in missing], new)
        rows = np.stack([known[key] for key in keys])
        return rows[:, :-1].reshape(len(rows), N_LANDMARKS, 3), rows[:, -1]

    def _folder(self) -> Path:
        folder = cache_folder(self.cache) / "landmarks" / models_hash()
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _remembered(self, wanted: set[bytes]) -> dict[bytes, np.ndarray]:
        """Return what is known of some keys; every file holds what one call had to compute."""
        found: dict[bytes, np.ndarray] = {}
        for path in sorted(self._folder().glob("[!.]*.keys.npy")):
            keys = np.load(path, allow_pickle=False)
            hits = [row for row, key in enumerate(keys) if key.tobytes() in wanted]
            if hits:
                values = np.load(_values(path), mmap_mode="r", allow_pickle=False)
                found |= {keys[row].tobytes(): np.array(values[row]) for row in hits}
        return found

    def _write(self, keys: list[bytes], values: np.ndarray) -> None:
        """Add a file; the keys come last, and a reader looks for keys first."""
        table = np.frombuffer(b"".join(keys), np.uint8).reshape(-1, _KEY_BYTES)
        name = hashlib.sha256(table.tobytes()).hexdigest()[:24]
        target = self._folder() / f"{name}.keys.npy"
        for path, content in ((_values(target), values.astype(np.float32)), (target, table)):
            with replacing(path) as temporary:
                np.save(temporary, content)


class _Rows:
    """Some rows of an array, read one at a time."""

    def __init__(self, images: np.ndarray, rows: list[int]) -> None:
        self.images = images
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> np.ndarray:
        return self.images[self.rows[index]]


def _key(image: np.ndarray) -> bytes:
    digest = hashlib.blake2b(np.ascontiguousarray(image).tobytes(), digest_size=_KEY_BYTES)
    digest.update(repr(image.shape).encode())
    return digest.digest()


def _values(keys: Path) -> Path:
    return keys.with_name(keys.name.replace(".keys.npy", ".values.npy"))
