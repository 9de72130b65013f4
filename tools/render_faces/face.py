"""One face from the plan to JPEG bytes and a row of truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from . import pose, shape
from .look import Looks, sample_looks, sample_photo
from .mesh import NECK_JOINT, BaseMesh
from .photo import develop, encode
from .plan import Shot
from .skin import SkinPainter
from .sources import Assets
from .studio import HairCut, Studio
from .surface import unroll

CODE_OF = {"caucasian": 0, "african": 1, "asian": 2}
SIZE, SAMPLES = 176, 6


class FaceMaker:
    """Renders any shot of the design; the result depends on the seed and the shot alone."""

    def __init__(self, assets: Assets, seed: int, size: int = SIZE, samples: int = SAMPLES) -> None:
        self.seed = seed
        self.mesh = BaseMesh(assets)
        self.axes = shape.detail_axes(assets.targets)
        self.mouth = pose.mouth_vertices(self.mesh)
        self.painter = SkinPainter(assets, unroll(self.mesh))
        self.studio = Studio(self.mesh, size, samples)

    def make(self, shot: Shot, scratch: Path) -> tuple[bytes, dict]:
        """Return JPEG bytes and the truth about one shot."""
        person_rng = np.random.default_rng([self.seed, 1, shot.person.identity])
        photo_rng = np.random.default_rng([self.seed, 2, shot.index])
        looks = sample_looks(person_rng, shot.person)
        photo = sample_photo(photo_rng)
        # A mirrored picture is rendered from the other side, so that its pose is the planned one.
        sign = -1.0 if photo["mirrored"] else 1.0
        self._pose(shot, looks, photo, sign, person_rng)
        render = self.studio.render(shot.index, scratch)
        image = develop(photo_rng, render, photo)
        return encode(image, photo), truth(shot, looks, photo)

    def _pose(
        self, shot: Shot, looks: Looks, photo: dict, sign: float, rng: np.random.Generator
    ) -> None:
        """Set the whole scene for one shot."""
        features = self._features(looks, rng)
        vertices = shape.body(
            self.mesh,
            looks.apparent_age,
            looks.masculinity,
            looks.ethnicity,
            looks.muscle,
            looks.weight,
            features,
            _expression(photo),
        )
        scale = shape.head_scale(self.mesh, vertices)
        head = pose.rotation(sign * shot.yaw, shot.pitch, sign * shot.roll)
        body = pose.rotation(sign * shot.yaw * photo["yaw_of_body"], 0, 0)
        posed = pose.turn(self.mesh, vertices, head, body)
        texture = self.painter.paint(
            rng,
            looks.apparent_age,
            looks.masculinity,
            looks.ethnicity,
            looks.tone,
            looks.tint,
            looks.folds,
            looks.stubble,
            looks.scalp,
        )
        studio = self.studio
        studio.set_body(posed, self._collar(vertices, scale, photo["collar"]), texture)
        nodes = studio.skin.node_tree.nodes
        nodes["cloth"].inputs[0].default_value = (
            photo["cloth_red"], photo["cloth_green"], photo["cloth_blue"], 1,
        )  # fmt: skip
        nodes["Principled BSDF"].inputs["Roughness"].default_value = looks.roughness
        cut = HairCut(
            vertices[NECK_JOINT].mean(0), head, scale, looks.hair_length, looks.hair_volume
        )
        studio.dress(posed, head, scale, _wear(looks), cut)
        self._light_and_frame(posed, photo)

    def _features(self, looks: Looks, rng: np.random.Generator) -> dict[str, float]:
        """Facial features and the marks of age; features of children differ less."""
        grown = float(np.clip((looks.apparent_age - 3) / 17, 0, 1))
        features = shape.sample_features(rng, self.axes, 0.09 + 0.13 * grown)
        for change in (
            shape.ageing_features(looks.apparent_age, looks.pace),
            shape.gendered_features(looks.masculinity, looks.apparent_age),
        ):
            for name, amount in change.items():
                features[name] = features.get(name, 0.0) + amount
        return features

    def _collar(self, vertices: np.ndarray, scale: float, height: float) -> np.ndarray:
        """Above zero where the body wears cloth: below a collar that rises at the neck."""
        neck = vertices[NECK_JOINT].mean(0)
        behind = np.maximum(0, neck[2] - vertices[:, 2])
        before = np.maximum(0, vertices[:, 2] - neck[2])
        line = neck[1] + (height - 0.25) * scale - vertices[:, 1] + 0.35 * behind - 0.12 * before
        return np.where(self.mesh.head_weight > 0.3, -1.0, line)

    def _light_and_frame(self, posed: np.ndarray, photo: dict) -> None:
        centre, side = pose.frame(posed, self.mouth)
        azimuth, height = np.radians([photo["light_azimuth"], photo["light_height"]])
        way = np.array(
            [np.sin(azimuth) * np.cos(height), np.sin(height), np.cos(azimuth) * np.cos(height)]
        )
        warm = photo["light_warmth"]
        studio, energy = self.studio, 850 * photo["light_energy"]
        studio.set_light(
            studio.key, centre, way, energy, photo["light_size"], np.array([1 + warm, 1, 1 - warm])
        )
        opposite = np.array([-np.sign(azimuth or 1) * 0.8, 0.3, 0.6])
        studio.set_light(
            studio.fill,
            centre,
            opposite / np.linalg.norm(opposite),
            energy * photo["fill_energy"],
            6.0,
            np.array([1 - warm, 1, 1 + warm]),
        )
        studio.sky.inputs[0].default_value = (1, 1, 1, 1)
        studio.sky.inputs[1].default_value = photo["ambient"]
        shift = np.array([photo["crop_x"], photo["crop_y"], 0]) * side
        studio.set_camera(centre + shift, side * photo["crop_scale"], photo["distance"])


def _wear(looks: Looks) -> dict[str, tuple | None]:
    """Proxies of one person and their colours."""
    colour = tuple(float(c) for c in looks.colour)
    wear: dict[str, tuple | None] = {f"eyes/{looks.eyes}": None, "teeth/base": None}
    if looks.lash:
        wear[f"eyelashes/{looks.lash}"] = (0.02, 0.014, 0.012)
    if looks.brow:
        wear[f"eyebrows/{looks.brow}"] = tuple(0.7 * c for c in colour)
    if looks.hair:
        wear[f"hair/{looks.hair}"] = colour
    return wear


def _expression(photo: dict) -> dict[str, float]:
    """Face units of one expression."""
    both = {
        "mouthSmile": photo["smile"],
        "cheekSquint": 0.5 * photo["smile"],
        "browDown": photo["brow_down"],
        "eyeBlink": photo["blink"],
        "eyeSquint": photo["squint"],
    }
    units = {f"{name}{side}": v for name, v in both.items() for side in ("Left", "Right")}
    units["mouthSmileRight"] *= 0.9
    return units | {"jawOpen": photo["jaw_open"], "browInnerUp": photo["brow_up"]}


def truth(shot: Shot, looks: Looks, photo: dict) -> dict:
    """One row of truth: the file name carries the labels as UTKFace's names do."""
    person = shot.person
    gender = 0 if person.gender == "male" else 1
    stamp = f"20260101{shot.index:09d}"
    face_id = f"{int(person.age)}_{gender}_{CODE_OF[person.dominant]}_{stamp}"
    return {
        "face_id": face_id,
        "identity": person.identity,
        "age": person.age,
        "gender": person.gender,
        "yaw": shot.yaw,
        "pitch": shot.pitch,
        "roll": shot.roll,
        "dominant": person.dominant,
        **{f"weight_{name}": round(w, 4) for name, w in looks.ethnicity.items()},
        "apparent_age": round(looks.apparent_age, 2),
        "masculinity": round(looks.masculinity, 4),
        "muscle": round(looks.muscle, 4),
        "fat": round(looks.weight, 4),
        "skin_tone": round(looks.tone, 4),
        "hair": looks.hair or looks.scalp.pattern,
        "hair_colour": looks.hair_name,
        "grey": round(looks.grey, 4),
        "recession": round(looks.scalp.recession, 4),
        "stubble": round(looks.stubble, 4),
        "brow": looks.brow or "none",
        "lash": looks.lash or "none",
        "hair_length": round(looks.hair_length, 4),
        "hair_volume": round(looks.hair_volume, 4),
        "eye_colour": looks.eyes,
        **{f"fold_{name}": round(v, 4) for name, v in looks.folds.items()},
        **photo,
    }
