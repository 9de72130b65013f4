"""HOG against scikit-image and OpenCV, one run, CPU time per image.

    python benchmarks/hog.py [--images FOLDER_OR_NPY] [--opencv PYTHON]

``cv2.HOGDescriptor`` left OpenCV with version 5: ``--opencv`` names an interpreter that has
``opencv-python-headless==4.14.0.94`` and numpy; without it an environment is made in a temporary
folder. The pictures are patches of photographs that ship with scikit-image.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from skimage import data
from skimage.feature import hog

from pipelines import HogTransformer

OPENCV_SCRIPT = """
import sys, time, cv2, numpy as np
cv2.setNumThreads(1)
X = np.load(sys.argv[1]); n = X.shape[1]
h = cv2.HOGDescriptor((n, n), (16, 16), (8, 8), (8, 8), 9)
best = 1e9
for _ in range(5):
    start = time.process_time()
    for image in X: h.compute(image)
    best = min(best, time.process_time() - start)
print(best / len(X))
"""


def patches(size: int, n: int = 300) -> np.ndarray:
    photograph = data.astronaut()
    step = (512 - size) // 17
    corners = [(r * step, c * step) for r in range(18) for c in range(18)][:n]
    return np.stack([photograph[r : r + size, c : c + size] for r, c in corners])


def cpu_seconds(function, n_images: int, repeats: int = 5) -> float:
    """Return the least CPU time an image of several runs, after one to compile."""
    function()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times) / n_images


def opencv_seconds(python: Path, images: np.ndarray, folder: Path) -> float:
    np.save(folder / "images.npy", images)
    command = [python, "-c", OPENCV_SCRIPT, folder / "images.npy"]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def opencv_environment(folder: Path) -> Path:
    venv.create(folder / "cv", with_pip=True)
    python = folder / "cv" / "bin" / "python"
    packages = ["opencv-python-headless==4.14.0.94", "numpy"]
    subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
    return python


def row(name: str, X: np.ndarray, grey: bool, peer: float | None) -> str:
    transformer = HogTransformer(grey=grey).fit(X)
    ours = cpu_seconds(lambda: transformer.transform(X), len(X))
    few = X[:30]
    axis = -1 if few.ndim == 4 else None
    reference = np.stack([hog(x, 9, (8, 8), (2, 2), channel_axis=axis) for x in few])
    theirs = cpu_seconds(
        lambda: [hog(x, 9, (8, 8), (2, 2), channel_axis=axis) for x in few], len(few), 2
    )
    error = np.abs(transformer.transform(few) - reference).max()
    opencv = f"{peer * 1e6:9.0f} {peer / ours:6.1f}x" if peer else f"{'-':>9} {'':>7}"
    skimage = f"{theirs * 1e6:10.0f} {theirs / ours:6.1f}x"
    return f"{name:22} {ours * 1e6:8.1f} {skimage} {opencv} {error:9.1e}"


def threads_row(X: np.ndarray) -> str:
    walls = []
    for n_jobs in (1, os.cpu_count()):
        transformer = HogTransformer(n_jobs=n_jobs).fit(X)
        transformer.transform(X)
        start = time.perf_counter()
        for _ in range(5):
            transformer.transform(X)
        walls.append((time.perf_counter() - start) / 5 / len(X))
    return (
        f"wall time at 128: 1 thread {walls[0] * 1e6:.1f} us, {os.cpu_count()} threads "
        f"{walls[1] * 1e6:.1f} us an image ({walls[0] / walls[1]:.2f}x)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--opencv", type=Path, help="interpreter with OpenCV 4.14")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = options.opencv or opencv_environment(folder)
        print(f"{'us of CPU an image':22}     ours    skimage             OpenCV            error")
        for size in (64, 128, 200):
            colour = patches(size)
            grey = HogTransformer()._planes(colour)
            print(row(f"grey {size}", grey, True, opencv_seconds(python, grey, folder)))
            if size == 128:
                print(row("RGB, largest channel", colour, False, None))
                print(row("float32 grey", (grey / 255).astype(np.float32), True, None))
                print(threads_row(np.concatenate([grey] * 8)))


if __name__ == "__main__":
    sys.exit(main())
