"""Answers from an exported ONNX file by onnxruntime; PyTorch is not needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.images.sharpness import MatchSharpness
from pipelines.intervals.band import ConformalBand
from pipelines.joint import AgeGenderMixin

__all__ = ["OnnxAgeGender"]

#: Metadata entry of the file under which the exporter leaves size and backbone.
CARD_KEY = "age_gender"


class OnnxAgeGender(AgeGenderMixin):
    """Age and gender of faces from a file written by ``export_onnx``.

    Parameters
    ----------
    path : path
        The file.
    threads : int
        Of onnxruntime.
    batch_size : int
        Faces at once.

    Attributes
    ----------
    image_size : int
        Side in pixels the faces must have.
    band : ConformalBand
        Age intervals, as calibrated when the model was trained.
    sharpness : MatchSharpness or None
        What faces pass through before the network sees them.

    See Also
    --------
    pipelines.export_onnx : Writes the file.

    Examples
    --------
    >>> from pipelines import OnnxAgeGender
    >>> OnnxAgeGender("faces.onnx").predict_all(X)["age"]  # doctest: +SKIP
    """

    __module__ = "pipelines"

    def __init__(self, path: str | Path, *, threads: int = 1, batch_size: int = 64) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise ImportError("onnxruntime is not installed: pip install onnxruntime") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session: Any = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        metadata = self.session.get_modelmeta().custom_metadata_map
        if CARD_KEY not in metadata:
            raise ValueError(f"{path} was not written by export_onnx: it lacks {CARD_KEY!r}")
        card = json.loads(metadata[CARD_KEY])
        self.image_size = int(card["image_size"])
        self.band = ConformalBand.from_dict(card["band"])
        known = card.get("sharpness")
        self.sharpness = None if known is None else MatchSharpness.from_dict(known)
        self.batch_size = batch_size

    def answers(self, X: NDArray[np.uint8]) -> dict[str, NDArray[np.float64]]:
        """Return what the file answers.

        Parameters
        ----------
        X : ndarray of uint8, shape (n, S, S, 3)
            Faces of the model's ``image_size`` S.

        Returns
        -------
        dict of str to ndarray
            ``age`` and ``spread`` in years and ``p_female``, each (n,).
        """
        shape = (self.image_size, self.image_size, 3)
        if X.dtype != np.uint8 or X.shape[1:] != shape or not len(X):
            raise ValueError(
                f"this model takes one or more uint8 images (n, {', '.join(map(str, shape))}), got "
                f"{X.dtype} {X.shape}"
            )
        if self.sharpness is not None:
            X = self.sharpness.transform(X)
        names = ["age", "spread", "p_female"]
        batches = [
            self.session.run(names, {"faces": np.ascontiguousarray(X[i : i + self.batch_size])})
            for i in range(0, len(X), self.batch_size)
        ]
        columns = [np.concatenate(parts) for parts in zip(*batches, strict=True)]
        return {name: c.astype(np.float64) for name, c in zip(names, columns, strict=True)}

    def predict_all(
        self, X: NDArray[np.uint8], level: float | ArrayLike = 0.9
    ) -> dict[str, NDArray[np.float64]]:
        """Return every answer from one pass.

        Parameters
        ----------
        X : ndarray of uint8, shape (n, S, S, 3)
            Faces of the model's ``image_size`` S.
        level : float or sequence of float, default=0.9
            Share of faces like these whose age the interval holds.

        Returns
        -------
        dict of str to ndarray
            ``age`` (n,) in years; ``interval`` (n, 2) or (n, 2, n_levels); ``p_female`` (n,).
        """
        found = self.answers(X)
        interval = self.band.interval(found["age"], found["spread"], level)
        return {"age": found["age"], "interval": interval, "p_female": found["p_female"]}
