"""BlazeFace: candidate faces in overlapping square windows.

References
----------
.. [1] Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs",
   2019, https://arxiv.org/abs/1907.05047
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from .models import network

FILE = "face_detection_short_range.tflite"
SIZE = 128  # px, side of the network's input
GRIDS = ((16, 2), (8, 6))  # cells a side, anchors a cell
MIN_SHARE = 0.15  # width of the smallest face found reliably, as a share of the window

_BOXES, _SCORES = "regressors", "classificators"


@dataclass(frozen=True)
class Candidates:
    """Detections before or after suppression: boxes x0, y0, x1, y1 and six keypoints, px.

    Keypoints are eye (smaller x), eye (larger x), nose tip, mouth, ear (smaller x), ear (larger x);
    scores lie in 0..1.
    """

    boxes: np.ndarray
    scores: np.ndarray
    keypoints: np.ndarray

    def __len__(self) -> int:
        return len(self.scores)


@cache
def anchors() -> np.ndarray:
    """Return the anchor centres in 0..1, shape (896, 2), in the order of the network's outputs."""
    centres = []
    for cells, repeats in GRIDS:
        steps = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(steps, steps, indexing="ij")
        centres.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), repeats, axis=0))
    return np.concatenate(centres)


def propose(image: np.ndarray, sides: Sequence[float], min_score: float) -> Candidates:
    """Run the detector in square windows of several sides, px; one candidate a face, surest first.

    Windows of one size overlap by half, so that a face that a border cuts lies whole in the next
    window; a window larger than the image has black bands.
    """
    height, width = image.shape[:2]
    found = []
    for side in sides:
        # The picture is shrunk once a size, until a window is the network's input.
        small_width = max(1, round(width * SIZE / side))
        small_height = max(1, round(height * SIZE / side))
        method = cv2.INTER_AREA if side > SIZE else cv2.INTER_LINEAR
        small = cv2.resize(image, (small_width, small_height), interpolation=method)
        scale = np.array([width / small_width, height / small_height])
        for top in _starts(small_height):
            for left in _starts(small_width):
                seen = _detect(_window(small, left, top), min_score)
                origin = np.array([left, top], dtype=np.float64)
                found.append(
                    Candidates(
                        boxes=(seen.boxes + np.tile(origin, 2)) * np.tile(scale, 2),
                        scores=seen.scores,
                        keypoints=(seen.keypoints + origin) * scale,
                    )
                )
    return suppress(
        Candidates(
            boxes=np.concatenate([c.boxes for c in found]),
            scores=np.concatenate([c.scores for c in found]),
            keypoints=np.concatenate([c.keypoints for c in found]),
        )
    )


def _starts(length: int) -> list[int]:
    """Return where the windows begin along one axis of the shrunk picture, px."""
    if length <= SIZE:
        return [-((SIZE - length) // 2)]
    count = int(np.ceil((length - SIZE) / (SIZE / 2))) + 1
    return [round(start) for start in np.linspace(0, length - SIZE, count)]


def _window(small: np.ndarray, left: int, top: int) -> np.ndarray:
    inside = small[max(top, 0) : top + SIZE, max(left, 0) : left + SIZE]
    window = np.zeros((SIZE, SIZE, 3), dtype=np.uint8)
    y, x = max(-top, 0), max(-left, 0)
    window[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
    return window


def _detect(window: np.ndarray, min_score: float) -> Candidates:
    """Run the network on one window; candidates in its px, overlapping."""
    out = network(FILE, (_BOXES, _SCORES))((window.astype(np.float32) / 127.5 - 1)[None])
    logits = out[_SCORES].ravel().astype(np.float64)
    scores = 1 / (1 + np.exp(-np.clip(logits, -80, 80)))
    rows = np.flatnonzero(scores >= min_score)
    # px, relative to the anchor
    raw = out[_BOXES].reshape(len(scores), 16)[rows].astype(np.float64)
    anchor = anchors()[rows] * SIZE
    centre, extent = raw[:, :2] + anchor, raw[:, 2:4]
    return Candidates(
        boxes=np.concatenate([centre - extent / 2, centre + extent / 2], axis=1),
        scores=scores[rows],
        keypoints=raw[:, 4:].reshape(len(rows), 6, 2) + anchor[:, None],
    )


def _areas(boxes: np.ndarray) -> np.ndarray:
    return np.prod(np.clip(boxes[..., 2:] - boxes[..., :2], 0, None), axis=-1)


def _intersections(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    low, high = np.maximum(box[:2], boxes[..., :2]), np.minimum(box[2:], boxes[..., 2:])
    return np.prod(np.clip(high - low, 0, None), axis=-1)


def overlap(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return the intersection over union of one box (4,) with many (n, 4), shape (n,)."""
    shared = _intersections(box, boxes)
    return shared / np.maximum(_areas(box) + _areas(boxes) - shared, 1e-9)


def shared_area(first: np.ndarray, second: np.ndarray) -> float:
    """Return the intersection of two boxes (4,) as a share of the smaller one."""
    smaller = min(_areas(first), _areas(second))
    return float(_intersections(first, second) / max(smaller, 1e-9))


def suppress(candidates: Candidates, min_overlap: float = 0.3) -> Candidates:
    """Merge overlapping candidates by their score-weighted mean (BlazeFace's blending)."""
    waiting = np.argsort(-candidates.scores, kind="stable")
    merged = []
    while len(waiting):
        best = waiting[0]
        together = overlap(candidates.boxes[best], candidates.boxes[waiting]) > min_overlap
        together[0] = True
        rows = waiting[together]
        weight = candidates.scores[rows] / candidates.scores[rows].sum()
        merged.append(
            (
                np.tensordot(weight, candidates.boxes[rows], axes=1),
                candidates.scores[best],
                np.tensordot(weight, candidates.keypoints[rows], axes=1),
            )
        )
        waiting = waiting[~together]
    if not merged:
        return candidates
    boxes, scores, keypoints = (np.array(column) for column in zip(*merged, strict=True))
    return Candidates(boxes, scores, keypoints)
