"""Photographs in, one answer for each: read however large, searched in threads, tried turned."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from basis.pictures import MAX_PIXELS, UnreadableImageError, decode
from data.cache import Progress
from data.pose.detect import FoundFace, find_faces

from .face_estimate import FaceEstimate
from .model import SOURCE_SIZE, Model

LARGEST = 400_000_000
"""Pixels; larger files are refused."""

_ONE_LARGE = threading.Lock()  # Pillow's limit is one for all threads, and so is the memory
# sizes are checked here; Pillow would print the same for every large photo
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

AHEAD = 4  # photos a thread may be ahead: they wait in memory


@dataclass(frozen=True)
class Photo:
    """A photograph as it is searched: upright RGB, and how many px of the file are one here."""

    pixels: np.ndarray
    reduced: int = 1


@dataclass(frozen=True)
class PhotoAnswer:
    """What was found in one photograph: faces, largest first, or the problem why there is none."""

    path: Path
    faces: list[FaceEstimate]
    problem: str
    photo: Photo | None


def read_photo(path: Path) -> Photo:
    """Read a photograph; one of more than 64 megapixels at a half, a third ... of its size."""
    content = path.read_bytes()
    try:
        return Photo(decode(content).pixels)
    except UnreadableImageError as error:
        if error.problem != "too large":
            raise
    with _ONE_LARGE:
        return _reduced(content)


def _reduced(content: bytes) -> Photo:
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with Image.open(io.BytesIO(content)) as image:
            n_pixels = image.width * image.height
            factor = int(np.ceil(np.sqrt(n_pixels / MAX_PIXELS)))
            if n_pixels > LARGEST:
                raise UnreadableImageError(
                    "too large", f"{n_pixels / 1e6:.0f} megapixels, more than {LARGEST / 1e6:.0f}"
                )
            # a JPEG can be decoded at a half or a quarter: no more memory than that is needed
            image.draft("RGB", (image.width // factor, image.height // factor))
            rest = max(round(np.sqrt(n_pixels / image.width / image.height)), 1)
            upright = ImageOps.exif_transpose(image).convert("RGB")
            if rest < factor:
                upright = upright.reduce(int(np.ceil(factor / rest)))
            reduced = round(np.sqrt(n_pixels / upright.width / upright.height))
            return Photo(np.asarray(upright), max(int(reduced), 1))
    except UnreadableImageError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever their format makes them
        raise UnreadableImageError("unreadable", str(error)) from error
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def find_turned(pixels: np.ndarray, size: int = SOURCE_SIZE) -> tuple[list[FoundFace], int]:
    """Find faces in a picture; where there is none, in the picture turned by 180, 90, 270 degrees.

    Returned are the faces, in coordinates of the picture as it was given, and the degrees,
    counter-clockwise, after which they were found.
    """
    for quarters in (0, 2, 1, 3):
        faces = find_faces(np.ascontiguousarray(np.rot90(pixels, quarters)), size=size)
        if faces:
            shape = pixels.shape[:2]
            return [_turned_back(face, quarters, shape) for face in faces], 90 * quarters
    return [], 0


def _turned_back(face: FoundFace, quarters: int, shape: tuple[int, ...]) -> FoundFace:
    """Return a face found in ``rot90(picture, quarters)`` in the picture's own coordinates."""
    (height, width), (x0, y0, x1, y1) = shape, face.box
    box = {
        0: (x0, y0, x1, y1),
        1: (width - y1, x0, width - y0, x1),
        2: (width - x1, height - y1, width - x0, height - y0),
        3: (y0, height - x1, y1, height - x0),
    }[quarters]
    roll = (face.roll + 90 * quarters + 180) % 360 - 180
    return replace(face, box=np.array(box, dtype=np.float64), roll=roll)


def predict_photos(
    model: Model,
    paths: Sequence[Path],
    *,
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> Iterator[PhotoAnswer]:
    """Yield an answer for every photograph, in order; one that cannot be read stops nothing.

    ``n_jobs`` threads read and search; the model answers in the calling thread.
    """
    waiting = iter(paths)
    with ThreadPoolExecutor(n_jobs) as pool:
        queue = [(p, pool.submit(_search, p)) for p in islice(waiting, AHEAD * n_jobs)]
        done = 0
        while queue:
            path, future = queue.pop(0)
            photo, found, turned, problem = future.result()
            queue += [(p, pool.submit(_search, p)) for p in islice(waiting, 1)]
            faces: list[FaceEstimate] = []
            if photo is not None:
                faces = model.estimate(found, photo.pixels.shape[:2], photo.reduced, turned)
            done += 1
            if progress is not None:
                progress("photos", done, len(paths))
            yield PhotoAnswer(path, faces, problem, photo)


def _search(path: Path) -> tuple[Photo | None, list[FoundFace], int, str]:
    try:
        photo = read_photo(path)
    except (UnreadableImageError, OSError) as error:
        return None, [], 0, str(error)
    found, turned = find_turned(photo.pixels)
    return photo, found, turned, "" if found else "no face found"
