"""Everything about a face that is drawn at random: the person's looks, and the photograph's.

Age and gender reach the picture through noisy, overlapping cues. Light, colour, background, crop
and camera never depend on either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import wrinkles
from .plan import Person
from .shape import AGEING, ETHNICITIES
from .skin import TONE_OF, Scalp

LONG = ("long01", "long01", "long01", "ponytail01")
SHORT = ("short01", "short02", "short04")
AFRO = "afro01"
# From thin to thick.
BROWS = tuple(f"eyebrow{k:03d}" for k in (6, 7, 11, 1, 5, 10, 4, 8, 2, 3, 12, 9))
LASHES = ("eyelashes02", "eyelashes03", "eyelashes04")
EYES_DARK = ("brown", "brownlight")
EYES_LIGHT = ("brown", "brownlight", "blue", "green", "grey", "bluegreen")
HAIR_COLOURS = {
    "black": (0.014, 0.011, 0.010),
    "dark": (0.035, 0.021, 0.014),
    "brown": (0.10, 0.052, 0.026),
    "light": (0.22, 0.13, 0.065),
    "blond": (0.42, 0.28, 0.13),
    "red": (0.24, 0.07, 0.025),
}
WHITE = np.array([0.36, 0.35, 0.34])


@dataclass(frozen=True)
class Looks:
    """One person's looks at their age; the same in all of their renders."""

    apparent_age: float
    masculinity: float
    ethnicity: dict[str, float]
    muscle: float
    weight: float
    pace: np.ndarray
    folds: dict[str, float]
    tone: float
    tint: np.ndarray
    roughness: float
    hair: str
    hair_name: str
    grey: float
    colour: np.ndarray
    scalp: Scalp
    stubble: float
    brow: str
    lash: str
    hair_length: float
    hair_volume: float
    eyes: str


def sample_looks(rng: np.random.Generator, person: Person) -> Looks:
    """Draw a person's looks. The order of the draws is part of the data set's definition."""
    years = person.age
    # People look older or younger than they are; children by less.
    offset = rng.normal(0, np.clip(0.13 * years + 0.2, 0.3, 4.5))
    apparent = float(np.clip(years + offset, 0.8, 95))
    ethnicity = _mixture(rng, person.dominant)
    male = person.gender == "male"
    masculinity = float(np.clip((0.95 if male else 0.05) + rng.normal(0, 0.13), 0, 1))
    tone = sum(w * TONE_OF[e] for e, w in ethnicity.items()) + rng.normal(0, 0.13)
    hair, scalp_pattern, recession, density = _hair_style(rng, apparent, male, ethnicity)
    name, colour, grey = _hair_colour(rng, apparent, ethnicity)
    stubble = 0.0
    if male and apparent > 16 and rng.random() < 0.55:
        fullest = np.clip((apparent - 14) / 10, 0, 1)
        stubble = float(fullest * rng.choice([rng.uniform(0.1, 0.35), rng.uniform(0.4, 0.85)]))
    # Brows and lashes: fuller brows in men, longer (or made-up) lashes in women, not always.
    thickness = (2.6, 1.5) if male else (1.5, 2.2)
    if apparent < 12:
        thickness = (1.6, 2.4) if male else (1.4, 2.6)
    lashes = (0.3 if male else 0.85) if apparent > 10 else 0.5
    light_eyes = ethnicity["caucasian"] > 0.5 or rng.random() < 0.03
    return Looks(
        apparent_age=apparent,
        masculinity=masculinity,
        ethnicity=ethnicity,
        muscle=float(np.clip(rng.normal(0.5, 0.15), 0, 1)),
        weight=float(np.clip(rng.normal(0.5, 0.2), 0, 1)),
        pace=np.clip(rng.normal(1, 0.28, len(AGEING)), 0.25, 1.7),
        folds=wrinkles.depths(rng, apparent),
        tone=float(np.clip(tone, 0, 1)),
        tint=1 + rng.normal(0, 0.03, 3),
        roughness=float(rng.uniform(0.42, 0.65)),
        hair=hair,
        hair_name=name,
        grey=grey,
        colour=colour,
        scalp=Scalp(density, scalp_pattern, recession, tuple(float(c) for c in colour)),
        stubble=stubble,
        brow=BROWS[int(12 * rng.beta(*thickness))],
        lash=str(rng.choice(LASHES)) if rng.random() < lashes else "",
        hair_length=float(rng.uniform(-0.1, 1.0)),
        # Below 1 the scalp would show through.
        hair_volume=float(1 + min(abs(rng.normal(0, 0.03)), 0.1)),
        eyes=str(rng.choice(EYES_LIGHT if light_eyes else EYES_DARK)),
    )


def _mixture(rng: np.random.Generator, dominant: str) -> dict[str, float]:
    """Shares of the three shape families; pure forms, which look like types, do not occur."""
    share = rng.uniform(0.5, 0.78)
    rest = rng.dirichlet([1.0, 1.0]) * (1 - share)
    others = [e for e in ETHNICITIES if e != dominant]
    shares = {dominant: float(share)} | {n: float(x) for n, x in zip(others, rest, strict=True)}
    return {name: shares[name] for name in ETHNICITIES}


def _hair_style(
    rng: np.random.Generator, years: float, male: bool, ethnicity: dict[str, float]
) -> tuple[str, str, float, float]:
    """Hair mesh (or ""), and pattern, recession and density of the hair drawn on the scalp."""
    long_hair = rng.random() < (0.15 if male else 0.65)
    mesh = str(rng.choice(LONG if long_hair else SHORT))
    if rng.random() < 0.3 and ethnicity["african"] > 0.5 and not long_hair:
        mesh = AFRO
    cropped = rng.random() < (0.14 if male else 0.05)
    onset, speed = rng.normal(52, 14), rng.uniform(20, 45)
    bald = male and not long_hair and years > onset and rng.random() < 0.6
    recession = float(np.clip((years - onset) / speed, 0, 1)) if bald else 0.0
    density = float(rng.uniform(0.75, 0.95))
    if years < 2 and rng.random() < 0.75:
        return "", "full", 0.0, float(rng.uniform(0.1, 0.6))
    if bald and recession > 0.5:
        return "", "horseshoe", recession, float(rng.uniform(0.3, 0.9))
    if bald or (cropped and not long_hair):
        return "", "full", recession, density
    return mesh, "full", 0.0, density


def _hair_colour(
    rng: np.random.Generator, years: float, ethnicity: dict[str, float]
) -> tuple[str, np.ndarray, float]:
    """Name and linear colour of the hair, and how grey it is."""
    light = [0.08, 0.22, 0.28, 0.2, 0.16, 0.06]
    dark = [0.57, 0.28, 0.09, 0.04, 0.015, 0.005]
    odds = np.array(light) if rng.random() < ethnicity["caucasian"] else np.array(dark)
    name = str(rng.choice(list(HAIR_COLOURS), p=odds / odds.sum()))
    colour = np.array(HAIR_COLOURS[name]) * np.exp(rng.normal(0, 0.3))
    # Greying starts anywhere between 35 and never; many dye.
    onset, span, dyed = rng.normal(60, 13), rng.uniform(12, 35), rng.random() < 0.35
    grey = 0.0 if dyed else float(np.clip((years - onset) / span, 0, 0.9))
    return name, colour * (1 - grey) + grey * WHITE * rng.uniform(0.5, 1.2), grey


def sample_photo(rng: np.random.Generator) -> dict[str, float | str | bool]:
    """Draw one render's nuisance parameters, none of which knows age or gender."""
    smile, squint = float(np.clip(rng.normal(0.22, 0.33), 0, 0.85)), max(0.0, rng.normal(0, 0.2))
    # Casts run mostly from warm to cool, as lamps and daylight do, and a little to green.
    warm, green = rng.normal(0, 0.1), rng.normal(0, 0.035)
    cast = np.exp([warm - green / 2, green, -warm - green / 2])
    photo: dict[str, float | str | bool] = {
        "smile": smile,
        "jaw_open": max(0.0, rng.normal(-0.02, 0.1)),
        "brow_up": max(0.0, rng.normal(0.1, 0.3)),
        "brow_down": max(0.0, rng.normal(-0.05, 0.2)),
        "blink": max(0.0, rng.normal(0, 0.12)),
        "squint": squint,
        "light_azimuth": rng.uniform(-75, 75),
        "light_height": rng.uniform(-5, 60),
        "light_energy": np.exp(rng.normal(0, 0.4)),
        "light_size": rng.uniform(1, 8),
        "light_warmth": rng.normal(0, 0.1),
        "fill_energy": rng.uniform(0.05, 0.6),
        "ambient": np.exp(rng.normal(-0.8, 0.4)),
        "exposure": rng.normal(0, 0.3),
        "contrast": np.exp(rng.normal(0, 0.15)),
        "cast_red": cast[0],
        "cast_green": cast[1],
        "cast_blue": cast[2],
        "saturation": np.exp(rng.normal(0.05, 0.25)),
        "background_red": rng.uniform(0.03, 0.95),
        "background_green": rng.uniform(0.03, 0.95),
        "background_blue": rng.uniform(0.03, 0.95),
        "background_texture": rng.uniform(0, 0.5),
        "background_cells": float(rng.integers(2, 9)),
        "cloth_red": rng.uniform(0.02, 0.7),
        "cloth_green": rng.uniform(0.02, 0.7),
        "cloth_blue": rng.uniform(0.02, 0.7),
        "collar": rng.uniform(-0.1, 0.25),
        "distance": rng.uniform(7, 16),
        "crop_scale": np.exp(rng.normal(0, 0.06)),
        "crop_x": rng.normal(0, 0.022),
        "crop_y": rng.normal(0, 0.022),
        "blur": max(0.0, rng.normal(0.35, 0.35)),
        "noise": abs(rng.normal(0, 0.012)),
        "jpeg_quality": float(rng.integers(66, 93)),
        "greyscale": bool(rng.random() < 0.12),
        "mirrored": bool(rng.random() < 0.5),
        "yaw_of_body": rng.uniform(0.2, 0.6),
    }
    return {k: (v if isinstance(v, (str, bool)) else round(float(v), 4)) for k, v in photo.items()}
