"""The MakeHuman base mesh, its morph targets and the proxies that sit on it."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from .sources import Assets

# Vertex ranges of the invisible helper geometry that carries eyes, teeth, lashes and hair.
EYE_LEFT, EYE_RIGHT = slice(14598, 14670), slice(14670, 14742)
HELPERS_OF_THE_HEAD = (
    slice(14598, 14742),
    slice(14742, 14992),
    slice(14992, 15128),
    slice(13380, 13606),
    slice(18722, 19150),
)
NECK_JOINT = slice(14534, 14542)
# How far the neck bones follow the head when it turns.
NECK_BONES = {"neck01": 0.25, "neck02": 0.5, "neck03": 0.75}


@dataclass(frozen=True)
class Proxy:
    """A mesh bound to the body: each vertex is a weighted sum of three body vertices."""

    faces: np.ndarray
    face_uvs: np.ndarray
    uv: np.ndarray
    reference: np.ndarray
    weights: np.ndarray
    offsets: np.ndarray
    texture: Path

    def fit(self, body: np.ndarray, turn: np.ndarray, scale: float) -> np.ndarray:
        """Place the proxy on a posed body."""
        anchored = (body[self.reference] * self.weights[..., None]).sum(1)
        return anchored + (self.offsets * scale) @ turn.T


def read_proxy(path: Path) -> Proxy:
    """Read one proxy in the three.js JSON of the MakeHuman web package."""
    content = json.loads(path.read_text())
    stream, at = content["faces"], 0
    faces, face_uvs = [], []
    while at < len(stream):
        kind = stream[at]
        at += 1
        corners = 4 if kind & 1 else 3
        faces.append(_quad(stream[at : at + corners]))
        at += corners + bool(kind & 2)
        if kind & 8:
            face_uvs.append(_quad(stream[at : at + corners]))
            at += corners
        at += bool(kind & 16) + corners * bool(kind & 32) + bool(kind & 64)
        at += corners * bool(kind & 128)
    return Proxy(
        faces=np.array(faces),
        face_uvs=np.array(face_uvs),
        uv=np.array(content["uvs"][0]).reshape(-1, 2),
        reference=np.array(content["ref_vIdxs"]),
        weights=np.array(content["weights"]),
        offsets=np.array(content["offsets"]),
        texture=path.parent / content["materials"][0]["mapDiffuse"],
    )


def _quad(corners: list[int]) -> list[int]:
    """Pad a triangle to four entries, so that all faces fit one array."""
    return corners if len(corners) == 4 else [*corners, -1]


class BaseMesh:
    """Vertices, faces and morph targets of the MakeHuman body.

    Parameters
    ----------
    assets : Assets
        The unpacked sources.
    """

    def __init__(self, assets: Assets) -> None:
        self.assets = assets
        vertices, uvs, faces, face_uvs, group = [], [], [], [], ""
        for line in assets.base.read_text().splitlines():
            kind, *rest = line.split() or [""]
            if kind == "v":
                vertices.append([float(x) for x in rest[:3]])
            elif kind == "vt":
                uvs.append([float(x) for x in rest[:2]])
            elif kind == "g":
                group = rest[0]
            elif kind == "f" and group == "body":
                corners = [c.split("/") for c in rest]
                faces.append(_quad([int(c[0]) - 1 for c in corners]))
                face_uvs.append(_quad([int(c[1]) - 1 for c in corners]))
        self.vertices, self.uv = np.array(vertices), np.array(uvs)
        self.faces, self.face_uvs = np.array(faces), np.array(face_uvs)
        self._targets: dict[Path, tuple[np.ndarray, np.ndarray]] = {}

    def target(self, name: str, unit: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Vertex indices and displacements of one morph target or face unit."""
        path = (
            self.assets.units / f"{name}.target"
            if unit
            else self.assets.targets / f"{name}.target.gz"
        )
        if path not in self._targets:
            opener = open if unit else gzip.open
            with opener(path, "rt") as stream:
                rows = [r.split() for r in stream if r.strip() and r[0] not in '#"']
            table = np.array(rows, dtype=float).reshape(-1, 4)
            self._targets[path] = table[:, 0].astype(int), table[:, 1:]
        return self._targets[path]

    @cached_property
    def head_weight(self) -> np.ndarray:
        """Share of the head's rotation that each vertex follows, 0 to 1."""
        rig = json.loads((self.assets.rigs / "rig.default.json").read_text())
        bones = rig.get("bones", rig)
        weights = json.loads((self.assets.rigs / "weights.default.json").read_text())["weights"]
        share = np.zeros(len(self.vertices))
        for bone, rows in weights.items():
            level = NECK_BONES.get(bone, float(_is_under_head(bones, bone)))
            for vertex, weight in rows if level else ():
                share[vertex] += level * weight
        for helper in HELPERS_OF_THE_HEAD:
            share[helper] = 1.0
        return share

    @cached_property
    def visible_faces(self) -> np.ndarray:
        """Faces of the body from the shoulders upwards."""
        height = self.vertices[self.faces][..., 1].mean(1)
        return np.flatnonzero(height > self.vertices[NECK_JOINT, 1].mean() - 1.6)


def _is_under_head(bones: dict, bone: str | None) -> bool:
    """Whether a bone hangs below the head in the rig."""
    if bone not in bones:
        return False
    while bone:
        if bone == "head":
            return True
        bone = bones[bone].get("parent")
    return False
