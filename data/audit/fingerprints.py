"""One pass over the files: what each one is, before anything is decided about it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

from basis.pictures import UnreadableImageError, decode
from data.cache import Progress, no_progress
from data.threads import in_threads

HASH_WORDS = ("dhash_0", "dhash_1", "dhash_2", "dhash_3")
MIRROR_WORDS = ("mirror_0", "mirror_1", "mirror_2", "mirror_3")
VERSION = 3  # of cache keys: raise it when a fingerprint changes its meaning


def both_hashes(pixels: np.ndarray) -> np.ndarray:
    """Return the difference hashes of an RGB image and of its mirror image, uint64 ``(8,)``.

    The image is shrunk to 16 rows of 17 grey values; each of 256 bits says whether brightness grows
    from one value to its right neighbour. Re-compression, resizing and brightness change a few
    bits, another photo changes about half of them (N. Krawetz, "Kind of like that", 2013).
    """
    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (17, 16), interpolation=cv2.INTER_AREA)
    return np.concatenate([_signs(small), _signs(small[:, ::-1])])


def _signs(small: np.ndarray) -> np.ndarray:
    return np.packbits(small[:, 1:] > small[:, :-1]).view(">u8").astype(np.uint64)


def fingerprint(path: Path) -> dict[str, Any]:
    """Read one file and describe it.

    The keys are ``sha256`` of the file; ``pixel_sha256`` of the upright RGB pixels and their shape;
    ``height``, ``width``; the words of the difference hash and of the mirror image's;
    ``conversions``; ``problem`` and ``detail``, empty for a readable image.
    """
    names = HASH_WORDS + MIRROR_WORDS
    row: dict[str, Any] = dict.fromkeys(names, np.uint64(0))
    row |= {"sha256": "", "pixel_sha256": "", "height": 0, "width": 0}
    row |= {"conversions": "", "problem": "", "detail": ""}
    try:
        data = path.read_bytes()
        row["sha256"] = hashlib.sha256(data).hexdigest()
        picture = decode(data)
    except UnreadableImageError as error:
        return row | {"problem": error.problem, "detail": error.detail}
    except OSError as error:
        return row | {"problem": "unreadable", "detail": error.strerror or str(error)}
    pixels = np.ascontiguousarray(picture.pixels)
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(pixels.data)
    words = dict(zip(names, both_hashes(pixels), strict=True))
    return (
        row
        | words
        | {
            "pixel_sha256": digest.hexdigest(),
            "height": pixels.shape[0],
            "width": pixels.shape[1],
            "conversions": ", ".join(picture.conversions),
        }
    )


def fingerprint_files(
    paths: Sequence[Path], *, n_jobs: int | None = None, progress: Progress = no_progress
) -> pd.DataFrame:
    """Describe every file, in order, on ``n_jobs`` threads (decoders release the GIL)."""
    rows: list[dict[str, Any]] = []
    for chunk in in_threads(lambda part: [fingerprint(p) for p in part], paths, n_jobs):
        rows.extend(chunk)
        progress("read and fingerprint", len(rows), len(paths))
    return pd.DataFrame(rows, index=range(len(paths)))
