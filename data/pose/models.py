"""Vendored MediaPipe models: checked files and one network per thread.

The files in ``files/`` are Apache-2.0 and listed with their source in ``files/SOURCES.md``. Each is
compared with its sha256 once per process, because a damaged network does not crash: it returns
plausible landmarks.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from basis.files import sha256_of

MODELS = Path(__file__).parent / "files"

SHA256 = {
    "face_landmark.tflite": "c603fa6149219a3e9487dc9abd7a0c24474c77263273d24868378cdf40aa26d1",
    "face_detection_short_range.tflite": (
        "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633"
    ),
    "canonical_face.csv": "de8ba091c10513115351a371cf8f343f46de750ef67d9668fea5cdd0341c6900",
}


@cache
def model_path(name: str) -> Path:
    """Return the path of a vendored model, or raise where its sha256 is not the tested one."""
    path = MODELS / name
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; reinstall age-gender-study")
    found = sha256_of(path)
    if found != SHA256[name]:
        raise ValueError(
            f"{path} is damaged (sha256 {found[:12]}..., expected {SHA256[name][:12]}...); "
            "reinstall age-gender-study"
        )
    return path


_READING = threading.Lock()


class OpenCVNetwork:
    """A TFLite file in OpenCV's ``dnn`` module, with the names of the outputs it returns."""

    def __init__(self, path: Path, outputs: tuple[str, ...]) -> None:
        # OpenCV 5's default engine drops all outputs but one, and ignores `engine` when the
        # model comes from a buffer: hence the path and the classic engine.
        engine = getattr(cv2.dnn, "ENGINE_CLASSIC", None)
        arguments = (str(path),) if engine is None else (str(path), engine)
        # OpenCV fills its table of layers on first use, and two threads at once find it half empty
        with _READING:
            self._net = cv2.dnn.readNetFromTFLite(*arguments)
        self._outputs = outputs
        missing = set(outputs) - set(self._net.getUnconnectedOutLayersNames())
        if missing:
            raise RuntimeError(
                f"OpenCV {cv2.__version__} does not return the outputs {sorted(missing)} of "
                f"{path.name}; use opencv-python-headless 4.12 to 5.0"
            )

    def __call__(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """Run one image ``(1, H, W, 3)`` and return copies of the named outputs."""
        self._net.setInput(np.ascontiguousarray(batch.transpose(0, 3, 1, 2)))
        results = self._net.forward(list(self._outputs))
        return {
            name: np.array(a, dtype=np.float32)
            for name, a in zip(self._outputs, results, strict=True)
        }


_local = threading.local()


def network(name: str, outputs: tuple[str, ...]) -> OpenCVNetwork:
    """Return this thread's network for a vendored file, loading it on first use.

    A network holds its intermediate tensors, so two threads must not share one; loading takes
    a few milliseconds and the weights are small (1.2 MB at most).
    """
    loaded: dict[str, OpenCVNetwork] = _local.__dict__.setdefault("networks", {})
    if name not in loaded:
        loaded[name] = OpenCVNetwork(model_path(name), outputs)
    return loaded[name]


_guard = threading.Lock()
_inside = 0
_threads_before = 0


@contextmanager
def one_opencv_thread() -> Iterator[None]:
    """Keep OpenCV to one thread per Python thread while the block runs.

    OpenCV's thread count is a setting of the whole process: it is changed when the first block
    is entered and put back when the last one is left, so that two concurrent callers neither
    fight over it nor leave it changed.
    """
    global _inside, _threads_before
    with _guard:
        if _inside == 0:
            _threads_before = cv2.getNumThreads()
            cv2.setNumThreads(1)
        _inside += 1
    try:
        yield
    finally:
        with _guard:
            _inside -= 1
            if _inside == 0:
                cv2.setNumThreads(_threads_before)
