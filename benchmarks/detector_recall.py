"""How many faces `study predict` finds, by how far the head is turned.

    python benchmarks/detector_recall.py --faces 40

pastes embedded faces (known yaw) into larger pictures, one each, and looks for them. What a face
turned away loses here it loses in photographs as well: the detector was made for selfies.
"""

from __future__ import annotations

import argparse

import cv2
import numpy as np
import pandas as pd

import data
from data.pose.detect import find_faces

BINS = [0, 10, 20, 30, 45, 60, 90]
HEIGHT, WIDTH, SIDE = 360, 480, 170


def composite(face: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, tuple[int, int]]:
    """Return a noisy grey picture with a face in it, and the middle of the face (x, y) in px."""
    picture = rng.normal(110, 6, (HEIGHT, WIDTH, 3)).clip(0, 255).astype(np.uint8)
    x, y = int(rng.integers(0, WIDTH - SIDE)), int(rng.integers(0, HEIGHT - SIDE))
    picture[y : y + SIDE, x : x + SIDE] = cv2.resize(
        face, (SIDE, SIDE), interpolation=cv2.INTER_AREA
    )
    return picture, (x + SIDE // 2, y + SIDE // 2)


def is_found(picture: np.ndarray, middle: tuple[int, int]) -> bool:
    """Whether a box that is found holds the middle of the face."""
    return any(
        face.box[0] <= middle[0] <= face.box[2] and face.box[1] <= middle[1] <= face.box[3]
        for face in find_faces(picture)
    )


def main() -> None:
    """Print the share found by |yaw|."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=int, default=40, help="per bin")
    n_faces = parser.parse_args().faces
    faces, rng = data.load("embedded"), np.random.default_rng(0)
    table = faces.table.reset_index(drop=True)
    angle = pd.cut(table["yaw"].abs(), BINS, right=False)
    pixels = faces.images(200)
    rows = []
    for interval, part in table.groupby(angle, observed=True):
        chosen = part.sample(min(n_faces, len(part)), random_state=0).index
        found = [is_found(*composite(pixels[row], rng)) for row in chosen]
        rows.append({"|yaw|": str(interval), "n": len(found), "found": np.mean(found)})
    print(pd.DataFrame(rows).to_string(index=False, float_format="%.2f"))


if __name__ == "__main__":
    main()
