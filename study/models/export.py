"""A saved network as an ONNX file beside its card, for onnxruntime or any other engine."""

from __future__ import annotations

from pathlib import Path

from study.errors import UsageError

from .model import ONNX, Model


def export(model: Model, out: Path | None = None) -> Path:
    """Write ``model.onnx``, by default where ``study.load(folder, engine="onnx")`` finds it."""
    if not hasattr(model.estimator, "net_"):
        raise UsageError(f"{model.folder.name} is no network: only those have an ONNX form")
    path = out or model.folder / ONNX
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        from pipelines.cnn.onnx.export import export_onnx

        return export_onnx(model.estimator, path)
    except ImportError as error:
        raise UsageError(str(error)) from error
