"""Face mesh: faces in an image and their 468 landmarks.

References
----------
.. [1] Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs",
   2019, https://arxiv.org/abs/1907.06724
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import cv2
import joblib
import numpy as np

from basis import pictures
from basis.faces import MIN_PRESENCE
from data.cache import Progress, cache_key

from .boxes import propose
from .crop import as_rgb, crop, square_to_image
from .models import SHA256, network, one_opencv_thread
from .track import (
    Face,
    Square,
    Track,
    disagreement,
    most_central,
    square_of_chip,
    square_of_face,
    square_of_landmarks,
)

N_LANDMARKS = 468
POSE_VERSION = 4  # raise it when the arithmetic from image to pose changes

INPUT_SIZE = 192  # of the landmark network, px
DETECTOR_BORDER = 0.25  # of the longer side; without it tight crops are not detected

MAX_DISAGREEMENT = 0.15

_POINTS, _PRESENCE = "conv2d_21", "conv2d_31"


class FaceMesh:
    """Face detector and face mesh of MediaPipe, on the processor.

    Parameters
    ----------
    min_score : float, default 0.5
        Least confidence of a detection.
    max_passes : int, default 6
        Most landmark passes a face. Each crops by the landmarks of the pass before, until they
        settle: two or three passes on a UTKFace chip.

    Notes
    -----
    Networks are loaded on first use, once per thread, and shared by all instances: an instance
    is cheap, can be pickled, and may be used from several threads at once. Batch methods keep
    OpenCV to one thread while they run (``n_jobs`` is the number of cores in use) and restore
    the setting afterwards.

    Upright faces are found up to about 60 degrees of yaw and 45 of roll; an upside-down face is
    not found.

    Examples
    --------
    >>> import data
    >>> X = data.load("embedded").images(200)[:10]              # doctest: +SKIP
    >>> points, presence = data.FaceMesh().landmarks_batch(X)   # doctest: +SKIP
    >>> points.shape                                            # doctest: +SKIP
    (10, 468, 3)
    """

    __module__ = "data"

    def __init__(self, min_score: float = 0.5, max_passes: int = 6) -> None:
        if max_passes < 2:
            raise ValueError(f"max_passes must be at least 2, not {max_passes}: the last confirms")
        self.min_score = min_score
        self.max_passes = max_passes

    def detect(self, image: Any, sides: Sequence[float] | None = None) -> list[Face]:
        """Find faces by the detector alone, surest first.

        Parameters
        ----------
        image : array-like, shape (H, W, 3)
            Anything :func:`data.pose.crop.as_rgb` reads.
        sides : sequence of float, optional
            Sides of the windows to search in, px. Without it the whole image is one window, and
            faces wider than about 15% of it are found; :func:`data.pose.detect.find_faces` searches
            for smaller ones and checks them by their mesh.

        Returns
        -------
        list of Face
        """
        pixels = as_rgb(image)
        sides = [max(pixels.shape[:2])] if sides is None else sides
        found = propose(pixels, sides, self.min_score)
        return [
            Face(box, float(score), keypoints)
            for box, score, keypoints in zip(
                found.boxes, found.scores, found.keypoints, strict=True
            )
        ]

    def landmarks(self, image: Any, face: Face | None = None) -> tuple[np.ndarray, float]:
        """Locate the 468 landmarks of one face.

        Parameters
        ----------
        image : array-like, shape (H, W, 3)
            Anything :func:`data.pose.crop.as_rgb` reads.
        face : Face, optional
            Without it the image is taken for a picture of one face (a chip or a portrait): the
            mesh is tracked from the centre; where that leaves doubt, the picture is also turned
            by quarters and the detector is asked for the most central face.

        Returns
        -------
        points : ndarray of float32, shape (468, 3)
            x, y in px of the image and z, into the scene, in the same unit, relative to the
            head's centre.
        presence : float
            Probability in 0..1 that the crop shows a face, 0 where the detector contradicts it;
            below 0.5 the points mean nothing.
        """
        pixels = as_rgb(image)
        if face is not None:
            track = self._confirmed(pixels, face)
            return track.points, track.presence
        upright = self._track(pixels, square_of_chip(pixels.shape))
        if upright.certain:
            return upright.points, upright.presence
        return self._search(pixels, upright)

    def landmarks_batch(
        self,
        images: Sequence[Any] | np.ndarray,
        *,
        n_jobs: int | None = None,
        progress: Progress | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Locate the landmarks of many pictures of one face each.

        Parameters
        ----------
        images : sequence of array-like, or ndarray of shape (n, H, W, 3)
            Read one by one: a memory map stays on disk.
        n_jobs : int, optional
            Threads, as scikit-learn counts them (None is 1, -1 all cores).
        progress : callable, optional
            Called as ``progress("face mesh", done, total)``.

        Returns
        -------
        points : ndarray of float32, shape (n, 468, 3)
        presence : ndarray of float32, shape (n,)
        """
        n = len(images)
        points = np.empty((n, N_LANDMARKS, 3), dtype=np.float32)
        presence = np.empty(n, dtype=np.float32)
        with one_opencv_thread():
            for i, (points[i], presence[i]) in enumerate(self._each(images, n_jobs)):
                if progress is not None:
                    progress("face mesh", i + 1, n)
        return points, presence

    def _each(
        self, images: Sequence[Any] | np.ndarray, n_jobs: int | None
    ) -> Iterator[tuple[np.ndarray, float]]:
        # OpenCV releases the GIL in `forward`, so threads use all cores and share the images.
        parallel = joblib.Parallel(n_jobs=n_jobs, require="sharedmem", return_as="generator")
        yield from parallel(
            joblib.delayed(self._landmarks_at)(images, i) for i in range(len(images))
        )

    def _landmarks_at(self, images: Sequence[Any] | np.ndarray, i: int) -> tuple[np.ndarray, float]:
        try:
            return self.landmarks(images[i])
        except ValueError as error:
            raise ValueError(f"image {i}: {error}") from error

    def _track(self, pixels: np.ndarray, square: Square) -> Track:
        points, presence = self._landmarks_in(pixels, square)
        for _ in range(self.max_passes - 1):
            before = points
            points, presence = self._landmarks_in(pixels, square_of_landmarks(before))
            shift = np.abs(points - before)[:, :2].mean()
            track = Track(points, presence, float(shift / max(np.ptp(points[:, 0]), 1e-6)))
            if track.settled:
                break
        return track

    def _confirmed(self, pixels: np.ndarray, face: Face) -> Track:
        """Track a detected face; presence is 0 where the detector contradicts a doubtful mesh.

        A certain mesh is believed: the keypoints of a face of 15 px in the detector's window are
        coarse.
        """
        track = self._track(pixels, square_of_face(face))
        if track.certain or disagreement(track.points, face) <= MAX_DISAGREEMENT:
            return track
        return track._replace(presence=0.0)

    def _search(self, pixels: np.ndarray, upright: Track) -> tuple[np.ndarray, float]:
        """Look again where the upright crop left doubt: by detector, and turned by quarters.

        The mesh is often sure of an upright face in an upside-down one, but surer still of the
        face that is there.
        """
        border = round(DETECTOR_BORDER * max(pixels.shape[:2]))
        padded = cv2.copyMakeBorder(pixels, border, border, border, border, cv2.BORDER_REPLICATE)
        shift = np.array([border, border, 0], dtype=np.float32)
        faces = self.detect(padded)
        if upright.settled and upright.presence >= MIN_PRESENCE:
            apart = [disagreement(upright.points + shift, face) for face in faces]
            if min(apart, default=np.inf) <= MAX_DISAGREEMENT:
                return upright.points, upright.presence
        chip = square_of_chip(pixels.shape)
        tracks = [self._track(pixels, replace(chip, angle=k * np.pi / 2)) for k in (1, 2, 3)]
        if faces:
            found = self._confirmed(padded, most_central(faces, padded.shape))
            tracks.append(found._replace(points=found.points - shift))
        best = max([upright, *tracks], key=lambda track: track.presence * track.settled)
        return best.points, best.presence if best.settled else 0.0

    def _landmarks_in(self, pixels: np.ndarray, square: Square) -> tuple[np.ndarray, float]:
        """Run the landmark network once on one square of the image."""
        to_image = square_to_image(square.x, square.y, square.side, square.angle, INPUT_SIZE)
        chip = crop(pixels, to_image, INPUT_SIZE, cv2.BORDER_REPLICATE)
        run = network("face_landmark.tflite", (_POINTS, _PRESENCE))
        out = run((chip.astype(np.float32) / 255)[None])
        raw = out[_POINTS].reshape(N_LANDMARKS, 3).astype(np.float64)
        points = np.empty((N_LANDMARKS, 3), dtype=np.float32)
        points[:, :2] = raw[:, :2] @ to_image[:, :2].T + to_image[:, 2]
        points[:, 2] = raw[:, 2] * square.side / INPUT_SIZE
        logit = float(out[_PRESENCE].ravel()[0])
        return points, float(1 / (1 + np.exp(-np.clip(logit, -80, 80))))


def models_hash() -> str:
    """Return 16 hex digits that change when the labels may: the key of a pose cache.

    They change with any vendored model, with OpenCV and with ``POSE_VERSION``.
    """
    return cache_key(
        "pose",
        models=SHA256,
        version=[POSE_VERSION, pictures.VERSION, cv2.__version__],
    )[:16]
