"""The Blender scene, built once: meshes, lights and camera are moved between renders, not rebuilt.

Building and loading cost more than the rays of a 176-pixel picture, so everything that can stay
stays: topology, textures, shaders. The background is not rendered at all (see ``photo``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import bpy
import cv2
import mathutils
import numpy as np

from . import materials
from .mesh import BaseMesh, Proxy, read_proxy
from .store import StoreError
from .surface import HEIGHT, WIDTH, head_uv

EYE_MESH, TEETH = "eyes/HighPolyEyes/HighPolyEyes.json", "teeth/Teeth_Base"
LAMP_DISTANCE = 12.0


@dataclass
class Card:
    """A proxy, its Blender object and its material."""

    proxy: Proxy
    thing: bpy.types.Object
    material: bpy.types.Material


@dataclass(frozen=True)
class HairCut:
    """Length and volume of hair: few meshes, many cuts.

    ``length`` 1 leaves the mesh as it is, 0 gathers all that hangs below the neck joint there.
    """

    pivot: np.ndarray
    turn: np.ndarray
    scale: float
    length: float
    volume: float

    def apply(self, points: np.ndarray) -> np.ndarray:
        """Cut hair that was fitted to the posed head."""
        own = (points - self.pivot) @ self.turn / self.scale
        middle = np.array([0.0, 1.4, 0.3])
        own = middle + (own - middle) * np.where(own[:, 1:2] > 0.9, self.volume, 1.0)
        low = own[:, 1] < 0.35
        own[low, 1] = 0.35 + self.length * (own[low, 1] - 0.35)
        return own @ self.turn.T * self.scale + self.pivot


def to_blender(points: np.ndarray) -> np.ndarray:
    """Mesh axes (y up, z to the camera) to Blender's (z up, -y to the camera)."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], -1)


def add_mesh(
    name: str, count: int, faces: np.ndarray, face_uvs: np.ndarray, uv: np.ndarray
) -> bpy.types.Object:
    """Create an object with fixed topology; its vertices are set for each render."""
    mesh = bpy.data.meshes.new(name)
    rows = [[int(v) for v in face if v >= 0] for face in faces]
    mesh.from_pydata([(0.0, 0.0, 0.0)] * count, [], rows)
    corners = np.concatenate([[t for t in row if t >= 0] for row in face_uvs]).astype(int)
    mesh.uv_layers.new().data.foreach_set("uv", uv[corners].astype(np.float32).ravel())
    mesh.polygons.foreach_set("use_smooth", [True] * len(rows))
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def move_vertices(thing: bpy.types.Object, points: np.ndarray) -> None:
    """Give an object new vertex positions (mesh axes)."""
    thing.data.vertices.foreach_set("co", to_blender(points).astype(np.float32).ravel())
    thing.data.update()


class Studio:
    """One scene, reused for every render.

    Parameters
    ----------
    mesh : BaseMesh
    size : int
        Side of the picture in pixels.
    samples : int
        Rays per pixel; a denoiser cleans up.
    """

    def __init__(self, mesh: BaseMesh, size: int, samples: int) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.mesh, self.proxies = mesh, mesh.assets.proxies
        self.scene = bpy.context.scene
        self._settings(size, samples)
        self._cards: dict[str, Card] = {}
        self._body()
        self._lights()

    def _settings(self, size: int, samples: int) -> None:
        scene, cycles, render = self.scene, self.scene.cycles, self.scene.render
        render.engine, cycles.device, cycles.samples = "CYCLES", "CPU", samples
        cycles.use_adaptive_sampling = False
        cycles.use_denoising, cycles.denoiser = True, "OPENIMAGEDENOISE"
        cycles.denoising_quality, cycles.denoising_prefilter = "FAST", "NONE"
        cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 2, 1, 1
        cycles.transparent_max_bounces = 16
        cycles.caustics_reflective = cycles.caustics_refractive = False
        cycles.use_auto_tile = False
        # Same image whatever the machine is doing: one thread, and processes for speed.
        render.threads_mode, render.threads = "FIXED", 1
        render.resolution_x = render.resolution_y = size
        render.film_transparent = True
        render.image_settings.file_format = "PNG"
        render.image_settings.color_mode = "RGBA"
        render.image_settings.color_depth = "16"
        render.image_settings.compression = 0
        scene.view_settings.view_transform = "Standard"
        scene.world = bpy.data.worlds.new("world")
        scene.world.use_nodes = True
        # The importance map of the sky took a third of each render; a plain sky needs none.
        scene.world.cycles.sampling_method = "NONE"

    def _body(self) -> None:
        mesh = self.mesh
        chosen = mesh.visible_faces
        self.used, rows = np.unique(mesh.faces[chosen], return_inverse=True)
        self.body = add_mesh(
            "body", len(self.used), rows.reshape(-1, 4), mesh.face_uvs[chosen], head_uv(mesh.uv)
        )
        self.skin = materials.skin()
        self.body.data.materials.append(self.skin)
        self.body.data.attributes.new("below_collar", "FLOAT", "POINT")
        smooth = self.body.modifiers.new("smooth", "SUBSURF")
        smooth.levels = smooth.render_levels = 1

    def _lights(self) -> None:
        self.camera = self._add("camera", bpy.data.cameras.new("camera"))
        self.camera.rotation_euler = (math.pi / 2, 0, 0)
        self.scene.camera = self.camera
        self.key = self._add("key", bpy.data.lights.new("key", "AREA"))
        self.fill = self._add("fill", bpy.data.lights.new("fill", "AREA"))
        self.sky = self.scene.world.node_tree.nodes["Background"]

    def _add(self, name: str, data: bpy.types.ID) -> bpy.types.Object:
        thing = bpy.data.objects.new(name, data)
        self.scene.collection.objects.link(thing)
        return thing

    def card(self, key: str) -> Card:
        """Return a proxy by its path below the proxies folder; it is loaded at first use."""
        if key not in self._cards:
            kind, name = key.split("/")
            if kind == "eyes":
                proxy = read_proxy(self.proxies / EYE_MESH)
                picture = self.proxies / f"eyes/HighPolyEyes/textures/{name}_eye.png"
                material = materials.card(key, picture, tinted=False, roughness=0.08)
            elif kind == "teeth":
                proxy = read_proxy(next((self.proxies / TEETH).glob("*.json")))
                material = materials.plain(key, (0.7, 0.66, 0.57), 0.3)
            else:
                proxy = read_proxy(self.proxies / kind / name / f"{name}.json")
                material = materials.card(key, proxy.texture, tinted=True, roughness=0.6)
            thing = add_mesh(key, len(proxy.reference), proxy.faces, proxy.face_uvs, proxy.uv)
            thing.data.materials.append(material)
            self._cards[key] = Card(proxy, thing, material)
        return self._cards[key]

    def dress(
        self, posed: np.ndarray, turn: np.ndarray, scale: float, wear: dict, cut: HairCut
    ) -> None:
        """Show exactly the proxies in ``wear`` (key to linear colour, or None), fitted."""
        for key, colour in wear.items():
            card = self.card(key)
            points = card.proxy.fit(posed, turn, scale)
            move_vertices(card.thing, cut.apply(points) if key.startswith("hair/") else points)
            if colour is not None:
                card.material.node_tree.nodes["tint"].inputs[0].default_value = colour
        for key, card in self._cards.items():
            card.thing.hide_render = key not in wear

    def set_body(self, posed: np.ndarray, collar: np.ndarray, texture: np.ndarray) -> None:
        """Give the body its vertices, its collar and its skin."""
        move_vertices(self.body, posed[self.used])
        attribute = self.body.data.attributes["below_collar"]
        attribute.data.foreach_set("value", collar[self.used].astype(np.float32))
        node = self.skin.node_tree.nodes["texture"]
        if node.image is not None:
            bpy.data.images.remove(node.image)
        image = bpy.data.images.new("skin", WIDTH, HEIGHT, alpha=True, float_buffer=True)
        image.colorspace_settings.name = "Non-Color"
        image.alpha_mode = "CHANNEL_PACKED"
        image.pixels.foreach_set(texture[::-1].astype(np.float32).ravel())
        node.image = image

    def set_light(self, light: bpy.types.Object, centre: np.ndarray, way: np.ndarray,
                  energy: float, size: float, colour: np.ndarray) -> None:  # fmt: skip
        """Put an area light at ``way`` from the face and aim it at the face."""
        light.data.energy, light.data.size, light.data.color = energy, size, colour
        place = mathutils.Vector(to_blender(centre + way * LAMP_DISTANCE))
        light.location = place
        aim = mathutils.Vector(to_blender(centre)) - place
        light.rotation_euler = aim.to_track_quat("-Z", "Y").to_euler()

    def set_camera(self, centre: np.ndarray, side: float, distance: float) -> None:
        """Frame a square of ``side`` around ``centre``."""
        self.camera.data.sensor_width = 36
        self.camera.data.lens = 36 * distance / side
        self.camera.location = to_blender(centre + np.array([0, 0, distance]))

    def render(self, seed: int, path: Path) -> np.ndarray:
        """Render to a scratch file; RGBA float32, display-referred, straight alpha."""
        self.scene.cycles.seed = seed
        self.scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True)
        image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        path.unlink(missing_ok=True)
        if image is None:
            raise StoreError(
                f"The scratch picture {path} could not be written whole. Is the disk full? The "
                "faces written so far are whole; free some space and run the same command again."
            )
        return image[..., [2, 1, 0, 3]].astype(np.float32) / 65535
