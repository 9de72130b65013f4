"""Wrinkles as relief: grooves along the lines where faces fold, deepening with age.

Positions are in the units of the base head: eyes at (+-0.31, 7.28), mouth at (0, 6.6),
chin at 6.17, brows at 7.5, hairline near 8.0; the face looks along +z.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .surface import Surface, noise, step

# Fold: years of onset, years to full depth, strength. Onsets vary from person to person.
FOLDS = {
    "forehead": (30, 55, 0.8),
    "frown": (34, 55, 0.55),
    "crow": (32, 52, 0.75),
    "under_eye": (26, 60, 0.6),
    "nasolabial": (20, 62, 0.95),
    "marionette": (38, 46, 0.85),
    "lips": (48, 42, 0.7),
    "chin": (36, 50, 0.5),
    "cheek": (46, 44, 0.6),
    "neck": (36, 46, 0.9),
    "fine": (36, 52, 0.8),
}


def depths(rng: np.random.Generator, years: float) -> dict[str, float]:
    """Depth of every fold of one person at one age, 0 to about 1.3."""
    shift = rng.normal(0, 4)
    return {
        name: float(
            np.clip((years - onset - shift - rng.normal(0, 4)) / span, 0, 1.15)
            * strength
            * rng.uniform(0.7, 1.25)
        )
        for name, (onset, span, strength) in FOLDS.items()
    }


def _groove(distance: np.ndarray, width: float) -> np.ndarray:
    return np.exp(-np.square(distance / width))


def _path(s: Surface, points: list[tuple[float, float]], width: float) -> np.ndarray:
    """Groove along a polyline in the front view, on both sides of the face, tapered at the end."""
    x, y = np.abs(s.x), s.y
    best = np.full(x.shape, np.inf, np.float32)
    taper = np.ones(x.shape, np.float32)
    pieces = len(points) - 1
    for k, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
        dx, dy = x1 - x0, y1 - y0
        t = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy), 0, 1)
        d = np.hypot(x - x0 - t * dx, y - y0 - t * dy)
        closer = d < best
        best = np.where(closer, d, best)
        along = (k + t) / pieces
        taper = np.where(closer, np.sin(np.pi * np.clip(0.12 + 0.83 * along, 0, 1)), taper)
    return _groove(best, width) * np.sqrt(np.clip(taper, 0, 1))


def relief(s: Surface, rng: np.random.Generator, depth: dict[str, float]) -> np.ndarray:
    """Depth of the skin below its smooth shape, 0 (smooth) to about 1 (deep groove)."""
    front = step(s.z, 0.75, 1.0)
    wave = noise(rng, (24, 12))
    total = np.zeros(s.x.shape, np.float32)
    if depth["forehead"] > 0:
        total += depth["forehead"] * _forehead(s, rng, wave) * front
    if depth["frown"] > 0:
        total += depth["frown"] * _frown(s, rng)
    if depth["crow"] > 0:
        total += depth["crow"] * _crows_feet(s, rng, wave)
    j = rng.normal(0, 0.012, 8)
    if depth["under_eye"] > 0:
        ring = np.hypot((np.abs(s.x) - 0.31) / 1.15, s.y - 7.27)
        below = step(s.y, 7.24, 7.14) * front
        bag = _groove(ring - 0.185 - j[0], 0.02) + 0.35 * _groove(ring - 0.26 - j[1], 0.018)
        total += depth["under_eye"] * bag * below
    if depth["nasolabial"] > 0:
        fold = [
            (0.17, 6.97 + j[2]),
            (0.25 + j[3], 6.86),
            (0.325 + j[3], 6.72),
            (0.36 + j[4], 6.56 + j[2]),
        ]
        total += depth["nasolabial"] * _path(s, fold, 0.024) * front
    if depth["marionette"] > 0:
        fold = [(0.275, 6.58), (0.31 + j[5], 6.46), (0.32 + j[5], 6.32 + j[6])]
        total += depth["marionette"] * _path(s, fold, 0.021) * step(s.z, 0.6, 0.9)
    if depth["lips"] > 0:
        band = np.maximum(_groove(s.y - 6.75, 0.06), 0.7 * _groove(s.y - 6.46, 0.05))
        stripes = np.clip(np.cos(s.x * rng.uniform(75, 95) + wave * 0.8), 0, 1) ** 2
        total += depth["lips"] * 0.6 * band * stripes * step(np.abs(s.x), 0.27, 0.2) * front
    if depth["chin"] > 0:
        arc = _groove(s.y - 6.43 - j[7] + 0.6 * s.x**2, 0.025)
        total += depth["chin"] * arc * step(np.abs(s.x), 0.22, 0.12) * front
    total += _lower_face(s, rng, wave, depth)
    return np.where(s.inside, total, 0).astype(np.float32)


def _forehead(s: Surface, rng: np.random.Generator, wave: np.ndarray) -> np.ndarray:
    """Three to five wavy horizontal lines."""
    lines = np.zeros(s.x.shape, np.float32)
    gap = rng.uniform(0.075, 0.105)
    for k in range(int(rng.integers(3, 6))):
        height = 7.63 + k * gap + rng.normal(0, 0.01) + 0.012 * wave - 0.08 * s.x**2
        reach = rng.uniform(0.35, 0.6)
        line = _groove(s.y - height, 0.017) * step(np.abs(s.x), reach, reach - 0.2)
        lines += line * rng.uniform(0.6, 1.0)
    return lines


def _frown(s: Surface, rng: np.random.Generator) -> np.ndarray:
    """Two upright lines between the brows and one across the root of the nose."""
    middle = rng.uniform(0.045, 0.075)
    upright = _groove(np.abs(s.x) - middle - 0.1 * (s.y - 7.45), 0.015)
    upright *= step(s.y, 7.3, 7.4) * step(s.y, 7.66, 7.52)
    across = _groove(s.y - 7.26, 0.02) * step(np.abs(s.x), 0.13, 0.06)
    return (upright + 0.6 * across) * step(s.z, 0.9, 1.05)


def _crows_feet(s: Surface, rng: np.random.Generator, wave: np.ndarray) -> np.ndarray:
    """Draw a fan of lines from the outer corner of each eye."""
    dx, dy = np.abs(s.x) - 0.44, s.y - 7.27
    distance = np.hypot(dx * 1.3, dy)
    angle = np.arctan2(dy, np.maximum(dx, 1e-4)) + 0.12 * wave
    fan = np.zeros(s.x.shape, np.float32)
    for centre in np.linspace(-0.9, 0.75, int(rng.integers(4, 6))):
        fan += _groove(angle - centre - rng.normal(0, 0.06), 0.11)
    reach = rng.uniform(0.16, 0.27)
    near = step(distance, 0.05, 0.1) * step(distance, reach, 0.1)
    return 0.8 * fan * near * (dx > 0) * (s.z > 0.2)


def _lower_face(
    s: Surface, rng: np.random.Generator, wave: np.ndarray, depth: dict[str, float]
) -> np.ndarray:
    """Folds of the cheek, rings of the neck, and the fine crinkle of old skin."""
    total = np.zeros(s.x.shape, np.float32)
    if depth["cheek"] > 0:
        fold = _groove(np.sin((np.abs(s.x) * 1.3 + s.y * 0.35) * 27 + 1.3 * wave), 0.3)
        place = _groove(np.abs(s.x) - 0.52, 0.13) * _groove(s.y - 6.72, 0.24)
        total += depth["cheek"] * 0.6 * fold * place
    if depth["neck"] > 0:
        rings = _groove(np.sin(s.y * rng.uniform(24, 32) + 0.9 * wave), 0.3)
        total += depth["neck"] * 0.7 * rings * step(s.y, 6.2, 6.05) * (s.z > -0.2)
    if depth["fine"] > 0:
        crinkle = np.abs(noise(rng, (155, 70))) + 0.6 * np.abs(noise(rng, (310, 140)))
        total += depth["fine"] * 0.16 * crinkle * step(s.y, 8.3, 7.9)
    return total
