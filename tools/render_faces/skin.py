"""Skin texture of one person: tone, detail, stubble, scalp and relief in one image.

The tone never depends on age, and only the *detail* of MakeHuman's skins is used (each texel
against its surroundings), so that no mean colour tells the age.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from . import wrinkles
from .sources import Assets
from .surface import HEIGHT, WIDTH, Surface, crop, noise, step

# Linear RGB of skin from light to dark, and where the three groups lie on that scale. The ranges
# overlap widely, as they do in people.
TONES = np.array(
    [
        [0.74, 0.50, 0.38],
        [0.56, 0.34, 0.23],
        [0.36, 0.20, 0.12],
        [0.18, 0.09, 0.052],
        [0.08, 0.038, 0.022],
    ]
)
TONE_OF = {"caucasian": 0.22, "asian": 0.34, "african": 0.72}
LIMIT_DARK, LIMIT_LIGHT = -0.55, 0.22
# Height in the alpha channel: neutral value and what a groove of depth 1 takes away.
NEUTRAL, GROOVE = 0.8, 0.55


@dataclass(frozen=True)
class Scalp:
    """Hair drawn on the skin itself: what is left between the bald parts, and its colour."""

    density: float
    pattern: str
    recession: float
    colour: tuple[float, float, float]


class SkinPainter:
    """Draws skin textures; MakeHuman's skins are read once and kept as detail maps."""

    def __init__(self, assets: Assets, surface: Surface) -> None:
        self.assets, self.surface = assets, surface
        self._details: dict[tuple[str, str, str], np.ndarray] = {}

    def detail(self, age: str, group: str, gender: str) -> np.ndarray:
        """Log ratio of one skin to its surroundings (lips and pores stay, the tone goes)."""
        key = (age, group, gender)
        if key not in self._details:
            folder = self.assets.skins / f"{age}_{group}_{gender}" / "textures"
            path = sorted(folder.glob("*diffuse*.png"))[0]
            image = crop(cv2.imread(str(path), cv2.IMREAD_COLOR))
            image = cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
            logs = np.log(np.clip(image[..., ::-1].astype(np.float32) / 255, 0.03, 1)) * 2.2
            mask = self.surface.inside.astype(np.float32)
            blur = cv2.GaussianBlur(logs * mask[..., None], (0, 0), 38)
            blur /= np.maximum(cv2.GaussianBlur(mask, (0, 0), 38), 1e-3)[..., None]
            ratio = np.clip(logs - blur, LIMIT_DARK, LIMIT_LIGHT)
            # The painted hair of the sources is replaced by our own scalp.
            self._details[key] = ratio * (mask * (1 - hair_region(self.surface, 0)))[..., None]
        return self._details[key]

    def paint(
        self,
        rng: np.random.Generator,
        years: float,
        masculinity: float,
        ethnicity: dict[str, float],
        tone: float,
        tint: np.ndarray,
        folds: dict[str, float],
        stubble: float,
        scalp: Scalp,
    ) -> np.ndarray:
        """RGBA texture, float32: linear colour, and height in alpha."""
        s = self.surface
        mature = float(np.clip((years - 30) / 30, 0, 0.6))
        male = masculinity * float(np.clip((years - 12) / 8, 0, 1))
        detail = np.zeros((HEIGHT, WIDTH, 3), np.float32)
        for group, e in ethnicity.items():
            for age, a in (("young", 1 - mature), ("middleage", mature)):
                for gender, g in (("male", male), ("female", 1 - male)):
                    if e * a * g > 0.02:
                        detail += e * a * g * self.detail(age, group, gender)
        blotch = 0.05 * noise(rng, (40, 18)) + 0.012 * noise(rng, (160, 72))
        freckles = float(rng.random() < 0.15) * np.clip(noise(rng, (600, 270)) - 1.2, 0, 1)
        relief = wrinkles.relief(s, rng, folds)
        colour = np.log(skin_tone(tone) * tint)[None, None] + 0.9 * detail
        colour = colour + (blotch - 0.25 * freckles - 0.3 * np.clip(relief, 0, 1.2))[..., None]
        rgb = np.exp(colour).astype(np.float32)
        # A beard is darker than the skin it grows on, whatever the hair.
        beard = np.minimum(scalp.colour, 0.45 * skin_tone(tone))
        rgb = _grow(rgb, beard_region(s) * stubble, noise(rng, (465, 208)), beard)
        rgb = _grow(rgb, scalp_cover(s, rng, scalp), noise(rng, (465, 208)), scalp.colour)
        rgb[int(0.838 * HEIGHT) :] = (0.16, 0.03, 0.025)  # inside of the mouth
        pores = 0.002 + 0.008 * float(np.clip((years - 12) / 40, 0, 1))
        height = NEUTRAL - GROOVE * np.clip(relief, 0, 1.4) + pores * noise(rng, (400, 180))
        return np.dstack([np.clip(rgb, 0, 1), np.clip(height, 0, 1)]).astype(np.float32)


def skin_tone(tone: float) -> np.ndarray:
    """Linear RGB at a place on the scale from light (0) to dark (1)."""
    place = np.clip(tone, 0, 1) * (len(TONES) - 1)
    scale = np.arange(len(TONES))
    return np.exp([np.interp(place, scale, np.log(TONES[:, c])) for c in range(3)])


def _grow(
    rgb: np.ndarray, cover: np.ndarray, grain: np.ndarray, colour: np.ndarray | tuple
) -> np.ndarray:
    """Mix hair colour into the skin where hair grows, in grains rather than as a film."""
    share = np.clip(cover * (1 + 0.35 * grain), 0, 0.95)[..., None]
    return rgb * (1 - share) + share * np.asarray(colour, np.float32)


def beard_region(s: Surface) -> np.ndarray:
    """Where a beard grows: moustache, chin and jaw, not the lips."""
    x = np.abs(s.x)
    top = np.interp(x, [0, 0.2, 0.4, 0.7, 0.8], [6.87, 6.85, 6.68, 6.95, 7.2])
    area = step(s.y - top, 0.03, -0.06) * step(s.y, 5.95, 6.2) * step(s.z, -0.1, 0.2)
    lips = np.square(s.x / 0.29) + np.square((s.y - 6.6) / 0.095)
    return area * step(lips, 0.9, 1.25) * s.inside


def hair_region(s: Surface, recession: float) -> np.ndarray:
    """Mask the hairy scalp; recession lifts the hairline, at the temples first."""
    line = np.interp(s.z, [-0.9, -0.45, 0.1, 0.45, 0.8, 1.2], [6.7, 6.85, 7.2, 7.45, 7.85, 8.0])
    temple = np.exp(-np.square((np.abs(s.x) - 0.5) / 0.22)) * step(s.z, 0.4, 0.8)
    line = line + recession * (0.35 * temple + 0.25 * step(s.z, 0.5, 1.0))
    return step(s.y - line, -0.06, 0.14) * s.inside


def scalp_cover(s: Surface, rng: np.random.Generator, scalp: Scalp) -> np.ndarray:
    """Share of the skin that painted hair covers."""
    ragged = 0.05 * noise(rng, (60, 27))
    moved = Surface(s.x, s.y + ragged, s.z, s.inside)
    region = hair_region(moved, scalp.recession)
    if scalp.pattern == "horseshoe":
        region = region * step(moved.y, 7.95, 7.7) * step(s.z, 0.75, 0.45)
    return region * scalp.density
