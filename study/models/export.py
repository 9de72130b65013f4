"""A saved network as an ONNX file beside its card, for onnxruntime or any other engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import data
from study.errors import UsageError

from .model import ONNX, Model

N_RANGE_FACES = 64  # 256 took over six minutes for two networks at 144 px


def export(model: Model, out: Path | None = None, *, int8: str | None = None) -> Path:
    """Write ``model.onnx``.

    Parameters
    ----------
    model : Model
    out : Path, optional
        File to write; default: ``model.onnx`` in the model's folder, where
        ``study.load(folder, engine="onnx")`` finds it.
    int8 : str, optional
        Data set some of whose faces measure the ranges of an 8-bit version: a third of the size
        and clearly less accurate.

    Raises
    ------
    UsageError
        The model is no network, or the extra ``onnx`` is not installed.
    """
    if not hasattr(model.estimator, "net_"):
        raise UsageError(f"{model.folder.name} is no network: only those have an ONNX form")
    path = out or model.folder / ONNX
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        from pipelines.cnn.onnx.export import export_onnx, quantize_onnx

        if int8 is None:
            return export_onnx(model.estimator, path)
        full = export_onnx(model.estimator, path.with_name(f".{path.name}.fp32"))
        try:
            return quantize_onnx(full, path, _faces(int8, model.image_size))
        finally:
            full.unlink()
    except ImportError as error:
        raise UsageError(str(error)) from error


def _faces(source: str, size: int) -> np.ndarray:
    """Return some faces spread evenly over a data set."""
    faces = data.load(source)
    kept = np.flatnonzero(faces.table["keep"])
    chosen = np.unique(np.linspace(0, len(kept) - 1, N_RANGE_FACES).astype(int))
    return np.ascontiguousarray(faces.images(size)[kept[chosen]])
