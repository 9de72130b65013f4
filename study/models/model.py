"""A saved model in use: crops or photographs in; age with its interval, gender and pose out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from basis.files import sha256_of
from basis.pictures import to_square
from data.pose.detect import FoundFace
from pipelines import persistence, sharpness
from study.errors import UsageError
from study.record.files import read_json

from .choose import best_model
from .face_estimate import FaceEstimate
from .recalibrate import widened

ONNX = "model.onnx"
INTERVALS = "intervals.json"
MIN_LABELLED = 20  # known ages below which a factor for the intervals is a guess
SOURCE_SIZE = 200  # px of an aligned chip, as in UTKFace; models see it resized to their own


class Model:
    """A trained contender with its card.

    Parameters
    ----------
    folder : Path
        ``models/<contender>`` of a run.
    engine : {'python', 'onnx'}
        Who computes: the estimator itself, or onnxruntime from the exported ``model.onnx``.

    Attributes
    ----------
    interval_factor : float
        What both arms of every age interval are multiplied by; see :meth:`recalibrate`.

    Examples
    --------
    >>> import study
    >>> study.load("runs/demo/models/cnn").predict(crops).shape    # doctest: +SKIP
    (10, 2)
    """

    def __init__(self, folder: Path, engine: str = "python") -> None:
        self.folder = folder
        self.card: dict[str, Any] = read_json(folder / "card.json")
        self.estimator: Any = ENGINES[engine](folder)
        self.image_size = int(self.card["details"]["image_size"])
        self.interval_factor = 1.0

    def predict(self, crops: np.ndarray) -> np.ndarray:
        """Estimate age and gender of aligned faces.

        Parameters
        ----------
        crops : ndarray of uint8, shape (n, H, W, 3)
            RGB faces cropped as :func:`data.pose.align` does.

        Returns
        -------
        ndarray of float, shape (n, 2)
            Age in years; gender 0 male, 1 female.
        """
        return self.estimator.predict(self._resized(crops))

    def predict_interval(self, crops: np.ndarray, level: float = 0.9) -> np.ndarray:
        """Return age intervals of aligned faces.

        Parameters
        ----------
        crops : ndarray of uint8, shape (n, H, W, 3)
            As in :meth:`predict`.
        level : float, default=0.9
            Share of faces whose age the interval holds.

        Returns
        -------
        ndarray of float, shape (n, 2)
            Years.
        """
        return self.predict_all(crops, level)["interval"]

    def predict_gender_proba(self, crops: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities of "female" of aligned faces.

        Parameters
        ----------
        crops : ndarray of uint8, shape (n, H, W, 3)
            As in :meth:`predict`.

        Returns
        -------
        ndarray of float, shape (n,)
        """
        return self.estimator.predict_gender_proba(self._resized(crops))

    def predict_all(self, crops: np.ndarray, level: float = 0.9) -> dict[str, np.ndarray]:
        """Return every answer from one pass over aligned faces.

        Parameters
        ----------
        crops : ndarray of uint8, shape (n, H, W, 3)
            As in :meth:`predict`.
        level : float, default=0.9
            Share of faces whose age the interval holds.

        Returns
        -------
        dict of str to ndarray of float
            ``age`` (n,) and ``interval`` (n, 2) in years, ``p_female`` (n,).
        """
        return self._recalibrated(self._as_trained(crops, level))

    def _as_trained(self, crops: np.ndarray, level: float = 0.9) -> dict[str, np.ndarray]:
        """Return every answer with the intervals of the training, as :meth:`predict_all` does."""
        return self.estimator.predict_all(self._resized(crops), level=level)

    def _recalibrated(self, answers: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return answers with their intervals multiplied by ``interval_factor``."""
        if self.interval_factor == 1.0:
            return answers
        wide = widened(answers["age"], answers["interval"], self.interval_factor)
        return {**answers, "interval": wide}

    def recalibrate(self, path: Path) -> None:
        """Widen (or narrow) age intervals as ``study evaluate`` found it on another data set.

        Parameters
        ----------
        path : Path
            ``intervals.json``, or the run directory that holds it.

        Raises
        ------
        UsageError
            There is no such file, or it was made for another model.
        """
        file = path / INTERVALS if path.is_dir() else path
        if not file.is_file():
            raise UsageError(
                f"{path} holds no {INTERVALS}: `study evaluate` writes it where at least "
                f"{MIN_LABELLED} exact ages are known"
            )
        found = read_json(file)
        if not isinstance(found, dict) or not {"model", "factor"} <= found.keys():
            raise UsageError(f"{file} is not a file that `study evaluate` has written")
        if found["model"] != sha256_of(self.folder / persistence.MANIFEST):
            raise UsageError(f"{file} was made for another model than {self.folder}")
        self.interval_factor = float(found["factor"])

    def estimate(
        self, faces: list[FoundFace], shape: tuple[int, ...], scale: int = 1, turned: int = 0
    ) -> list[FaceEstimate]:
        """Estimate faces that were found already.

        Parameters
        ----------
        faces : list of FoundFace
            From :func:`data.find_faces`, with chips of 200 px.
        shape : tuple of int
            Rows and columns of the picture they were found in: boxes end at its border.
        scale : int
            The picture is that many times smaller than the file, whose pixels boxes are in.
        turned : int
            Degrees by which the picture had to be turned; said in the warnings.

        Returns
        -------
        list of FaceEstimate
        """
        if not faces:
            return []
        chips = np.stack([face.chip for face in faces])
        answers = self.predict_all(chips)
        beside = (f"found after the photo was turned by {turned} degrees",) if turned else ()
        corner = np.array([shape[1], shape[0], shape[1], shape[0]], dtype=float)
        return [
            FaceEstimate(
                box=tuple(float(x) for x in np.clip(face.box, 0, corner) * scale),  # type: ignore[arg-type]
                age=float(age),
                age_low=float(low),
                age_high=float(high),
                p_female=float(p),
                yaw=face.yaw,
                pitch=face.pitch,
                roll=face.roll,
                presence=face.presence,
                warnings=beside
                + self._warnings(age=float(age), yaw=face.yaw, pitch=face.pitch, sharpness=sharp),
            )
            for face, sharp, age, (low, high), p in zip(
                faces, sharpness(self._resized(chips)), *answers.values(), strict=True
            )
        ]

    def describe(self) -> str:
        """Say in one line which model answers: contender, data, date, measured error.

        Returns
        -------
        str
        """
        details, data = self.card["details"], self.card["training_data"]
        overall = self.card["errors"][0]
        return (
            f"{self.card['contender']}, trained on {data['n_train']:,} faces of "
            f"{data['data_set']} on {str(details['trained'])[:10]}; on its test faces "
            f"{overall['mae']:.1f} years off and {overall['gender_accuracy']:.1%} right in gender"
        )

    def _warnings(self, **values: float) -> tuple[str, ...]:
        """Name every value outside the central 98% of the training faces."""
        ranges = self.card["training_data"]["ranges"]
        units = {
            "age": " years",
            "yaw": " degrees",
            "pitch": " degrees",
            "sharpness": " (variance of the Laplacian)",
        }
        return tuple(
            f"{name} {value:.0f}{units[name]} is outside of what the model was trained on "
            f"({ranges[name][0]:.0f} to {ranges[name][1]:.0f})"
            for name, value in values.items()
            if name in ranges and not ranges[name][0] <= value <= ranges[name][1]
        )

    def _resized(self, crops: np.ndarray) -> np.ndarray:
        crops = np.asarray(crops)
        if crops.ndim != 4 or crops.shape[-1] != 3 or crops.dtype != np.uint8:
            raise ValueError(
                f"crops must be uint8 of shape (n, H, W, 3), got {crops.dtype} {crops.shape}"
            )
        if crops.shape[1:3] == (self.image_size, self.image_size):
            return crops
        return np.stack([to_square(crop, self.image_size) for crop in crops])


def _load_onnx(folder: Path) -> Any:
    from pipelines.cnn.onnx.runtime import OnnxAgeGender

    if not (folder / ONNX).is_file():
        raise UsageError(f"{folder} holds no {ONNX}: write it with `study model export {folder}`")
    return OnnxAgeGender(folder / ONNX)


#: What turns a model folder into an estimator, by the name of the engine.
ENGINES: dict[str, Callable[[Path], Any]] = {"python": persistence.load, "onnx": _load_onnx}


def load(folder: Path | str, engine: str = "python") -> Model:
    """Load a saved model.

    Parameters
    ----------
    folder : path
        A model folder, or a run directory, whose contender is taken that holds best on changed
        copies of the *select* faces (sharpened, softened, another crop).
    engine : {'python', 'onnx'}
        ``onnx`` answers from the exported file: without PyTorch, and faster one face at a time.

    Returns
    -------
    Model
        Ready to answer, with its card.

    Raises
    ------
    UsageError
        There is no model, or none in the asked form; or the folder was altered (checksums).

    Examples
    --------
    >>> import study
    >>> study.load("runs/demo").describe()                                # doctest: +SKIP
    'cnn, trained on 1,440 faces of embedded on 2026-11-26; ...'
    """
    if engine not in ENGINES:
        raise UsageError(f"unknown engine {engine!r}: choose {' or '.join(ENGINES)}")
    path = Path(folder)
    if (path / "models").is_dir():
        path = best_model(path)
    if not (path / "card.json").is_file():
        raise UsageError(f"{folder} holds no saved model (no card.json in it)")
    try:
        return Model(path, engine)
    except (ValueError, ImportError) as error:
        raise UsageError(f"{path} cannot be loaded: {error}") from error
