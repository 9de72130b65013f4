"""A saved network in PyTorch and onnxruntime: speed and accuracy.

Milliseconds per face on one core, one face at a time (the best of several passes), and the
scores on the *test* part of the split the network was trained on, seed 0.

    python benchmarks/onnx_engine.py runs/utkface/models/cnn UTKFace.tar.gz
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from parts import Parts

import study
from pipelines.cnn.onnx.export import export_onnx
from pipelines.cnn.onnx.runtime import OnnxAgeGender

N_TIMED = 100
PASSES = 5


def milliseconds(predict: Callable[[np.ndarray], Any], faces: np.ndarray) -> float:
    """Return the time of one face, as the best of some passes over all of them."""
    predict(faces[:1])
    passes = []
    for _ in range(PASSES):
        start = time.perf_counter()
        for k in range(len(faces)):
            predict(faces[k : k + 1])
        passes.append((time.perf_counter() - start) / len(faces))
    return 1000 * min(passes)


def scores(predict: Callable[[np.ndarray], np.ndarray], X: np.ndarray, Y: np.ndarray) -> str:
    """Return MAE, CS@5 and gender accuracy as cells of a table."""
    answers = predict(X)
    error = np.abs(answers[:, 0] - Y[:, 0])
    right = (answers[:, 1] == Y[:, 1]).mean()
    return f"{error.mean():.2f} | {(error <= 5).mean():.3f} | {right:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="models/<contender> of a run")
    parser.add_argument("source", help="data set of the run")
    parser.add_argument("--faces", type=int, help="test faces to score, default all")
    args = parser.parse_args()
    torch.set_num_threads(1)
    network = study.load(args.model).estimator
    network.set_params(threads=1)
    parts = Parts(args.source)
    X, Y = parts("test", network.image_size, slice(args.faces))
    with tempfile.TemporaryDirectory() as folder:
        plain = export_onnx(network, Path(folder) / "fp32.onnx")
        engines = {
            "PyTorch": network,
            "onnxruntime": OnnxAgeGender(plain),
        }
        sizes = [sum(p.numel() for p in network.net_.module_.parameters()) * 4]
        sizes.append(plain.stat().st_size)
        print("| engine | ms per face | MB | MAE | CS@5 | gender |\n|---|---|---|---|---|---|")
        for (name, engine), size in zip(engines.items(), sizes, strict=True):
            speed = milliseconds(engine.predict, X[:N_TIMED])
            print(f"| {name} | {speed:.1f} | {size / 1e6:.0f} | {scores(engine.predict, X, Y)} |")


if __name__ == "__main__":
    main()
