"""From a person (age, gender, ethnicity, features) to the vertices of a body."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .mesh import EYE_LEFT, EYE_RIGHT, BaseMesh

ETHNICITIES = ("caucasian", "african", "asian")
OPPOSITES = (
    ("decr", "incr"),
    ("down", "up"),
    ("in", "out"),
    ("backward", "forward"),
    ("concave", "convex"),
    ("compress", "uncompress"),
)
PARTS = ("head", "forehead", "eyes", "eyebrows", "nose", "mouth", "chin", "cheek", "ears", "neck")
# These move the whole head, or are kept for ageing and weight.
RESERVED = ("head-age", "trans", "head-fat", "neck-double", "head-angle", "ear-rot", "eye-bag-incr")
HEAD_SHAPES = ("oval", "round", "rectangular", "square", "triangular", "invertedtriangular")
# Ageing as shape: target, years of onset, years to full effect, strength at full effect.
# The base morphs barely change between 18 and 50, so these carry that stretch.
AGEING = (
    ("head/head-age-incr", 26, 58, 1.0),
    ("eyes/l-eye-bag-incr", 30, 55, 0.6),
    ("eyes/r-eye-bag-incr", 30, 55, 0.6),
    ("eyes/l-eye-eyefold-down", 26, 48, 0.7),
    ("eyes/r-eye-eyefold-down", 26, 48, 0.7),
    ("eyes/l-eye-height2-decr", 24, 50, 0.45),
    ("eyes/r-eye-height2-decr", 24, 50, 0.45),
    ("eyes/l-eye-corner1-down", 30, 55, 0.3),
    ("eyes/r-eye-corner1-down", 30, 55, 0.3),
    ("eyebrows/eyebrows-trans-down", 24, 55, 0.25),
    ("mouth/mouth-upperlip-volume-decr", 20, 50, 0.8),
    ("mouth/mouth-lowerlip-volume-decr", 24, 52, 0.6),
    ("mouth/mouth-upperlip-height-decr", 24, 55, 0.5),
    ("mouth/mouth-angles-down", 30, 55, 0.35),
    ("mouth/mouth-laugh-lines-in", 20, 45, 0.9),
    ("cheek/l-cheek-volume-decr", 32, 50, 0.6),
    ("cheek/r-cheek-volume-decr", 32, 50, 0.6),
    ("cheek/l-cheek-trans-down", 28, 50, 0.6),
    ("cheek/r-cheek-trans-down", 28, 50, 0.6),
    ("nose/nose-scale-vert-incr", 22, 65, 0.5),
    ("nose/nose-point-down", 25, 60, 0.5),
    ("nose/nose-volume-incr", 30, 60, 0.35),
    ("ears/l-ear-scale-incr", 25, 65, 0.5),
    ("ears/r-ear-scale-incr", 25, 65, 0.5),
    ("ears/l-ear-lobe-incr", 25, 65, 0.6),
    ("ears/r-ear-lobe-incr", 25, 65, 0.6),
    ("neck/neck-double-incr", 30, 50, 0.45),
    ("chin/chin-jaw-drop-incr", 30, 50, 0.35),
    ("forehead/forehead-temple-decr", 35, 55, 0.4),
)
# What tells men from women beside the base morphs: his target, hers, strength.
GENDERED = (
    ("chin/chin-width-incr", "chin/chin-width-decr", 0.4),
    ("chin/chin-height-incr", "chin/chin-height-decr", 0.25),
    ("chin/chin-prominent-incr", "chin/chin-prominent-decr", 0.25),
    ("eyebrows/eyebrows-trans-down", "eyebrows/eyebrows-trans-up", 0.3),
    ("eyebrows/eyebrows-trans-forward", "eyebrows/eyebrows-trans-backward", 0.35),
    ("nose/nose-scale-horiz-incr", "nose/nose-scale-horiz-decr", 0.3),
    ("nose/nose-scale-vert-incr", "nose/nose-scale-vert-decr", 0.2),
    ("mouth/mouth-upperlip-volume-decr", "mouth/mouth-upperlip-volume-incr", 0.35),
    ("mouth/mouth-lowerlip-volume-decr", "mouth/mouth-lowerlip-volume-incr", 0.35),
    ("eyes/l-eye-scale-decr", "eyes/l-eye-scale-incr", 0.3),
    ("eyes/r-eye-scale-decr", "eyes/r-eye-scale-incr", 0.3),
    ("neck/neck-scale-horiz-incr", "neck/neck-scale-horiz-decr", 0.4),
)


def gendered_features(masculinity: float, years: float) -> dict[str, float]:
    """Shape differences of men and women, small in childhood and full from 18 on."""
    grown = 0.35 + 0.65 * float(np.clip((years - 8) / 10, 0, 1))
    amount = (2 * masculinity - 1) * grown
    return {(his if amount > 0 else hers): abs(amount) * s for his, hers, s in GENDERED}


def detail_axes(targets: Path) -> list[tuple[str, str]]:
    """Pairs of opposite facial detail targets; left stands for both sides."""
    axes = []
    for part in PARTS:
        names = {p.name.removesuffix(".target.gz") for p in (targets / part).glob("*.target.gz")}
        for name in sorted(n for n in names if not n.startswith("r-")):
            if any(word in name for word in RESERVED):
                continue
            for low, high in OPPOSITES:
                twin = name.removesuffix(low) + high
                if name.endswith("-" + low) and twin in names:
                    axes.append((f"{part}/{name}", f"{part}/{twin}"))
    return axes


def sample_features(
    rng: np.random.Generator, axes: list[tuple[str, str]], spread: float
) -> dict[str, float]:
    """Draw one person's facial features on every detail axis."""
    features: dict[str, float] = {}
    for low, high in axes:
        value = float(np.clip(rng.normal(0, spread), -0.8, 0.8))
        if low.startswith(("head/", "neck/")):
            value *= 0.6
        name = high if value > 0 else low
        features[name] = abs(value)
        if "/l-" in name:
            # Faces are nearly, never exactly, symmetric.
            features[name.replace("/l-", "/r-")] = abs(value) * float(rng.uniform(0.85, 1.15))
    features["head/head-" + str(rng.choice(HEAD_SHAPES))] = float(rng.uniform(0, 0.55))
    fat = float(np.clip(rng.normal(0, 0.3), -0.6, 0.7))
    features["head/head-fat-" + ("incr" if fat > 0 else "decr")] = abs(fat)
    return features


def ageing_features(years: float, pace: np.ndarray) -> dict[str, float]:
    """Shape changes of ageing; ``pace`` is one person's factor per target."""
    return {
        name: float(np.clip((years - onset) / span, 0, 1.15) * strength * p)
        for (name, onset, span, strength), p in zip(AGEING, pace, strict=True)
    }


def age_weights(years: float) -> dict[str, float]:
    """Weights of MakeHuman's baby, child, young and old bodies."""
    if years < 10:
        t = max(years - 1, 0) / 9
        return {"baby": 1 - t, "child": t}
    if years < 25:
        t = (years - 10) / 15
        return {"child": 1 - t, "young": t}
    t = ((years - 25) / 65) ** 0.85
    return {"young": 1 - t, "old": t}


def _three_levels(value: float, low: str, middle: str, high: str) -> dict[str, float]:
    if value < 0.5:
        return {low: 1 - 2 * value, middle: 2 * value}
    return {middle: 2 - 2 * value, high: 2 * value - 1}


def body(
    mesh: BaseMesh,
    years: float,
    masculinity: float,
    ethnicity: dict[str, float],
    muscle: float,
    weight: float,
    features: dict[str, float],
    expression: dict[str, float],
) -> np.ndarray:
    """Vertices of one person with one expression, in the mesh's own pose."""
    vertices = mesh.vertices.copy()

    def add(name: str, amount: float, unit: bool = False) -> None:
        if abs(amount) > 1e-4:
            at, move = mesh.target(name, unit)
            vertices[at] += amount * move

    muscles = _three_levels(muscle, "minmuscle", "averagemuscle", "maxmuscle")
    weights = _three_levels(weight, "minweight", "averageweight", "maxweight")
    for gender, g in (("male", masculinity), ("female", 1 - masculinity)):
        for age, a in age_weights(years).items():
            for name, e in ethnicity.items():
                add(f"macrodetails/{name}-{gender}-{age}", e * g * a)
            for m, mw in muscles.items():
                for w, ww in weights.items():
                    add(f"macrodetails/universal-{gender}-{age}-{m}-{w}", g * a * mw * ww)
    for name, amount in features.items():
        add(name, amount)
    for name, amount in expression.items():
        add(name, amount, unit=True)
    return vertices


def head_scale(mesh: BaseMesh, vertices: np.ndarray) -> float:
    """Size of the head against the base mesh, from the distance of the eyes."""
    return eye_distance(vertices) / eye_distance(mesh.vertices)


def eye_distance(vertices: np.ndarray) -> float:
    """Distance between the centres of the eyes."""
    return float(np.linalg.norm(vertices[EYE_LEFT].mean(0) - vertices[EYE_RIGHT].mean(0)))
