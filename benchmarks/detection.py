"""Faces found in photographs: recall and false faces of `data.pose.detect.find_faces`.

    python benchmarks/detection.py [--portraits FOLDER] [--pictures 60]

1. Composites: embedded faces and renders of a photographed head (``tests/data/pose/scan``), in
   turns, 6% to 30% of the picture's width, on photographs of scikit-image that show nobody. Recall
   by width and by true yaw, which ends at 60 degrees; everything found beside them is false.
2. The photographs inside scikit-image: two show one face each, the others none.
3. A folder of portraits (one face each), if given: share found, share with more than one face.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from skimage import data as pictures

import data
from basis.pictures import decode
from data.pose.boxes import overlap
from data.pose.crop import as_rgb
from data.pose.detect import find_faces
from data.pose.mesh import FaceMesh

FACELESS = (
    "brick", "cat", "chelsea", "clock", "coffee", "coins", "colorwheel", "grass", "gravel",
    "horse", "hubble_deep_field", "immunohistochemistry", "moon", "page", "retina", "rocket",
    "text",
)  # fmt: skip
ONE_FACE = ("astronaut", "camera")
SHAPES = ((800, 1200), (1200, 800), (1000, 1000))
SCAN = Path(__file__).parents[1] / "tests" / "data" / "pose" / "scan"
KINDS = ("rendered", "photographed")
YAW = (0, 20, 30, 45, 61)  # degrees
SHARES = (0.06, 0.08, 0.12, 0.2, 0.3)  # of the picture's width


def photograph(name: str) -> np.ndarray | None:
    """Return a photograph of scikit-image, or None where it would have to be downloaded."""
    try:
        return as_rgb(getattr(pictures, name)())
    except Exception as error:  # scikit-image raises what pooch, requests and the network raise
        print(f"  {name} is left out ({type(error).__name__}: not inside the installed package)")
        return None


@dataclass
class Composite:
    """A picture and the heads pasted into it: boxes of their meshes, their kind and yaw."""

    image: np.ndarray
    boxes: np.ndarray
    heads: list[tuple[str, float]]


class Composer:
    """Pastes heads of known yaw on photographs."""

    def __init__(self, backgrounds: list[np.ndarray], seed: int = 0) -> None:
        faces, scan = data.load("embedded"), pd.read_csv(SCAN / "truth.csv")
        self.kinds = (
            faces.images(200),
            [decode((SCAN / name).read_bytes()).pixels for name in scan["file"]],
        )
        self.yaw = (faces.table["yaw"].to_numpy(), scan["yaw"].to_numpy())
        self.backgrounds = backgrounds
        self.rng = np.random.default_rng(seed)
        self.mesh = FaceMesh()

    def compose(self, wanted: int) -> Composite:
        """Return a picture with up to ``wanted`` faces that do not touch."""
        rng = self.rng
        height, width = SHAPES[rng.integers(len(SHAPES))]
        background = self.backgrounds[rng.integers(len(self.backgrounds))]
        image = cv2.resize(background, (width, height), interpolation=cv2.INTER_AREA)
        boxes: list[np.ndarray] = []
        heads: list[tuple[str, float]] = []
        taken = np.zeros((height, width), dtype=bool)
        for number in range(wanted):
            kind = number % len(self.kinds)
            row = int(rng.integers(len(self.kinds[kind])))
            chip = self.kinds[kind][row]
            points, _ = self.mesh.landmarks(chip)
            share = np.exp(rng.uniform(np.log(SHARES[0]), np.log(SHARES[-1])))
            scale = share * width / np.ptp(points[:, 0])
            side = round(200 * scale)
            if side >= min(height, width):
                continue
            x, y = int(rng.integers(width - side)), int(rng.integers(height - side))
            if taken[y : y + side, x : x + side].any():
                continue
            taken[y : y + side, x : x + side] = True
            self._paste(image, chip, x, y, side)
            placed = points[:, :2] * scale + (x, y)
            boxes.append(np.concatenate([placed.min(0), placed.max(0)]))
            heads.append((KINDS[kind], float(self.yaw[kind][row])))
        return Composite(image, np.reshape(boxes, (-1, 4)), heads)

    def _paste(self, image: np.ndarray, chip: np.ndarray, x: int, y: int, side: int) -> None:
        """Blend the chip in with a soft rounded edge, so that its border is not a cue."""
        method = cv2.INTER_AREA if side < 200 else cv2.INTER_CUBIC
        face = cv2.resize(chip, (side, side), interpolation=method)
        across = np.linspace(-1, 1, side)
        distance = (np.abs(across[:, None]) ** 4 + np.abs(across[None]) ** 4) ** 0.25
        opacity = np.clip((1 - distance) / 0.12, 0, 1)[:, :, None]
        patch = image[y : y + side, x : x + side]
        patch[:] = np.rint(face * opacity + patch * (1 - opacity)).astype(np.uint8)


def on_composites(count: int, backgrounds: list[np.ndarray]) -> None:
    composer = Composer(backgrounds)
    rows, false, seconds = [], 0, 0.0
    for _ in range(count):
        picture = composer.compose(wanted=int(composer.rng.integers(0, 6)))
        start = time.process_time()
        found = find_faces(picture.image)
        seconds += time.process_time() - start
        boxes = np.reshape([face.box for face in found], (-1, 4))
        free = np.ones(len(found), dtype=bool)
        for box, (kind, yaw) in zip(picture.boxes, picture.heads, strict=True):
            match = np.flatnonzero(free & (overlap(box, boxes) > 0.4)) if len(found) else []
            free[match[:1]] = False
            share = (box[2] - box[0]) / picture.image.shape[1]
            rows.append({"share": share, "head": kind, "yaw": abs(yaw), "found": len(match) > 0})
        false += int(free.sum())
    faces = pd.DataFrame(rows)
    print(f"\nComposites: {count} pictures of about 1 megapixel, {len(faces)} faces")
    print(
        f"  recall {faces['found'].mean():.3f}, {false / count:.3f} false faces a picture, ", end=""
    )
    print(f"{seconds / count:.2f} s of CPU a picture")
    width = pd.cut(faces["share"], SHARES).rename("width")
    yaw = pd.cut(faces["yaw"], YAW, right=False).rename("yaw, either side")
    for by in (width, yaw, [faces["head"], yaw]):
        print(faces.groupby(by, observed=True)["found"].agg(["mean", "size"]).round(3).to_string())


def on_portraits(folder: Path) -> None:
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in {".jpg", ".jpeg", ".png"})
    counts = []
    for path in paths:
        pixels = cv2.imread(str(path))
        if pixels is None:
            raise SystemExit(f"{path} cannot be read as a picture")
        counts.append(len(find_faces(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))))
        if counts[-1] != 1:
            print(f"  {path.name}: {counts[-1]} faces")
    n = np.array(counts)
    print(
        f"Portraits: {len(n)}; found in {(n > 0).mean():.4f}, more than one in {(n > 1).mean():.4f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--portraits", type=Path, help="folder of portraits, one face each")
    parser.add_argument("--pictures", type=int, default=60, help="composites (default: 60)")
    options = parser.parse_args()
    photographs = {name: photograph(name) for name in (*ONE_FACE, *FACELESS)}
    there = {name: pixels for name, pixels in photographs.items() if pixels is not None}
    counts = {name: len(find_faces(pixels)) for name, pixels in there.items()}
    print(f"scikit-image, {len(there)} photographs:")
    wrong = {name: n for name, n in counts.items() if n != int(name in ONE_FACE)}
    print(f"  wrong number of faces: {wrong or 'none'}")
    on_composites(options.pictures, [there[name] for name in FACELESS if name in there])
    if options.portraits:
        on_portraits(options.portraits)


if __name__ == "__main__":
    main()
