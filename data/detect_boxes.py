"""BlazeFace: candidate faces in one square window.

References
----------
.. [1] Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs",
   2019, https://arxiv.org/abs/1907.05047
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from .mesh_models import network


@dataclass(frozen=True)
class Detector:
    """A single-shot detector with anchors, of MediaPipe's family.

    Parameters
    ----------
    file : str
        Vendored model.
    size : int
        Side of its input, px.
    grids : tuple of (int, int)
        Cells a side of each anchor grid, and anchors a cell.
    boxes, scores : str
        Names of its outputs.
    min_share : float
        Width of the smallest face it finds reliably, as a share of the window.
    """

    file: str
    size: int
    grids: tuple[tuple[int, int], ...]
    boxes: str
    scores: str
    min_share: float


SHORT_RANGE = Detector(
    "face_detection_short_range.tflite",
    128,
    ((16, 2), (8, 6)),
    "regressors",
    "classificators",
    0.12,
)


@dataclass(frozen=True)
class Candidates:
    """Detections before or after suppression.

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x0, y0, x1, y1 in px of the image.
    scores : ndarray of float64, shape (n,)
        Confidence in 0..1.
    keypoints : ndarray of float64, shape (n, 6, 2)
        Eye (smaller x), eye (larger x), nose tip, mouth, ear (smaller x), ear (larger x), px.
    """

    boxes: np.ndarray
    scores: np.ndarray
    keypoints: np.ndarray

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, rows: np.ndarray) -> Candidates:
        """Return the candidates at ``rows``."""
        return Candidates(self.boxes[rows], self.scores[rows], self.keypoints[rows])


NO_CANDIDATES = Candidates(np.zeros((0, 4)), np.zeros(0), np.zeros((0, 6, 2)))


@cache
def anchors(grids: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Return the anchor centres in 0..1, shape (n, 2), in the order of the network's outputs."""
    centres = []
    for cells, repeats in grids:
        steps = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(steps, steps, indexing="ij")
        centres.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), repeats, axis=0))
    return np.concatenate(centres)


def detect_in_window(
    image: np.ndarray,
    window: tuple[int, int, int],
    min_score: float,
    detector: Detector = SHORT_RANGE,
    engine: str = "opencv",
) -> Candidates:
    """Run the detector on a square window of the image; what lies outside it is black.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    window : (int, int, int)
        Left, top and side, px; may reach beyond the image.
    min_score : float
        Least confidence of a candidate.
    detector : Detector
    engine : {'opencv', 'litert'}

    Returns
    -------
    Candidates
        In px of the image, not yet suppressed.
    """
    left, top, side = window
    height, width = image.shape[:2]
    inside = image[max(top, 0) : min(top + side, height), max(left, 0) : min(left + side, width)]
    x0, y0 = max(-left, 0), max(-top, 0)
    if inside.shape[:2] != (side, side):
        inside = cv2.copyMakeBorder(
            inside,
            y0,
            side - y0 - inside.shape[0],
            x0,
            side - x0 - inside.shape[1],
            cv2.BORDER_CONSTANT,
        )
    method = cv2.INTER_AREA if side > detector.size else cv2.INTER_LINEAR
    small = cv2.resize(inside, (detector.size, detector.size), interpolation=method)
    run = network(detector.file, (detector.boxes, detector.scores), engine)
    out = run((small.astype(np.float32) / 127.5 - 1)[None])
    logits = out[detector.scores].ravel().astype(np.float64)
    scores = 1 / (1 + np.exp(-np.clip(logits, -80, 80)))
    rows = np.flatnonzero(scores >= min_score)
    raw = out[detector.boxes].reshape(-1, 16)[rows].astype(np.float64) / detector.size
    at = anchors(detector.grids)[rows]
    centre, extent = raw[:, :2] + at, raw[:, 2:4]
    keypoints = raw[:, 4:].reshape(-1, 6, 2) + at[:, None]
    origin = np.array([left, top], dtype=np.float64)
    corners = np.concatenate([centre - extent / 2, centre + extent / 2], axis=1)
    return Candidates(
        boxes=corners * side + np.tile(origin, 2),
        scores=scores[rows],
        keypoints=keypoints * side + origin,
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
        return NO_CANDIDATES
    boxes, scores, keypoints = (np.array(column) for column in zip(*merged, strict=True))
    return Candidates(boxes, scores, keypoints)
